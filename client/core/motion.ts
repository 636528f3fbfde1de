import type { Suite } from "#client/crypto/suite.ts";
import { type Member, member, members, readKeyPackage } from "#client/mls/group.ts";
import { equalBytes, unhex } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  type Approval,
  approve,
  checkApproval,
  decodeApproval,
  encodeApproval,
  seatId,
} from "./approval.ts";
import { approvalsNeeded, countsFor, othersThan, personsOf, policyVoices } from "./authority.ts";
import { decodeDeclaration } from "./declaration.ts";
import { decodeIdentity } from "./identity.ts";
import { type Motion, type MotionChange, motionIdBytes } from "./motion-schema.ts";
import { amendPolicy, decodePolicy, type Policy, policyId } from "./policy.ts";
import { channelGroupRules } from "./rules.ts";
import type { Channel } from "./state.ts";
import { epochOf } from "./turn.ts";

/*
 * A motion is a change that needs several persons: one seat moves it, others second it, and whoever
 * completes the count makes the commit. What stands here only reads; nothing of it decides whether a
 * commit is valid (authority.ts does, from the epoch's state and the commit's bytes alone).
 */

/** Persons besides the author of a freeze who give back its right. */
const renewVoices = 2;

/** A motion's id as it is on the wire. Failure `usage` for what is no id. */
export function idBytes(id: string): Uint8Array {
  const bytes = unhex(id);
  if (bytes?.length !== motionIdBytes) throw new Failure("usage", "an id has 32 hex digits");
  return bytes;
}

export function findMotion(channel: Channel, id: string): Motion | null {
  return channel.plans.motions.find((motion) => motion.id === id) ?? null;
}

/** Neither carried out nor ended. */
export function isOpen(motion: Motion): boolean {
  return motion.ended === null && motion.granted === null;
}

/** Puts a motion in the place of the one with its id, or behind the others. */
export function withMotion(channel: Channel, motion: Motion): Channel {
  const { motions } = channel.plans;
  const isKnown = motions.some(({ id }) => id === motion.id);
  return withMotions(
    channel,
    isKnown ? motions.map((one) => (one.id === motion.id ? motion : one)) : [...motions, motion],
  );
}

export function withMotions(channel: Channel, motions: readonly Motion[]): Channel {
  return { ...channel, plans: { ...channel.plans, motions: [...motions] } };
}

/** The policy that a motion asks for. */
export function nextPolicy(channel: Channel, change: MotionChange & { op: "policy" }): Policy {
  const { approvals, check, archivers } = change;
  return amendPolicy(decodePolicy(channel.group.extensions), { approvals, check, archivers });
}

/** The seat that a removal or a renewal is about; null when it is gone. */
export function seatOfMotion(channel: Channel, { change }: Pick<Motion, "change">): Member | null {
  if (change.op !== "remove" && change.op !== "renew") return null;
  const seats = members(channel.group);
  return seats.find((one) => equalBytes(seatId(one), change.seat)) ?? null;
}

/** What an admission's KeyPackage says of its newcomer; null while it has not come. Failures as `readKeyPackage`. */
export function newcomerOf(suite: Suite, { change }: Pick<Motion, "change">) {
  if (change.op !== "admit" || change.keyPackage === null) return null;
  const { ref, leafExtensions } = readKeyPackage(suite, change.keyPackage, channelGroupRules);
  return { ref, ...decodeDeclaration(leafExtensions) };
}

/** KeyPackageRef of an admission's newcomer; null while it has not come. Failures as `newcomerOf`. */
export function refOf(suite: Suite, motion: Pick<Motion, "change">): Uint8Array | null {
  return newcomerOf(suite, motion)?.ref ?? null;
}

/** What approvals of a motion are about; null while its newcomer has not come. */
export function targetOf(channel: Channel, motion: Pick<Motion, "change">): Uint8Array | null {
  const { change } = motion;
  if (change.op === "admit") return refOf(channel.group.suite, motion);
  return change.op === "policy" ? policyId(nextPolicy(channel, change)) : change.seat;
}

/** The persons whose agreement a motion needs, how many of them, and who has given it. */
export interface Tally {
  readonly needed: number;
  /** Approvals that hold in this epoch; distinct signers. */
  readonly approvals: readonly Approval[];
  readonly signers: readonly Member[];
  /** Distinct persons among those who count. */
  readonly given: number;
}

/** Counts a motion's approvals as `authorise` would, with `extra` besides those that are known. */
export function tally(channel: Channel, motion: Motion, extra: readonly Approval[] = []): Tally {
  const { group } = channel;
  const policy = decodePolicy(group.extensions);
  const seats = members(group);
  const target = seatOfMotion(channel, motion);
  const eligible = target === null ? seats : othersThan(target, seats);
  const { change } = motion;
  const needed = neededBy(channel, policy, eligible, change);
  const own = new Set(extra.map(({ signer }) => signer));
  const known = motion.approvals.map(decodeApproval).filter(({ signer }) => !own.has(signer));
  const approvals = [...known, ...extra].filter((one) => isStanding(channel, motion, one));
  const counted = approvals.filter((one) => change.op !== "admit" || countsFor(policy, one));
  const signers = counted
    .map(({ signer }) => member(group, signer))
    .filter((seat) => seat !== null)
    .filter((seat) => eligible.some(({ leaf }) => leaf === seat.leaf));
  return { needed, approvals, signers, given: personsOf(signers).size };
}

function neededBy(
  channel: Channel,
  policy: Policy,
  eligible: readonly Member[],
  change: MotionChange,
): number {
  if (change.op === "renew") return Math.min(renewVoices, personsOf(eligible).size);
  return change.op === "policy"
    ? policyVoices(policy, nextPolicy(channel, change), eligible)
    : approvalsNeeded(policy, eligible);
}

/** Whether an approval is one of this motion and holds in this epoch. */
export function isStanding(channel: Channel, motion: Motion, approval: Approval): boolean {
  const target = targetOf(channel, motion);
  if (target === null || approval.operation !== motion.change.op) return false;
  if (!equalBytes(approval.target, target)) return false;
  try {
    checkApproval(channel.group, approval);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code !== "internal") return false;
    throw error;
  }
}

/**
 * The own approval, as this person has given it by hand. Issued again under a new key it keeps its
 * last epoch: rotating never makes it live longer. Null without consent, or without a newcomer.
 */
export function ownApproval(channel: Channel, motion: Motion): Approval | null {
  const target = targetOf(channel, motion);
  if (motion.consent === null || target === null) return null;
  const { ownLeaf } = channel.group;
  const given = motion.approvals.map(decodeApproval).find(({ signer }) => signer === ownLeaf);
  if (given !== undefined && isStanding(channel, motion, given)) return given;
  const untilEpoch = given?.untilEpoch ?? epochOf(channel) + limits.approvalEpochsMax;
  const { op: operation } = motion.change;
  return approve(channel.group, { operation, target, check: motion.consent, untilEpoch });
}

/** Keeps the newest approval of each signer. */
export function withApproval(motion: Motion, approval: Approval): Motion {
  const others = motion.approvals.filter((one) => decodeApproval(one).signer !== approval.signer);
  return { ...motion, approvals: [...others, encodeApproval(approval)].slice(-limits.seatsMax) };
}

/** Whether the own approval would complete the count, or has. */
export function isCompleteWithOwn(channel: Channel, motion: Motion): boolean {
  const own = ownApproval(channel, motion);
  if (own === null) return false;
  const { given, needed } = tally(channel, motion, [own]);
  return given >= needed;
}

/** Whether this seat's commit of an admission is one that its newcomer accepts. */
export function mayCommit(channel: Channel, motion: Motion): boolean {
  if (motion.consent === null || motion.change.op === "renew") return false;
  if (motion.change.op !== "admit") return true;
  const { ownLeaf } = channel.group;
  if (decodePolicy(channel.group.extensions).check === "two-codes") {
    return motion.author !== ownLeaf && motion.consent === "code";
  }
  const check = motion.checks.find(({ leaf }) => leaf === ownLeaf);
  return motion.consent === "words" && check?.agreed === true;
}

/** The label that a motion shows: of the newcomer, or of the seat concerned. */
export function labelOfMotion(channel: Channel, motion: Motion): string {
  if (motion.change.op === "admit") return motion.change.label;
  const seat = seatOfMotion(channel, motion);
  return seat === null ? "" : decodeIdentity(seat.identity).label;
}

/** The own seat's person. */
export function ownPerson(channel: Channel): Uint8Array {
  const seat = member(channel.group, channel.group.ownLeaf);
  assert(seat !== null, "a channel in good standing has its own seat");
  return decodeIdentity(seat.identity).person;
}
