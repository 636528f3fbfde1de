import { type Approval, approve, encodeApproval, seatId } from "#client/core/approval.ts";
import { sealedCipher } from "#client/core/cipher.ts";
import { decodeIdentity, encodeIdentity, personBytes } from "#client/core/identity.ts";
import { targetOf, withMotions } from "#client/core/motion.ts";
import { type MotionContent, takeMotion } from "#client/core/motion-hear.ts";
import {
  type EndReason,
  type Motion,
  type MotionChange,
  type MotionCheck,
  motionSchema,
} from "#client/core/motion-schema.ts";
import { decodePolicy, encodePolicy, type Policy } from "#client/core/policy.ts";
import { batchedReceipts } from "#client/core/receipt.ts";
import { channelExtensions } from "#client/core/rules.ts";
import type { Channel } from "#client/core/state.ts";
import type { Turn } from "#client/core/turn.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { createKeyPackage, member } from "#client/mls/group.ts";
import { hex, unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";
import { type Node, seatAll } from "./steps.ts";

/*
 * States in which motions stand, made by hand: each function under test is asked by itself. Slate,
 * Heron, Otter and Egret sit at leaves 0 to 3 of one channel, each with its own view of it.
 */

export const random = seededRandom(41);
export const now = 5_000_000;

const seats = seatAll(["Slate", "Heron", "Otter", "Egret"]).nodes as [Node, Node, Node, Node];

/** A seat's view, under a policy that asks for two persons or as told. */
export function viewOf(leaf: 0 | 1 | 2 | 3, policy: Partial<Policy> = {}): Channel {
  const { channel } = seats[leaf];
  const { group } = channel;
  const changed = { ...decodePolicy(group.extensions), approvals: 2, ...policy };
  return { ...channel, group: { ...group, extensions: encodePolicy(changed) } };
}

export function newTurn(at = now): Turn {
  return {
    now: at,
    random,
    cipher: sealedCipher,
    receiptTimes: batchedReceipts,
    effects: [],
    spent: [],
  };
}

export const noticesOf = ({ effects }: Turn) =>
  effects.flatMap((effect) => (effect.type === "notice" ? [effect.notice] : []));

export const seatOf = (leaf: number) => member(seats[0].channel.group, leaf)!;
export const seatIdOf = (leaf: number) => seatId(seatOf(leaf));

export const person = random(personBytes);
/** Wren's KeyPackage, under the label and person of the admissions here. */
export const wren = packageOf("Wren", person);

export function packageOf(label: string, whose: Uint8Array) {
  const identity = encodeIdentity({ label, person: whose });
  return createKeyPackage({
    suite: xwingSuite,
    identity,
    extensionTypes: channelExtensions,
    random,
  });
}

export const admit = { op: "admit", label: "Wren", person, keyPackage: wren.keyPackage } as const;
export const remove = (leaf: number) => ({ op: "remove", seat: seatIdOf(leaf) }) as const;
export const renew = (leaf: number) => ({ op: "renew", seat: seatIdOf(leaf) }) as const;
export const policyOf = (approvals: number, check: "words" | "two-codes" = "words") =>
  ({ op: "policy", approvals, check, archivers: "shown" }) as const;

/** A motion of Slate's, seen by all and approved by nobody, unless told otherwise. */
export function motionOf(change: MotionChange, more: Partial<Motion> = {}): Motion {
  const seat = seatOf(more.author ?? 0);
  return motionSchema.parse({
    id: hex(random(16)),
    author: 0,
    person: personOf(seat.leaf),
    by: ["Slate", "Heron", "Otter", "Egret"][seat.leaf],
    change,
    approvals: [],
    seenAt: now,
    consent: null,
    isSaid: false,
    checks: [],
    completeAt: null,
    ended: null,
    against: [],
    granted: null,
    welcome: null,
    ...more,
  } satisfies Record<keyof Motion, unknown>);
}

export function personOf(leaf: number): Uint8Array {
  return decodeIdentity(seatOf(leaf).identity).person;
}

/** What the person at a leaf says of a motion. */
export function approvalOf(
  channel: Channel,
  motion: Motion,
  check: Approval["check"] = motion.change.op === "admit" ? "code" : "none",
  untilEpoch = Number(channel.group.epoch) + 5,
): Approval {
  const target = targetOf(channel, motion);
  if (target === null) throw new Error("there is nothing to approve yet");
  return approve(channel.group, { operation: motion.change.op, target, check, untilEpoch });
}

/** The same motion with the approvals of these leaves, given under the policy of that view. */
export function approvedBy(
  motion: Motion,
  leaves: readonly (0 | 1 | 2 | 3)[],
  policy: Partial<Policy> = {},
  check?: Approval["check"],
): Motion {
  const approvals = leaves.map((leaf) => {
    return encodeApproval(approvalOf(viewOf(leaf, policy), motion, check));
  });
  return { ...motion, approvals: [...motion.approvals, ...approvals] };
}

export const withOnly = (channel: Channel, ...motions: Motion[]) => withMotions(channel, motions);

/** The motion that a state has under this one's id. */
export function known({ plans }: Channel, { id }: Pick<Motion, "id">): Motion {
  const motion = plans.motions.find((one) => one.id === id);
  if (motion === undefined) throw new Error("the motion is forgotten");
  return motion;
}

/** `code: detail` of the Failure, or `nothing`. */
export function refusalOf(act: () => unknown): string {
  try {
    act();
    return "nothing";
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** What waits in a state to be said, newest last. */
export const saidIn = (channel: Channel) => [...channel.contents.values()];

export const bytesOf = (motion: Motion) => unhex(motion.id) as Uint8Array;
export const moved = (motion: Motion, approval: Approval | null = null): MotionContent => ({
  kind: "motion",
  id: bytesOf(motion),
  change: motion.change,
  approval: approval && encodeApproval(approval),
});
export const second = (motion: Motion, approval: Approval): MotionContent => ({
  kind: "second",
  id: bytesOf(motion),
  approval: encodeApproval(approval),
});
export const deny = (motion: Motion, reason: EndReason = "denied"): MotionContent => ({
  kind: "deny",
  id: bytesOf(motion),
  reason,
});

export const check: MotionCheck = {
  leaf: 1,
  key: seatOf(1).signatureKey,
  commitment: null,
  nonce: null,
  reveal: null,
  agreed: false,
};
export const ended = { reason: "denied", by: "Otter" } as const;
export const granted = { epoch: 9, committer: 1 };

/** What Egret's client makes of something that a seat says, with what it tells its person. */
export function hear(channel: Channel, sender: number, content: MotionContent) {
  const turn = newTurn();
  const next = takeMotion(turn, channel, sender, content);
  const told = noticesOf(turn).map((notice) =>
    notice.type === "motion" ? notice.state : notice.type === "gap" ? notice.detail : notice.type,
  );
  return { turn, next, told };
}

export const egret = viewOf(3);
