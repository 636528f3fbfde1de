import { member, members } from "#client/mls/group.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { encodeApproval } from "./approval.ts";
import { checkNonceBytes } from "./check.ts";
import { isCheckSound } from "./check-step.ts";
import type { Event } from "./event.ts";
import type { Content } from "./message.ts";
import {
  findMotion,
  idBytes,
  isCompleteWithOwn,
  isOpen,
  mayCommit,
  ownApproval,
  withApproval,
  withMotion,
  withMotions,
} from "./motion.ts";
import { applyMotion, endMotion } from "./motion-hear.ts";
import type { CheckStep, EndReason, Motion } from "./motion-schema.ts";
import { enqueue, requireOpen } from "./outbox.ts";
import type { Channel } from "./state.ts";
import type { Turn } from "./turn.ts";

/** A member who could commit a complete motion waits so long for the one who completed it, and for each before it. */
const carryTurnMs = 3_000;

/** What this person wants of motions; each event may come again and then changes nothing. */
export function takeMotionEvent(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "move" | "fill" | "check" | "consent" | "end" | "freeze" }>,
): Channel {
  requireOpen(channel);
  const self = channel.group.ownLeaf;
  switch (event.type) {
    case "freeze": {
      const content = { kind: "freeze", on: event.on } as const;
      return enqueue(turn, applyMotion(turn, channel, self, content), content);
    }
    case "move":
      return move(turn, channel, event);
    case "fill":
      return fillOwn(turn, channel, event);
    case "check":
      return sayStep(turn, channel, needMotion(channel, event.id), event.step);
    case "consent":
      return consent(channel, needMotion(channel, event.id), event.check);
    case "end":
      return end(turn, channel, needMotion(channel, event.id), event.reason);
  }
}

function needMotion(channel: Channel, id: string): Motion {
  const motion = findMotion(channel, id);
  if (motion === null) throw new Failure("not-found", "nothing of that id is pending");
  return motion;
}

function move(turn: Turn, channel: Channel, event: Extract<Event, { type: "move" }>): Channel {
  const { id, change } = event;
  if (findMotion(channel, id) !== null) return channel;
  const content = { kind: "motion", id: idBytes(id), change, approval: null } as const;
  const moved = applyMotion(turn, channel, channel.group.ownLeaf, content);
  const motion = needMotion(moved, id);
  if (change.op !== "admit") return giveConsent(moved, motion, "none");
  return change.keyPackage === null ? moved : giveConsent(moved, motion, "code");
}

function fillOwn(turn: Turn, channel: Channel, event: Extract<Event, { type: "fill" }>): Channel {
  const motion = needMotion(channel, event.id);
  const { change } = motion;
  if (!isOpen(motion) || change.op !== "admit" || change.keyPackage !== null) return channel;
  const content = {
    kind: "motion",
    id: idBytes(event.id),
    change: { ...change, keyPackage: event.keyPackage },
    approval: null,
  } as const;
  const filled = applyMotion(turn, channel, channel.group.ownLeaf, content);
  const known = { ...needMotion(filled, event.id), isSaid: false };
  return giveConsent(withMotion(filled, known), known, "code");
}

/** Notes that this person approves by hand. What is said of it, and when, `goOn` sees to. */
function giveConsent(
  channel: Channel,
  motion: Motion,
  check: NonNullable<Motion["consent"]>,
): Channel {
  const consenting = { ...motion, consent: check };
  const approval = ownApproval(channel, consenting);
  return withMotion(channel, approval === null ? consenting : withApproval(consenting, approval));
}

/** Failures: `pending` before the words are there, `usage` for a check that this motion does not ask for. */
function consent(channel: Channel, motion: Motion, check: NonNullable<Motion["consent"]>): Channel {
  if (!isOpen(motion) || motion.consent !== null) return channel;
  const isAdmission = motion.change.op === "admit";
  if (isAdmission === (check === "none")) {
    throw new Failure("usage", "an admission is approved after a check, and nothing else is");
  }
  if (check === "words") {
    const own = motion.checks.find(({ leaf }) => leaf === channel.group.ownLeaf);
    if (own === undefined || !isCheckSound(channel, motion, own)) {
      throw new Failure("pending", "the words of this check are not there yet");
    }
  }
  return giveConsent(channel, motion, check);
}

function end(turn: Turn, channel: Channel, motion: Motion, reason: EndReason): Channel {
  if (!isOpen(motion)) return channel;
  const content = { kind: "deny", id: idBytes(motion.id), reason } as const;
  const ended = applyMotion(turn, channel, channel.group.ownLeaf, content);
  const isUnknown = motion.author === channel.group.ownLeaf && !motion.isSaid;
  return isUnknown ? ended : enqueue(turn, ended, content);
}

function sayStep(turn: Turn, channel: Channel, motion: Motion, step: CheckStep): Channel {
  if (!isOpen(motion)) return channel;
  const self = channel.group.ownLeaf;
  const leaf = "to" in step ? step.to : self;
  const check = motion.checks.find((one) => one.leaf === leaf);
  if (check !== undefined && isTaken(check, step.name)) return channel;
  const content = { kind: "check", id: idBytes(motion.id), step } as const;
  const taken = applyMotion(turn, channel, self, content);
  const said = enqueue(turn, taken, content);
  if (step.name !== "open") return said;
  // The newcomer will be bound to this key.
  const { plans } = said;
  return { ...said, plans: { ...plans, holds: [...new Set([...plans.holds, motion.id])] } };
}

function isTaken(check: Motion["checks"][number], name: CheckStep["name"]): boolean {
  switch (name) {
    case "open":
      return true;
    case "commit":
      return check.commitment !== null;
    case "nonce":
      return check.nonce !== null;
    case "reveal":
      return check.reveal !== null;
    case "agreed":
      return check.agreed;
  }
}

/**
 * Says what the state of the motions asks for: an own motion, an own approval that does not complete
 * the count, the answer in an own check. Driven by state alone, so that a crash loses none of it.
 */
export function goOn(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const { id } of channel.plans.motions.filter(isOpen)) {
    next = answerCheck(turn, next, needMotion(next, id));
    const motion = needMotion(next, id);
    if (isOpen(motion)) next = sayOwn(turn, next, motion);
  }
  return next;
}

function answerCheck(turn: Turn, channel: Channel, motion: Motion): Channel {
  const check = motion.checks.find(({ leaf }) => leaf === channel.group.ownLeaf);
  if (check === undefined) return channel;
  if (check.commitment !== null && check.nonce === null) {
    const nonce = turn.random(checkNonceBytes);
    return sayStep(turn, channel, motion, { name: "nonce", nonce });
  }
  // Somebody between has changed the KeyPackage, the group or the key after the newcomer had committed.
  const isForged = check.reveal !== null && !isCheckSound(channel, motion, check);
  return isForged ? end(turn, channel, motion, "words") : channel;
}

function sayOwn(turn: Turn, channel: Channel, motion: Motion): Channel {
  const isMine = motion.author === channel.group.ownLeaf;
  const isComplete = isCompleteWithOwn(channel, motion);
  if (motion.isSaid || (!isMine && motion.consent === null)) {
    const isLate = motion.isSaid && isComplete && motion.completeAt === null;
    return isLate ? withMotion(channel, { ...motion, completeAt: turn.now }) : channel;
  }
  // Whoever completes the count makes the commit, and that says it.
  const willCommit = motion.change.op !== "renew" && (!isMine || mayCommit(channel, motion));
  if (isComplete && willCommit) return channel;
  const approval = ownApproval(channel, motion);
  const id = idBytes(motion.id);
  const bytes = approval && encodeApproval(approval);
  const said = withMotion(channel, { ...motion, isSaid: true });
  if (isMine) {
    return enqueue(turn, said, { kind: "motion", id, change: motion.change, approval: bytes });
  }
  if (bytes === null) return channel;
  const second = { kind: "second", id, approval: bytes } as const;
  return applyMotion(turn, enqueue(turn, said, second), channel.group.ownLeaf, second);
}

/** When this seat commits a motion; null while it is not for it to do. */
export function motionDueAt(channel: Channel, motion: Motion): number | null {
  if (!isOpen(motion) || !mayCommit(channel, motion)) return null;
  if (!isCompleteWithOwn(channel, motion)) return null;
  if (!motion.isSaid) return 0;
  if (motion.completeAt === null) return null;
  const rank = members(channel.group).findIndex(({ leaf }) => leaf === channel.group.ownLeaf);
  return motion.completeAt + (rank + 1) * carryTurnMs;
}

/**
 * The own signature key has changed: what this person has approved by hand is signed anew, with the
 * same last epoch, and said again. Nothing else is ever approved by a rotation.
 */
export function renewApprovals(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const motion of channel.plans.motions.filter(isOpen)) {
    const approval = ownApproval(next, motion);
    if (approval === null) continue;
    next = withMotion(next, withApproval(motion, approval));
    const bytes = encodeApproval(approval);
    const waiting = [...next.contents].find(([, content]) => bearsApproval(content, motion.id));
    if (waiting !== undefined) {
      const contents = new Map(next.contents);
      contents.set(waiting[0], { ...waiting[1], approval: bytes } as Content);
      next = { ...next, contents };
    } else if (motion.isSaid) {
      next = enqueue(turn, next, { kind: "second", id: idBytes(motion.id), approval: bytes });
    }
  }
  return next;
}

function bearsApproval(content: Content, id: string): boolean {
  return (
    (content.kind === "motion" || content.kind === "second") &&
    content.approval !== null &&
    hex(content.id) === id
  );
}

/**
 * What a new epoch does to the checks: under another key of the sponsor, or without it, a check that
 * has bound the newcomer is void. Before that it is simply about the key that the sponsor has now.
 */
export function reviseChecks(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const motion of channel.plans.motions.filter(isOpen)) {
    const checks = motion.checks.flatMap((check) => {
      const seat = member(channel.group, check.leaf);
      if (seat === null) return [];
      if (equalBytes(seat.signatureKey, check.key)) return [check];
      return check.commitment === null ? [{ ...check, key: seat.signatureKey }] : [];
    });
    const isSame =
      checks.length === motion.checks.length &&
      checks.every((one, at) => one === motion.checks[at]);
    if (!isSame) next = withMotion(next, { ...motion, checks });
    // Nobody is left who could speak for the newcomer.
    const isOrphaned =
      motion.change.op === "admit" && member(channel.group, motion.author) === null;
    if (isOrphaned) {
      next = endMotion(turn, next, needMotion(next, motion.id), {
        reason: "withdrawn",
        by: motion.by,
      });
    }
  }
  return next;
}

/** Forgets motions that are old: an open one ends, and what was promised for it is free again. */
export function forgetMotions(turn: Turn, channel: Channel, maxMs: number): Channel {
  let next = channel;
  const old = channel.plans.motions.filter(({ seenAt }) => turn.now >= seenAt + maxMs);
  if (old.length === 0) return channel;
  for (const motion of old.filter(isOpen)) {
    next = endMotion(turn, next, motion, { reason: "expired", by: motion.by });
  }
  const ids = new Set(old.map(({ id }) => id));
  return withMotions(
    next,
    next.plans.motions.filter(({ id }) => !ids.has(id)),
  );
}
