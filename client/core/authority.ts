import {
  type AddedMember,
  type CheckedCommit,
  type Group,
  type Member,
  members,
} from "#client/mls/group.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type Approval, checkApproval, decodeApprovals, seatId } from "./approval.ts";
import { decodeDeclaration } from "./declaration.ts";
import { decodeIdentity } from "./identity.ts";
import { comparePolicies, decodePolicy, type Policy, policyId } from "./policy.ts";

/** A commit that policy allows, with who approved each admission. */
export interface Authorised {
  readonly policy: Policy;
  /** Leaf of a newcomer to those who approved it, and how each had authenticated it. */
  readonly admittedBy: ReadonlyMap<number, readonly Vouch[]>;
}

export interface Vouch {
  readonly leaf: number;
  readonly check: Approval["check"];
}

/**
 * The channel's half of a commit's public part: policy and approvals. A pure function of the epoch's
 * state and the commit's bytes, so that every member judges alike: no clock and no local memory
 * enters. Failures `refused`, `malformed` and `archiver`: the commit does not count, for anyone.
 */
export function authorise(group: Group, commit: CheckedCommit): Authorised {
  const policy = decodePolicy(group.extensions);
  const seats = members(group);
  const approvals = decodeApprovals(commit.authenticatedData);
  const signed = approvals.map((approval) => ({
    approval,
    signer: checkApproval(group, approval),
  }));
  const next = commit.extensions === null ? policy : decodePolicy(commit.extensions);
  checkPolicyChange(policy, next, seats, signed);
  const staying = seats.filter(({ leaf }) => !commit.removes.includes(leaf));
  if (staying.length + commit.adds.length > limits.seatsMax) {
    throw new Failure("refused", `commit: more than ${limits.seatsMax} seats`);
  }
  checkLabels(staying, commit.adds);
  checkArchivers(next, staying, commit);
  const leaving = seats.filter(({ leaf }) => commit.removes.includes(leaf));
  for (const added of commit.adds) checkNoReturn(leaving, added);
  for (const leaf of commit.removes) {
    const target = seats.find((seat) => seat.leaf === leaf);
    if (target === undefined) throw new Failure("refused", "commit: removes an empty seat");
    checkRemoval(policy, seats, target, signed);
  }
  const admittedBy = new Map(
    commit.adds.map((added) => [added.leaf, checkAdmission(policy, seats, added, signed)]),
  );
  return { policy: next, admittedBy };
}

interface Signed {
  readonly approval: Approval;
  readonly signer: Member;
}

/** Labels name seats in front of people: no two seats share one, whoever sits there. */
function checkLabels(staying: readonly Member[], adds: readonly AddedMember[]): void {
  const taken = new Set<string>();
  for (const { identity } of [...staying, ...adds]) {
    const { label } = decodeIdentity(identity);
    if (taken.has(label)) throw new Failure("refused", "commit: two seats under one label");
    taken.add(label);
  }
}

/**
 * Judges every leaf as it will be, so that it does not matter which way a declaration comes: with a newcomer,
 * with a committer's new leaf, or under a policy that begins to refuse it. Failure `archiver`.
 */
function checkArchivers(policy: Policy, staying: readonly Member[], commit: CheckedCommit): void {
  const leaves = [
    ...staying.map(({ leaf, identity, extensions }) => {
      const isCommitter = leaf === commit.committer && commit.leafExtensions !== null;
      return { identity, extensions: isCommitter ? commit.leafExtensions : extensions };
    }),
    ...commit.adds.map(({ identity, leafExtensions }) => ({
      identity,
      extensions: leafExtensions,
    })),
  ];
  for (const { identity, extensions } of leaves) {
    const { archives } = decodeDeclaration(extensions ?? []);
    if (archives && policy.archivers === "refused") throw archiverRefused(identity);
  }
}

/** Names the seat that a channel without archivers cannot have. */
export function archiverRefused(identity: Uint8Array): Failure {
  const { label } = decodeIdentity(identity);
  return new Failure(
    "archiver",
    `${label}: its client keeps copies, and this channel refuses that`,
  );
}

/** Nobody takes over a seat, its label or its person by removing and adding it in one commit. */
function checkNoReturn(leaving: readonly Member[], added: AddedMember): void {
  const { label, person } = decodeIdentity(added.identity);
  const isBack = leaving.some((seat) => {
    const gone = decodeIdentity(seat.identity);
    return gone.label === label || equalBytes(gone.person, person);
  });
  if (isBack) throw new Failure("refused", "commit: adds anew whom it removes");
}

function checkPolicyChange(
  now: Policy,
  next: Policy,
  seats: readonly Member[],
  signed: readonly Signed[],
): void {
  const change = comparePolicies(now, next);
  if (change === "none") return;
  if (change === "forbidden") {
    throw new Failure("refused", "commit: changes the policy where nobody may");
  }
  const target = policyId(next);
  const signers = signed
    .filter(({ approval }) => approval.operation === "policy")
    .filter(({ approval }) => equalBytes(approval.target, target))
    .map(({ signer }) => signer);
  requireCount(signers, policyVoices(now, next, seats), "a change of policy");
}

/** Persons who must agree to a change of policy: what protects everybody is lowered only by all. */
export function policyVoices(now: Policy, next: Policy, seats: readonly Member[]): number {
  const isLowered = comparePolicies(now, next) === "lowered";
  return isLowered ? personsOf(seats).size : approvalsNeeded(now, seats);
}

function checkAdmission(
  policy: Policy,
  seats: readonly Member[],
  added: AddedMember,
  signed: readonly Signed[],
): readonly Vouch[] {
  const concerning = signed
    .filter(({ approval }) => approval.operation === "admit")
    .filter(({ approval }) => equalBytes(approval.target, added.ref));
  const counted = concerning.filter(({ approval }) => countsFor(policy, approval));
  requireCount(
    counted.map(({ signer }) => signer),
    approvalsNeeded(policy, seats),
    "an admission",
  );
  return concerning.map(({ signer, approval }) => ({ leaf: signer.leaf, check: approval.check }));
}

/** Under two codes each sponsor has met the newcomer by a code of its own. */
export function countsFor(policy: Policy, approval: Pick<Approval, "check">): boolean {
  return policy.check === "words" || approval.check === "code";
}

function checkRemoval(
  policy: Policy,
  seats: readonly Member[],
  target: Member,
  signed: readonly Signed[],
): void {
  const concerning = signed.filter(({ approval }) => equalBytes(approval.target, seatId(target)));
  const leaves = concerning.some(
    ({ approval, signer }) => approval.operation === "leave" && signer.leaf === target.leaf,
  );
  if (leaves) return;
  const signers = concerning
    .filter(({ approval }) => approval.operation === "remove")
    .map(({ signer }) => signer);
  const needed = approvalsNeeded(policy, othersThan(target, seats));
  requireCount(othersThan(target, signers), needed, "a removal");
}

/** The seats of other persons: nobody has a voice in his own removal, from whatever seat. */
export function othersThan(target: Member, seats: readonly Member[]): readonly Member[] {
  const { person } = decodeIdentity(target.identity);
  return seats.filter(({ identity }) => !equalBytes(decodeIdentity(identity).person, person));
}

/** min(k, eligible): distinct persons, since two seats of one person are one voice. */
export function approvalsNeeded(policy: Policy, eligible: readonly Member[]): number {
  return Math.min(policy.approvals, personsOf(eligible).size);
}

function requireCount(signers: readonly Member[], needed: number, what: string): void {
  const given = personsOf(signers).size;
  if (given < needed) {
    throw new Failure("refused", `commit: ${what} with ${given} of ${needed} approvals`);
  }
}

/** Person ids (hex) of some seats: two seats of one person are one voice. */
export function personsOf(seats: readonly Member[]): Set<string> {
  return new Set(seats.map(({ identity }) => hex(decodeIdentity(identity).person)));
}
