import { z } from "zod";
import { sha256 } from "#client/crypto/hash.ts";
import { type Group, type Member, members, signAs, verifyAs } from "#client/mls/group.ts";
import { concat, hex } from "#shared/bytes.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { count, fixed, leafIndex, upTo, version } from "./field.ts";

/** Label of the MLS-style signature (RFC 9420 section 5.1.2) under an approval. */
export const approvalLabel = "Backchannel v1 approval";

const approvalSchema = z.strictObject({
  /**
   * `leave` is a seat's own wish to be removed: it alone suffices. `renew` gives a person back the
   * right to freeze; no commit needs it.
   */
  operation: z.enum(["admit", "remove", "leave", "policy", "renew"]),
  /** KeyPackageRef of the newcomer, `seatId` of the seat concerned, or `policyId` of the next policy. */
  target: upTo(64),
  /** How the signer authenticated a newcomer; `none` for everything that is no admission. */
  check: z.enum(["code", "words", "none"]),
  /** The last epoch in which a commit may use it. An epoch and no time: validity asks no clock. */
  untilEpoch: count,
  signer: leafIndex,
  signature: fixed(64),
});

/** One person's agreement to one admission or removal, signed under the current key of his leaf. */
export type Approval = z.infer<typeof approvalSchema>;

const carriedSchema = z.strictObject({
  v: version,
  approvals: z.array(approvalSchema).max(2 * limits.seatsMax),
});

/** A commit's authenticated data: deterministic CBOR `{v, approvals}`. */
export function encodeApprovals(approvals: readonly Approval[]): Uint8Array {
  return encodeCbor(carriedSchema.parse({ v: limits.version, approvals }));
}

/** Inverse of `encodeApprovals`. Failures: `malformed`, and `refused` for one signer's second word on one thing. */
export function decodeApprovals(authenticatedData: Uint8Array): readonly Approval[] {
  const parsed = carriedSchema.safeParse(decodeCbor(authenticatedData, "approvals"));
  if (!parsed.success) throw new Failure("malformed", "approvals: not {v, approvals}");
  const { approvals } = parsed.data;
  const given = approvals.map((one) => `${one.operation} ${hex(one.target)} ${one.signer}`);
  if (new Set(given).size < given.length) {
    throw new Failure("refused", "approvals: a signer approves the same twice");
  }
  return approvals;
}

/** Names a seat for its removal: SHA-256 of leaf index u32 ‖ identity. A later occupant has another. */
export function seatId(member: Pick<Member, "leaf" | "identity">): Uint8Array {
  const leaf = new Uint8Array(4);
  new DataView(leaf.buffer).setUint32(0, member.leaf);
  return sha256(concat(leaf, member.identity));
}

type Unsigned = Omit<Approval, "signer" | "signature">;

/** What is signed: deterministic CBOR `{v, group, operation, target, check, untilEpoch}`. */
function signedContent(groupId: Uint8Array, approval: Unsigned) {
  const { operation, target, check, untilEpoch } = approval;
  return encodeCbor({ v: limits.version, group: groupId, operation, target, check, untilEpoch });
}

/** Signs an approval as the own seat. */
export function approve(group: Group, approval: Unsigned): Approval {
  const signature = signAs(group, approvalLabel, signedContent(group.groupId, approval));
  const { operation, target, check, untilEpoch } = approval;
  return { operation, target, check, untilEpoch, signer: group.ownLeaf, signature };
}

/**
 * The seat that signed an approval, judged by the group's current state alone. Failure `refused` when
 * the signer is no member, the last epoch has passed or is too far away, an admission names no check,
 * or the signature does not hold under the leaf's key.
 */
export function checkApproval(group: Group, approval: Approval): Member {
  const signer = members(group).find(({ leaf }) => leaf === approval.signer);
  if (signer === undefined) throw new Failure("refused", "approval: its signer is no member");
  if (BigInt(approval.untilEpoch) < group.epoch) {
    throw new Failure("refused", "approval: its last epoch has passed");
  }
  // An agreement is to what its signer sees now: nobody keeps one in store for ever.
  if (BigInt(approval.untilEpoch) - group.epoch > BigInt(limits.approvalEpochsMax)) {
    throw new Failure("refused", "approval: its last epoch is too far away");
  }
  if ((approval.operation === "admit") === (approval.check === "none")) {
    throw new Failure("refused", "approval: an admission names its check, and nothing else does");
  }
  const content = signedContent(group.groupId, approval);
  const { suite } = group;
  if (!verifyAs(suite, signer.signatureKey, approvalLabel, content, approval.signature)) {
    throw new Failure("refused", "approval: the signature does not hold");
  }
  return signer;
}

/** One approval as bytes, for the body that announces a leave. */
export function encodeApproval(approval: Approval): Uint8Array {
  return encodeCbor(approvalSchema.parse(approval));
}

/** Inverse of `encodeApproval`. Failure `malformed`. */
export function decodeApproval(bytes: Uint8Array): Approval {
  const parsed = approvalSchema.safeParse(decodeCbor(bytes, "approval"));
  if (!parsed.success) throw new Failure("malformed", "approval: not an approval");
  return parsed.data;
}
