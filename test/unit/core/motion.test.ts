import { describe, expect, test } from "vitest";
import { seatId } from "#client/core/approval.ts";
import { checkWords, commitTo } from "#client/core/check.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { findMotion, idBytes, isOpen, refOf } from "#client/core/motion.ts";
import { showMotions } from "#client/core/motion-show.ts";
import { decodePolicy } from "#client/core/policy.ts";
import { channelExtensions } from "#client/core/rules.ts";
import { showMembers, showStatus } from "#client/core/show.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { createKeyPackage, members } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { type Node, notices, seatAll, type Table, texts } from "./steps.ts";

type Given = ReturnType<typeof seatAll>;

/** A channel in which two persons must agree. */
function pair(labels: readonly string[]): Given & { readonly id: () => string } {
  const { table, nodes } = seatAll(labels);
  const id = () => hex(table.random(16));
  const change = { op: "policy", approvals: 2, check: "words", archivers: "shown" } as const;
  table.do(nodes[0] as Node, { type: "move", id: id(), change });
  table.run();
  expect(decodePolicy((nodes[0] as Node).channel.group.extensions).approvals).toBe(2);
  for (const node of nodes) node.effects.length = 0;
  return { table, nodes, id };
}

const seatOf = (node: Node, leaf: number) =>
  seatId(members(node.channel.group).find((one) => one.leaf === leaf)!);
const labels = (node: Node) => showMembers(node.channel).map(({ label }) => label);
const gaps = (node: Node) => showStatus(node.channel, 0).gaps.map(({ detail }) => detail);
const epochs = (nodes: readonly Node[]) => nodes.map(({ channel }) => Number(channel.group.epoch));

function refusal(act: () => void): string {
  try {
    act();
    return "nothing";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe("a removal", () => {
  test("by one person waits, and nobody is removed", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const change = { op: "remove", seat: seatOf(slate, 2) } as const;
    table.do(slate, { type: "move", id: id(), change });
    table.run();
    for (const node of nodes) {
      expect(showMotions(node.channel)).toMatchObject(
        [{}, { op: "remove", label: "Otter", by: "Slate", given: ["Slate"], needed: 2 }].slice(
          node === slate ? 0 : 1,
        ),
      );
      expect(labels(node)).toEqual(["Slate", "Heron", "Otter"]);
    }
    expect(heron.channel.pending ?? otter.channel.pending).toBeNull();
  });

  test("is carried out by the second person, and everybody is told by whom", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: { op: "remove", seat: seatOf(slate, 2) } });
    table.run();
    table.do(heron, { type: "consent", id: motion, check: "none" });
    table.run();
    expect(labels(slate)).toEqual(["Slate", "Heron"]);
    expect(labels(heron)).toEqual(["Slate", "Heron"]);
    expect(otter.channel.session.state).toBe("removed");
    for (const node of [slate, heron]) {
      expect(findMotion(node.channel, motion)?.granted).toMatchObject({ committer: 1 });
      expect(gaps(node)).toEqual([]);
    }
  });

  test("that loses the race against another commit is made anew by itself", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: { op: "remove", seat: seatOf(slate, 2) } });
    table.run();
    const before = Number(slate.channel.group.epoch);
    // The target commits first, again and again.
    for (let round = 0; round < 3; round++) {
      heron.isHeld = true;
      if (round === 0) table.do(heron, { type: "consent", id: motion, check: "none" });
      table.do(otter, { type: "wish", wish: { kind: "rotate", id: `void ${round}` } });
      heron.isHeld = false;
      table.run();
      if (otter.channel.session.state === "removed") break;
    }
    expect(otter.channel.session.state).toBe("removed");
    expect(labels(slate)).toEqual(["Slate", "Heron"]);
    expect(Number(slate.channel.group.epoch)).toBeGreaterThan(before);
    expect(epochs([slate, heron])).toEqual([before + 1, before + 1].map(() => epochs([slate])[0]));
  });

  test("is not ended by its target, whose no is shown", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: { op: "remove", seat: seatOf(slate, 2) } });
    table.run();
    table.do(otter, { type: "end", id: motion, reason: "denied" });
    table.run();
    expect(findMotion(heron.channel, motion)).toMatchObject({ ended: null, against: ["Otter"] });
    table.do(heron, { type: "consent", id: motion, check: "none" });
    table.run();
    expect(labels(slate)).toEqual(["Slate", "Heron"]);
  });

  test("is taken back by whoever moved it", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: { op: "remove", seat: seatOf(slate, 2) } });
    table.run();
    table.do(slate, { type: "end", id: motion, reason: "withdrawn" });
    table.run();
    expect(findMotion(heron.channel, motion)?.ended).toEqual({ reason: "withdrawn", by: "Slate" });
    table.do(heron, { type: "consent", id: motion, check: "none" });
    table.run();
    expect(labels(heron)).toEqual(["Slate", "Heron", "Otter"]);
  });
});

describe("an approval", () => {
  test("is issued again when its signer rotates, with the same last epoch, and counts", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: { op: "remove", seat: seatOf(slate, 2) } });
    table.run();
    const [first] = showMotions(heron.channel);
    table.do(slate, { type: "wish", wish: { kind: "rotate", id: "rotate" } });
    table.run();
    expect(showMotions(heron.channel)).toMatchObject([{ ...first, given: ["Slate"] }]);
    table.do(heron, { type: "consent", id: motion, check: "none" });
    table.run();
    expect(labels(slate)).toEqual(["Slate", "Heron"]);
  });

  test("is never made by a rotation", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: { op: "remove", seat: seatOf(slate, 2) } });
    table.run();
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "rotate" } });
    table.run();
    expect(findMotion(slate.channel, motion)?.approvals).toHaveLength(1);
    expect(labels(slate)).toEqual(["Slate", "Heron", "Otter"]);
  });

  test("of a motion that nobody knows is refused here", () => {
    const { table, nodes, id } = pair(["Slate", "Heron"]);
    const act = () => table.do(nodes[0] as Node, { type: "consent", id: id(), check: "none" });
    expect(refusal(act)).toBe("not-found");
  });
});

describe("motions", () => {
  const policyOf = (at: number) =>
    ({ op: "policy", approvals: at, check: "words", archivers: "shown" }) as const;

  test("of one person are few at a time, here and at the others", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node, Node];
    for (let at = 0; at < 4; at++) {
      table.do(slate, { type: "move", id: id(), change: policyOf(10 + at) });
    }
    const act = () => table.do(slate, { type: "move", id: id(), change: policyOf(20) });
    expect(refusal(act)).toBe("refused");
    table.run();
    const fifth = {
      kind: "motion",
      id: idBytes(id()),
      change: policyOf(20),
      approval: null,
    } as const;
    table.say(slate, { content: fifth });
    table.run();
    expect(heron.channel.plans.motions.filter(isOpen)).toHaveLength(4);
    expect(gaps(heron)).toContain("motion: so many are open already");
  });

  test("end by themselves after a day, and what was promised is free", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node, Node];
    table.do(slate, { type: "move", id: id(), change: policyOf(3) });
    table.run();
    table.now += 24 * 3_600_000;
    table.tick(slate, heron);
    expect(heron.channel.plans.motions).toEqual([]);
    expect(
      notices(heron)
        .filter(({ type }) => type === "motion")
        .at(-1),
    ).toMatchObject({
      state: "ended",
      ended: "expired",
    });
  });

  test("that lower the policy need every person", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    const motion = id();
    table.do(slate, { type: "move", id: motion, change: policyOf(1) });
    table.run();
    table.do(heron, { type: "consent", id: motion, check: "none" });
    table.run();
    expect(decodePolicy(otter.channel.group.extensions).approvals).toBe(2);
    expect(showMotions(otter.channel)).toMatchObject([{ given: ["Slate", "Heron"], needed: 3 }]);
    table.do(otter, { type: "consent", id: motion, check: "none" });
    table.run();
    for (const node of nodes) {
      expect(decodePolicy(node.channel.group.extensions).approvals).toBe(1);
    }
  });
});

describe("a freeze", () => {
  const say = (table: Table, node: Node, text: string) => () =>
    table.do(node, { type: "say", id: table.random(16), content: { kind: "text", text } });

  test("stops texts everywhere, and nothing else", () => {
    const { table, nodes } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron] = nodes as [Node, Node, Node];
    table.do(slate, { type: "freeze", on: true });
    table.run();
    expect(refusal(say(table, heron, "hush"))).toBe("frozen");
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "rotate" } });
    table.run();
    expect(new Set(epochs(nodes)).size).toBe(1);
    table.do(heron, { type: "freeze", on: false });
    table.run();
    expect(refusal(say(table, heron, "still"))).toBe("frozen");
    table.do(slate, { type: "freeze", on: false });
    table.run();
    say(table, heron, "well then")();
    table.run();
    expect(texts(slate)).toEqual(["well then"]);
  });

  test("ends by itself, and cannot be had again before two others agree", () => {
    const { table, nodes, id } = pair(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    table.do(slate, { type: "freeze", on: true });
    table.run();
    table.now += 3_600_000;
    say(table, heron, "an hour later")();
    table.do(slate, { type: "freeze", on: true });
    table.run();
    for (const node of [heron, otter]) {
      const { alarms, frozen } = showStatus(node.channel, table.now);
      expect(frozen).toBeNull();
      expect(alarms).toMatchObject([{ code: "freeze-refused", from: "Slate" }]);
    }
    const motion = id();
    const change = { op: "renew", seat: seatOf(heron, 0) } as const;
    table.do(heron, { type: "move", id: motion, change });
    table.run();
    // Its own voice does not count.
    table.do(slate, { type: "consent", id: motion, check: "none" });
    table.run();
    expect(findMotion(heron.channel, motion)?.granted).toBeNull();
    table.do(otter, { type: "consent", id: motion, check: "none" });
    table.run();
    table.do(slate, { type: "freeze", on: true });
    table.run();
    for (const node of nodes) {
      expect(showStatus(node.channel, table.now).frozen).toMatchObject({ by: "Slate" });
    }
  });
});

describe("an admission by words", () => {
  /** The newcomer and the first sponsor's line to it, played by hand. */
  function admission() {
    const given = pair(["Slate", "Heron", "Otter"]);
    const { table, nodes, id } = given;
    const [slate, heron] = nodes as [Node, Node, Node];
    const person = table.random(16);
    const { keyPackage } = createKeyPackage({
      suite: xwingSuite,
      identity: encodeIdentity({ label: "Egret", person }),
      extensionTypes: channelExtensions,
      random: table.random,
    });
    const motion = id();
    const change = { op: "admit", label: "Egret", person, keyPackage } as const;
    table.do(slate, { type: "move", id: motion, change });
    table.run();
    table.do(heron, { type: "check", id: motion, step: { name: "open" } });
    table.run();
    const state = () => findMotion(heron.channel, motion)!;
    const subject = {
      group: heron.channel.group.groupId,
      keyPackage: refOf(xwingSuite, state()) as Uint8Array,
      sponsorKey: members(heron.channel.group)[1]!.signatureKey,
    };
    const nonce = table.random(32);
    const relay = (step: Parameters<typeof stepOf>[0]) => {
      table.do(slate, stepOf(step));
      table.run();
    };
    const stepOf = (
      step:
        | { name: "commit"; to: number; commitment: Uint8Array }
        | { name: "reveal"; to: number; nonce: Uint8Array }
        | { name: "agreed"; to: number },
    ) => ({ type: "check", id: motion, step }) as const;
    return { ...given, motion, state, subject, nonce, relay };
  }

  test("ends in a commit by the second sponsor, and everybody sees who vouched and how", () => {
    const { table, nodes, motion, state, subject, nonce, relay } = admission();
    const [slate, heron, otter] = nodes as [Node, Node, Node];
    relay({ name: "commit", to: 1, commitment: commitTo(subject, nonce) });
    const sponsorNonce = state().checks[0]?.nonce as Uint8Array;
    expect(sponsorNonce).toHaveLength(32);
    relay({ name: "reveal", to: 1, nonce });
    const words = checkWords(subject, { newcomer: nonce, sponsor: sponsorNonce });
    expect(words.newcomer).toHaveLength(3);
    table.do(heron, { type: "consent", id: motion, check: "words" });
    table.run();
    expect(labels(slate)).not.toContain("Egret");
    relay({ name: "agreed", to: 1 });
    for (const node of [slate, heron, otter]) {
      expect(showMembers(node.channel).at(-1)).toMatchObject({
        label: "Egret",
        admittedBy: [
          { label: "Slate", check: "code" },
          { label: "Heron", check: "words" },
        ],
      });
    }
    expect(findMotion(slate.channel, motion)?.welcome?.welcome.length).toBeGreaterThan(1_000);
    expect(heron.channel.plans.holds).toEqual([]);
  });

  test("is not approved before the words are there", () => {
    const { table, nodes, motion, subject, nonce, relay } = admission();
    const [, heron] = nodes as [Node, Node, Node];
    const act = () => table.do(heron, { type: "consent", id: motion, check: "words" });
    expect(refusal(act)).toBe("pending");
    relay({ name: "commit", to: 1, commitment: commitTo(subject, nonce) });
    expect(refusal(act)).toBe("pending");
  });

  test("ends when what is revealed does not open the commitment", () => {
    const { table, nodes, motion, subject, nonce, relay } = admission();
    const [slate, heron] = nodes as [Node, Node, Node];
    const other = { ...subject, keyPackage: table.random(64) };
    relay({ name: "commit", to: 1, commitment: commitTo(other, nonce) });
    relay({ name: "reveal", to: 1, nonce });
    for (const node of [slate, heron]) {
      expect(findMotion(node.channel, motion)?.ended).toEqual({ reason: "words", by: "Heron" });
    }
    expect(heron.channel.plans.holds).toEqual([]);
  });

  test("takes one commitment, and no other after it", () => {
    const { table, nodes, motion, state, subject, nonce, relay } = admission();
    const [slate, heron] = nodes as [Node, Node, Node];
    relay({ name: "commit", to: 1, commitment: commitTo(subject, nonce) });
    const step = { name: "commit", to: 1, commitment: table.random(32) } as const;
    table.say(slate, { content: { kind: "check", id: idBytes(motion), step } });
    table.run();
    expect(state().checks[0]?.commitment).toEqual(commitTo(subject, nonce));
    expect(gaps(heron)).toContain("check: commit is out of place");
  });

  test("takes nothing of the newcomer from anybody but the first sponsor", () => {
    const { table, nodes, motion, state } = admission();
    const [, heron, otter] = nodes as [Node, Node, Node];
    const step = { name: "commit", to: 1, commitment: table.random(32) } as const;
    table.say(otter, { content: { kind: "check", id: idBytes(motion), step } });
    table.run();
    expect(state().checks[0]?.commitment).toBeNull();
    expect(gaps(heron)).toContain("check: only the first sponsor speaks for the newcomer");
  });

  test("holds the second sponsor's key still while it lasts", () => {
    const { table, nodes, subject } = admission();
    const [, heron] = nodes as [Node, Node, Node];
    table.do(heron, { type: "wish", wish: { kind: "rotate", id: "rotate" } });
    table.run();
    expect(members(heron.channel.group)[1]?.signatureKey).toEqual(subject.sponsorKey);
  });
});
