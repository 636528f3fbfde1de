import { beforeAll, describe, expect, test } from "vitest";
import {
  type Approval,
  approvalLabel,
  approve,
  checkApproval,
  decodeApproval,
  decodeApprovals,
  encodeApproval,
  encodeApprovals,
  seatId,
} from "#client/core/approval.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { defaultPolicy, encodePolicy } from "#client/core/policy.ts";
import { channelGroupRules } from "#client/core/rules.ts";
import { sha256 } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import { createGroup, type Group, members, verifyAs } from "#client/mls/group.ts";
import { concat, hex } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { limits } from "#shared/limits.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(23);
const target = random(32);
const failure = (code: string, message: string) => expect.objectContaining({ code, message });

function alone(epoch = 0n): Group {
  const group = createGroup({
    suite,
    rules: channelGroupRules,
    groupId: random(32),
    identity: encodeIdentity({ label: "Slate", person: random(16) }),
    extensions: encodePolicy(defaultPolicy),
    random,
  });
  return { ...group, epoch };
}

const removal = { operation: "remove", target, check: "none", untilEpoch: 3 } as const;

describe("an approval", () => {
  test("is signed over its version, group, operation, target, check and last epoch, under a label", () => {
    const group = alone();
    const given = approve(group, removal);
    const content = encodeCbor({ v: limits.version, group: group.groupId, ...removal });
    const { signatureKey } = members(group)[0]!;
    expect(approvalLabel).toBe("Backchannel v1 approval");
    expect(verifyAs(suite, signatureKey, approvalLabel, content, given.signature)).toBe(true);
    expect(given).toMatchObject({ ...removal, signer: 0 });
    expect(checkApproval(group, given).leaf).toBe(0);
  });

  test.each<[string, Partial<Approval>]>([
    ["operation", { operation: "policy" }],
    ["target", { target: new Uint8Array(32) }],
    ["last epoch", { untilEpoch: 4 }],
    ["signature", { signature: new Uint8Array(64) }],
  ])("does not hold with another %s", (_name, change) => {
    const group = alone();
    const given = { ...approve(group, removal), ...change };
    expect(() => checkApproval(group, given)).toThrow(
      failure("refused", "approval: the signature does not hold"),
    );
  });

  test("of a group holds in no other one", () => {
    const [one, other] = [alone(), alone()];
    expect(() => checkApproval(other, approve(one, removal))).toThrow("does not hold");
  });

  test("by a leaf that nobody has is refused", () => {
    const group = alone();
    expect(() => checkApproval(group, { ...approve(group, removal), signer: 1 })).toThrow(
      failure("refused", "approval: its signer is no member"),
    );
  });

  test("holds through its last epoch and not in the next", () => {
    const group = alone();
    const given = approve(group, removal);
    expect(checkApproval({ ...group, epoch: 3n }, given).leaf).toBe(0);
    expect(() => checkApproval({ ...group, epoch: 4n }, given)).toThrow(
      failure("refused", "approval: its last epoch has passed"),
    );
  });

  test("may reach so many epochs ahead and no further, counted from now", () => {
    const group = alone(7n);
    const far = 7 + limits.approvalEpochsMax;
    expect(checkApproval(group, approve(group, { ...removal, untilEpoch: far })).leaf).toBe(0);
    const further = approve(group, { ...removal, untilEpoch: far + 1 });
    expect(() => checkApproval(group, further)).toThrow(
      failure("refused", "approval: its last epoch is too far away"),
    );
  });

  test.each(["code", "words"] as const)("of an admission names its check: %s", (check) => {
    const group = alone();
    const given = approve(group, { ...removal, operation: "admit", check });
    expect(checkApproval(group, given).leaf).toBe(0);
  });

  test.each<[Approval["operation"], Approval["check"]]>([
    ["admit", "none"],
    ["remove", "code"],
    ["leave", "words"],
    ["policy", "code"],
    ["renew", "words"],
  ])("of a %s with the check %s is refused", (operation, check) => {
    const group = alone();
    const given = approve(group, { ...removal, operation, check });
    expect(() => checkApproval(group, given)).toThrow(
      failure("refused", "approval: an admission names its check, and nothing else does"),
    );
  });

  test("comes back from its bytes as it was", () => {
    for (const operation of ["remove", "leave", "policy", "renew"] as const) {
      const given = approve(alone(), { ...removal, operation });
      expect(decodeApproval(encodeApproval(given))).toEqual(given);
    }
    for (const check of ["code", "words"] as const) {
      const given = approve(alone(), { ...removal, operation: "admit", check });
      expect(decodeApproval(encodeApproval(given))).toEqual(given);
    }
  });

  test("of another form is refused, written or read", () => {
    const given = approve(alone(), removal);
    const odd: unknown[] = [
      { ...given, operation: "crown" },
      { ...given, check: "smile" },
      { ...given, target: new Uint8Array(65) },
      { ...given, signature: new Uint8Array(63) },
      { ...given, untilEpoch: -1 },
      { ...given, signer: -1 },
      { ...given, more: 1 },
      [],
    ];
    for (const value of odd) {
      expect(() => decodeApproval(encodeCbor(value))).toThrow(
        failure("malformed", "approval: not an approval"),
      );
      expect(() => encodeApproval(value as Approval)).toThrow();
    }
    expect(() => decodeApproval(Uint8Array.of(0xff))).toThrow(/^approval: not CBOR/);
  });
});

describe("the approvals of a commit", () => {
  test("come back as they were, in their order", () => {
    const group = alone();
    const both = [approve(group, removal), approve(group, { ...removal, operation: "policy" })];
    expect(decodeApprovals(encodeApprovals(both))).toEqual(both);
    expect(decodeApprovals(encodeApprovals([]))).toEqual([]);
  });

  test("may be one signer's on several things, and several signers' on one", () => {
    const given = approve(alone(), removal);
    const others = [
      { ...given, operation: "leave" as const },
      { ...given, signer: 1 },
      { ...given, target: new Uint8Array(32) },
    ];
    expect(decodeApprovals(encodeApprovals([given, ...others]))).toHaveLength(4);
  });

  test("have one signer's word on one thing once, whatever else differs", () => {
    const given = approve(alone(), removal);
    const again = { ...given, untilEpoch: 9, check: "code" as const };
    expect(() => decodeApprovals(encodeApprovals([given, again]))).toThrow(
      failure("refused", "approvals: a signer approves the same twice"),
    );
  });

  test("are no more than two for each seat", () => {
    const given = approve(alone(), removal);
    const most = Array.from({ length: 2 * limits.seatsMax }, (_, at) => ({
      ...given,
      signer: at % limits.seatsMax,
      operation: at < limits.seatsMax ? ("remove" as const) : ("policy" as const),
    }));
    expect(decodeApprovals(encodeApprovals(most))).toHaveLength(2 * limits.seatsMax);
    const more = [...most, { ...given, operation: "leave" as const }];
    expect(() => encodeApprovals(more)).toThrow();
    expect(() => decodeApprovals(encodeCbor({ v: limits.version, approvals: more }))).toThrow(
      failure("malformed", "approvals: not {v, approvals}"),
    );
  });

  test("of another form or version are refused", () => {
    const refused = failure("malformed", "approvals: not {v, approvals}");
    const odd = [{ v: 2, approvals: [] }, { v: 1 }, { v: 1, approvals: [], more: 1 }, []];
    for (const value of odd) {
      expect(() => decodeApprovals(encodeCbor(value))).toThrow(refused);
    }
    expect(() => decodeApprovals(new Uint8Array())).toThrow(/^approvals: not CBOR/);
  });
});

test("a seat is named by its leaf, four octets first, and its identity", () => {
  const identity = random(40);
  const expected = sha256(concat(Uint8Array.of(0, 0, 1, 2), identity));
  expect(hex(seatId({ leaf: 258, identity }))).toBe(hex(expected));
});
