import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import {
  applyCommit,
  checkCommit,
  decodeGroup,
  encodeEpoch,
  encodeRatchets,
  encodeSecretTree,
  joinGroup,
  peek,
  readKeyPackage,
} from "#client/mls/group.ts";
import { concat, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { oracleProtect } from "#test/oracle/ts-mls.ts";
import {
  type Cast,
  cast,
  change,
  follow,
  groupOf,
  hear,
  make,
  newPackage,
  refused,
  rules,
  say,
} from "./cast.ts";
import { forge, infiltrate } from "./hostile.ts";

const bad = ["malformed", "integrity", "refused", "version"] as const;

let all: Cast;
let message: Uint8Array;

beforeAll(async () => {
  await ready();
  all = cast(["Heron", "Slate", "Finch"]);
  message = say(groupOf(all, "Heron"), ["of some length, to have a middle"], all.random)
    .messages[0] as Uint8Array;
});

/** Everything that one flipped bit, a cut and an appended byte can make of some bytes. */
function* spoiled(bytes: Uint8Array): Generator<{ what: string; bytes: Uint8Array }> {
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    yield { what: `bit ${at % 8} of byte ${at}`, bytes: flipped };
    yield { what: `cut at ${at}`, bytes: bytes.slice(0, at) };
  }
  yield { what: "a zero behind", bytes: concat(bytes, Uint8Array.of(0)) };
  yield { what: "twice", bytes: concat(bytes, bytes) };
}

/** Asserts a named refusal of every spoiled form; answers with how many there were. */
function everyFormRefused(bytes: Uint8Array, act: (spoiled: Uint8Array) => unknown): number {
  let forms = 0;
  const passed: string[] = [];
  for (const form of spoiled(bytes)) {
    forms++;
    try {
      act(form.bytes);
      passed.push(form.what);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!bad.includes(error.code as (typeof bad)[number])) {
        passed.push(`${form.what}: ${error.code}, ${error.message}`);
      }
    }
  }
  expect(passed).toEqual([]);
  return forms;
}

describe("a spoiled message is refused by name and changes nothing:", () => {
  test("an application message, wherever it is spoiled", () => {
    const slate = groupOf(all, "Slate");
    refused(
      () => {
        expect(everyFormRefused(message, (spoiled) => hear(slate, spoiled))).toBeGreaterThan(300);
        throw new Failure("refused", "to have the state compared");
      },
      ["refused"],
      slate,
    );
    expect(hear(slate, message).text).toBe("of some length, to have a middle");
  });

  test("a commit, wherever it is spoiled", () => {
    const slate = groupOf(all, "Slate");
    const made = make(all, "Heron", { add: [newPackage(all, "Wren").keyPackage] });
    refused(
      () => {
        expect(
          everyFormRefused(made.message, (spoiled) => checkCommit(slate, spoiled)),
        ).toBeGreaterThan(4000);
        throw new Failure("refused", "to have the state compared");
      },
      ["refused"],
      slate,
    );
    expect(follow(slate, made.message).epoch).toBe(slate.epoch + 1n);
  });

  test("a Welcome, wherever it is spoiled", () => {
    const { keyPackage, secrets } = newPackage(all, "Wren");
    const welcome = make(all, "Heron", { add: [keyPackage] }).welcome as Uint8Array;
    const join = (bytes: Uint8Array) =>
      joinGroup({ suite: all.suite, rules, welcome: bytes, keyPackage, secrets });
    everyFormRefused(welcome, join);
    expect(join(welcome).group.ownLeaf).toBe(3);
  });

  test("a KeyPackage, wherever it is spoiled", () => {
    const { keyPackage } = newPackage(all, "Wren");
    everyFormRefused(keyPackage, (spoiled) => readKeyPackage(all.suite, spoiled, rules));
  });

  test("a saved state that is cut, or goes on behind its end", () => {
    const group = hear(groupOf(all, "Slate"), message).reader;
    const parts = {
      epoch: encodeEpoch(group),
      secretTree: encodeSecretTree(group),
      ratchets: encodeRatchets(group),
    };
    for (const part of ["epoch", "secretTree", "ratchets"] as const) {
      const whole = parts[part];
      const step = Math.max(1, Math.floor(whole.length / 200));
      for (let at = 0; at < whole.length; at += step) {
        const cut = { ...parts, [part]: whole.slice(0, at) };
        refused(() => decodeGroup(cut, rules), bad);
      }
      const longer = { ...parts, [part]: concat(whole, Uint8Array.of(0)) };
      refused(() => decodeGroup(longer, rules), bad);
    }
    expect(decodeGroup(parts, rules).epoch).toBe(group.epoch);
  });
});

describe("a length in more octets than it needs is refused", () => {
  test("in the header of a message", () => {
    // version 2, wire format 2, then the group id's length in its shortest form: one octet.
    const length = message[4] as number;
    const wordy = concat(message.slice(0, 4), Uint8Array.of(0x40, length), message.slice(5));
    const slate = groupOf(all, "Slate");
    refused(() => hear(slate, wordy), ["malformed"], slate);
    refused(() => peek(wordy), ["malformed"]);
    expect(peek(message).groupId).toHaveLength(length);
  });

  test("in a KeyPackage", () => {
    const { keyPackage } = newPackage(all, "Wren");
    // version 2, suite 2, then the init key's length: two octets for 1,216 bytes.
    const high = (keyPackage[4] as number) & 0x3f;
    const low = keyPackage[5] as number;
    const wordy = concat(
      keyPackage.slice(0, 4),
      Uint8Array.of(0x80, 0, high, low),
      keyPackage.slice(6),
    );
    refused(() => readKeyPackage(all.suite, wordy, rules), ["malformed"]);
  });
});

test("padding that says something is refused; plain zeros are not", async () => {
  const { all: honest, mallory } = await infiltrate(["Heron", "Slate"]);
  const slate = groupOf(honest, "Slate");
  const padded = (await oracleProtect(mallory, utf8("short"))).message;
  expect(hear(slate, padded).text).toBe("short");
  const { hpke } = mallory.suite;
  const suite = {
    ...mallory.suite,
    hpke: {
      ...hpke,
      encryptAead: (...[key, nonce, aad, plaintext]: Parameters<typeof hpke.encryptAead>) =>
        hpke.encryptAead(
          key,
          nonce,
          aad,
          plaintext.with(-1, plaintext.length > 12 ? 1 : (plaintext.at(-1) ?? 0)),
        ),
    },
  };
  const talking = (await oracleProtect({ ...mallory, suite }, utf8("short"))).message;
  const failure = refused(() => hear(slate, talking), ["malformed"], slate);
  expect(failure.message).toMatch(/padding/);
});

describe("a commit whose private part is bad", () => {
  test("passes the public part, stops whoever it cheats, and is refused without a trace", async () => {
    const { all: honest, mallory } = await infiltrate(["Heron", "Slate"]);
    const message = await forge(mallory);
    for (const group of honest.groups.values()) {
      const checked = checkCommit(group, message);
      expect(checked.committer).toBe(2);
      refused(() => applyCommit(group, checked), ["integrity"], group);
    }
  });

  test("stops only the member whose ciphertext is bad, by name", () => {
    const five = cast(["Heron", "Slate", "Finch", "Wren", "Crane"]);
    const { message } = make(five, "Heron", {});
    const finch = groupOf(five, "Finch");
    const checked = checkCommit(finch, message);
    const path = checked.internal.path;
    if (path === null) throw new Error("a commit of ours has a path");
    const nodes = path.nodes.map((node) => ({
      ...node,
      encryptedPathSecrets: node.encryptedPathSecrets.map((one) => ({
        ...one,
        ciphertext: one.ciphertext.map((octet) => octet ^ 1),
      })),
    }));
    const spoiled = { ...checked, internal: { ...checked.internal, path: { ...path, nodes } } };
    refused(() => applyCommit(finch, spoiled), ["integrity"], finch);
    expect(change(five, "Heron", {}).after.groups.size).toBe(5);
  });
});
