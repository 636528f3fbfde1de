import { randomFillSync } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import {
  adoptCommit,
  applyCommit,
  channelRules,
  checkCommit,
  commit,
  createGroup,
  createKeyPackage,
  decodeGroup,
  decodePastEpoch,
  encodeEpoch,
  encodePastEpoch,
  encodeRatchets,
  encodeSecretTree,
  type Group,
  joinGroup,
  protect,
  retire,
  type StateParts,
  unprotect,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";

const random = (bytes: number): Uint8Array => randomFillSync(new Uint8Array(bytes));
const rules = channelRules;
const nothing = new Uint8Array(0);

beforeAll(ready);

/** Two members; the second has heard the messages 0 and 2 of the first. */
function pair(): { a: Group; b: Group; late: Uint8Array } {
  const identity = utf8("Slate");
  const alone = createGroup({
    suite,
    rules,
    groupId: random(32),
    identity,
    extensions: [],
    random,
  });
  const own = createKeyPackage({ suite, identity: utf8("Heron"), extensionTypes: [], random });
  const made = commit(alone, { add: [own.keyPackage], random });
  const { keyPackage, secrets } = own;
  const welcome = made.welcome as Uint8Array;
  let b = joinGroup({ suite, rules, welcome, keyPackage, secrets }).group;
  let a = adoptCommit(alone, made.pending).group;
  const messages = ["one", "two", "three"].map((text) => {
    const said = protect(a, utf8(text), nothing, random);
    a = said.group;
    return said.message;
  });
  b = unprotect(b, messages[0] as Uint8Array).reader;
  b = unprotect(b, messages[2] as Uint8Array).reader;
  return { a, b, late: messages[1] as Uint8Array };
}

function partsOf(group: Group): StateParts {
  return {
    epoch: encodeEpoch(group),
    secretTree: encodeSecretTree(group),
    ratchets: encodeRatchets(group),
  };
}

function failure(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return "none";
}

test("a saved state is the same state: it reads what was late and follows the next commit", () => {
  const { a, b, late } = pair();
  const again = decodeGroup(partsOf(b), rules);
  expect(partsOf(again)).toEqual(partsOf(b));
  expect(unprotect(again, late).data).toEqual(utf8("two"));
  const made = commit(a, { random });
  const followed = applyCommit(again, checkCommit(again, made.message)).group;
  expect(followed.state.secrets.authenticator).toEqual(made.pending.state.secrets.authenticator);
});

test("a saved past epoch reads what was late and is no group", () => {
  const { b, late } = pair();
  const past = retire(b);
  const parts = {
    epoch: encodePastEpoch(past),
    secretTree: encodeSecretTree(past),
    ratchets: encodeRatchets(past),
  };
  const again = decodePastEpoch(parts);
  expect(unprotect(again, late).data).toEqual(utf8("two"));
  expect(failure(() => decodeGroup(parts, rules))).not.toBe("none");
});

test("every truncation and every trailing byte of every part is refused", () => {
  const parts = partsOf(pair().b);
  for (const part of ["epoch", "secretTree", "ratchets"] as const) {
    const bytes = parts[part];
    for (let size = 0; size < bytes.length; size += 1 + (size % 7)) {
      const code = failure(() => decodeGroup({ ...parts, [part]: bytes.slice(0, size) }, rules));
      expect(["malformed", "vault-damaged", "version"]).toContain(code);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(failure(() => decodeGroup({ ...parts, [part]: longer }, rules))).toBe("malformed");
  }
});

test("parts of different epochs or groups are not put together", () => {
  const { a, b } = pair();
  const parts = partsOf(b);
  const next = partsOf(commit(a, { random }).pending);
  for (const part of ["epoch", "secretTree", "ratchets"] as const) {
    const mixed = { ...parts, [part]: next[part] };
    expect(failure(() => decodeGroup(mixed, rules))).toBe("vault-damaged");
  }
});

test("ratchets from before or after the secret tree's change do not fit it", () => {
  const { a, b } = pair();
  const spoken = protect(b, utf8("reply"), nothing, random).group;
  const before = partsOf(b);
  const after = partsOf(spoken);
  expect(after.epoch).toEqual(before.epoch);
  const mixed = { ...after, secretTree: before.secretTree };
  expect(failure(() => decodeGroup(mixed, rules))).toBe("vault-damaged");
  const reversed = { ...before, secretTree: after.secretTree };
  expect(failure(() => decodeGroup(reversed, rules))).toBe("vault-damaged");
  // Another member's tree and ratchets of the same epoch differ in secrets that cannot be told apart,
  // but whose the signature key is can.
  const own = encodeEpoch(a);
  expect(own).not.toEqual(before.epoch);
});

test("a flipped bit in the tree or the own signature key is noticed", () => {
  const { b } = pair();
  const parts = partsOf(b);
  const flipped = parts.epoch.slice();
  const key = b.state.signatureSecret.subarray(32);
  const at = parts.epoch.findLastIndex((_, start) =>
    key.every((octet, offset) => parts.epoch[start + offset] === octet),
  );
  flipped[at] = (flipped[at] as number) ^ 1;
  expect(failure(() => decodeGroup({ ...parts, epoch: flipped }, rules))).toBe("vault-damaged");
});
