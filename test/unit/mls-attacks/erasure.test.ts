import { beforeAll, describe, expect, test } from "vitest";
import { wipe } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import {
  adoptCommit,
  applyCommit,
  checkCommit,
  commit,
  type Group,
  joinGroup,
  type PastEpoch,
  protect,
  retire,
  secretsOnlyIn,
} from "#client/mls/group.ts";
import {
  allBytes,
  type Cast,
  cast,
  change,
  follow,
  groupOf,
  hear,
  holds,
  make,
  newPackage,
  rules,
  savedBytes,
  say,
} from "./cast.ts";

type State = Group | PastEpoch;

interface Step {
  readonly before: State;
  /** Everything that is kept after the step. */
  readonly after: readonly State[];
  readonly spent: readonly Uint8Array[];
}

/** The secret fields of a state, each with its path. Everything else in it is public in the group. */
function secretsOf(state: State): { path: string; bytes: Uint8Array }[] {
  const { secretTree, chains } = state;
  const ratchets = { nodes: secretTree.nodes, handshake: secretTree.handshake, chains };
  if (state.kind === "past") {
    return allBytes({ ...ratchets, senderData: state.state.senderDataSecret });
  }
  const { secrets, signatureSecret, pathKeys } = state.state;
  return allBytes({ ...ratchets, secrets, signatureSecret, pathKeys });
}

const text = (bytes: Uint8Array) => bytes.join();

/**
 * The claim of every step: what the old state held and the kept ones do not is reported as spent;
 * nothing that is reported is still needed; and once wiped, it is gone from memory as well.
 */
function expectErased({ before, after, spent }: Step): void {
  const old = secretsOf(before).map(({ path, bytes }) => ({ path, bytes, copy: bytes.slice() }));
  const kept = new Set(after.flatMap(secretsOf).map(({ bytes }) => text(bytes)));
  const reported = new Set(spent.map(text));
  for (const { path, copy } of old) {
    expect(
      kept.has(text(copy)) || reported.has(text(copy)),
      `${path} is neither kept nor spent`,
    ).toBe(true);
  }
  for (const secret of spent) {
    expect(
      secret.some((octet) => octet !== 0),
      "a spent secret is already blank",
    ).toBe(true);
    for (const state of after) {
      expect(holds(savedBytes(state), secret), "a spent secret is saved again").toBe(false);
      for (const { path, bytes } of allBytes(state)) {
        expect(holds(bytes, secret), `a spent secret is still in ${path}`).toBe(false);
      }
    }
  }
  wipe(...spent);
  for (const { path, bytes, copy } of old) {
    if (kept.has(text(copy)))
      expect(text(bytes), `${path} was wiped and is needed`).toBe(text(copy));
    else
      expect(
        bytes.every((octet) => octet === 0),
        `${path} is left in memory`,
      ).toBe(true);
  }
}

let all: Cast;

beforeAll(ready);

describe("after it, the new state holds nothing that is spent, and everything spent is named:", () => {
  const scene = () => {
    all = cast(["Heron", "Slate", "Finch", "Wren", "Crane"]);
    return { heron: groupOf(all, "Heron"), slate: groupOf(all, "Slate") };
  };
  const lines = ["zero", "one", "two", "three"];

  test("protecting the first message and the next", () => {
    let { heron } = scene();
    for (const line of lines) {
      const data = new TextEncoder().encode(line);
      const made = protect(heron, data, new Uint8Array(), all.random);
      expectErased({ before: heron, after: [made.group], spent: made.spent });
      heron = made.group;
    }
    expect(
      hear(groupOf(all, "Finch"), say(heron, ["still here"], all.random).messages[0] as Uint8Array)
        .text,
    ).toBe("still here");
  });

  test("reading in order, over a gap, and what was in the gap", () => {
    const { heron, slate } = scene();
    const { messages } = say(heron, lines, all.random);
    let reader = slate;
    for (const at of [0, 3, 1, 2]) {
      const read = hear(reader, messages[at] as Uint8Array);
      expect(read.text).toBe(lines[at]);
      expectErased({ before: reader, after: [read.reader], spent: read.spent });
      reader = read.reader;
    }
  });

  test("reading one sender after another, down to the last leaf of the tree", () => {
    let reader = scene().slate;
    for (const name of ["Crane", "Heron", "Finch", "Wren"]) {
      const { messages } = say(groupOf(all, name), [name], all.random);
      const read = hear(reader, messages[0] as Uint8Array);
      expect(read.text).toBe(name);
      expectErased({ before: reader, after: [read.reader], spent: read.spent });
      reader = read.reader;
    }
  });

  test("reading a late message from a past epoch", () => {
    const { heron, slate } = scene();
    const { messages } = say(heron, lines, all.random);
    let past = retire(slate);
    for (const at of [2, 0]) {
      const read = hear(past, messages[at] as Uint8Array);
      expectErased({ before: past, after: [read.reader], spent: read.spent });
      past = read.reader;
    }
  });

  test.each([
    ["an update", {}],
    ["a new signature key", { newSignatureKey: true }],
    ["a removal", { remove: ["Crane"] }],
  ])("following a commit with %s, the past epoch kept for late messages", (_, wish) => {
    const { heron, slate } = scene();
    const { messages } = say(heron, lines, all.random);
    const reader = hear(slate, messages[0] as Uint8Array).reader;
    const { message } = make(all, "Heron", wish);
    const past = retire(reader);
    const applied = applyCommit(reader, checkCommit(reader, message));
    expectErased({ before: reader, after: [applied.group, past], spent: applied.spent });
    expect(hear(past, messages[1] as Uint8Array).text).toBe("one");
    const later = commit(applied.group, { random: all.random });
    expect(later.pending.epoch).toBe(reader.epoch + 2n);
  });

  test("the own commit that has come back", () => {
    const { heron } = scene();
    const made = make(all, "Heron", { newSignatureKey: true, remove: ["Wren"] });
    expectErased({ before: heron, after: [made.group, made.pending], spent: made.spent });
    const past = retire(made.group);
    const adopted = adoptCommit(made.group, made.pending);
    expectErased({ before: made.group, after: [adopted.group, past], spent: adopted.spent });
    expect(follow(groupOf(all, "Finch"), made.message).epoch).toBe(adopted.group.epoch);
  });

  test("the own commit that has lost", () => {
    const { slate } = scene();
    const lost = make(all, "Slate", {});
    const { message } = make(all, "Heron", {});
    const applied = applyCommit(lost.group, checkCommit(lost.group, message));
    const kept = [applied.group, lost.group];
    expectErased({ before: lost.pending, after: kept, spent: secretsOnlyIn(lost.pending, kept) });
    expect(lost.group.epoch).toBe(slate.epoch);
  });

  test("giving up the past epoch", () => {
    const { slate } = scene();
    const past = retire(slate);
    const next = follow(slate, make(all, "Heron", {}).message);
    expectErased({ before: past, after: [next], spent: secretsOnlyIn(past, [next]) });
  });

  test("joining", () => {
    scene();
    const own = newPackage(all, "Robin");
    const { welcome } = make(all, "Heron", { add: [own.keyPackage] });
    const { keyPackage, secrets } = own;
    const initSecret = secrets.initSecret.slice();
    const joined = joinGroup({
      suite: all.suite,
      rules,
      welcome: welcome as Uint8Array,
      keyPackage,
      secrets,
    });
    expect(joined.spent.some((one) => text(one) === text(initSecret))).toBe(true);
    for (const { path, bytes } of allBytes(joined.group)) {
      expect(holds(bytes, initSecret), path).toBe(false);
    }
    wipe(...joined.spent);
    expect(secrets.initSecret.every((octet) => octet === 0)).toBe(true);
    const { pending } = commit(joined.group, { random: all.random });
    expect(pending.epoch).toBe(joined.group.epoch + 1n);
  });
});

test("nothing that a commit drew at random stays in any state: path secrets are used and gone", () => {
  all = cast(["Heron", "Slate", "Finch"]);
  const drawn: Uint8Array[] = [];
  const random = (bytes: number) => {
    const fresh = all.random(bytes);
    drawn.push(fresh.slice());
    return fresh;
  };
  const heron = groupOf(all, "Heron");
  const add = [newPackage(all, "Wren").keyPackage];
  const made = commit(heron, { add, random });
  const secrets = drawn.filter(({ length }) => length >= 32);
  expect(secrets.length).toBeGreaterThan(0);
  for (const state of [made.group, made.pending]) {
    for (const secret of secrets) {
      expect(holds(savedBytes(state), secret)).toBe(false);
      for (const { path, bytes } of allBytes(state)) {
        expect(holds(bytes, secret), path).toBe(false);
      }
    }
  }
});

test("two epochs on, a member holds no secret of the first", () => {
  all = cast(["Heron", "Slate", "Finch"]);
  const first = secretsOf(groupOf(all, "Slate"))
    .filter(({ path }) => !path.includes("signatureSecret"))
    .map(({ path, bytes }) => ({ path, bytes: bytes.slice() }));
  const once = change(all, "Slate", {}).after;
  const twice = change(once, "Heron", {}).after;
  const saved = savedBytes(groupOf(twice, "Slate"));
  for (const { path, bytes } of first) expect(holds(saved, bytes), path).toBe(false);
});
