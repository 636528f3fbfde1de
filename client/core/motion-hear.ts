import { member, readKeyPackage } from "#client/mls/group.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { decodeApproval } from "./approval.ts";
import { takeStep } from "./check-step.ts";
import { decodeDeclaration } from "./declaration.ts";
import { takeFreeze } from "./freeze.ts";
import { checkLabel, decodeIdentity } from "./identity.ts";
import type { Content } from "./message.ts";
import {
  findMotion,
  isOpen,
  isStanding,
  seatOfMotion,
  tally,
  withApproval,
  withMotion,
  withMotions,
} from "./motion.ts";
import type { Motion } from "./motion-schema.ts";
import { tellMotion, twinOf } from "./motion-show.ts";
import { channelGroupRules } from "./rules.ts";
import type { Channel } from "./state.ts";
import { epochOf, labelOf, raiseAlarm, recordGap, type Turn } from "./turn.ts";

/** What a member says about motions, checks and freezes. */
export type MotionContent = Extract<
  Content,
  { kind: "motion" | "second" | "deny" | "check" | "welcome" | "freeze" }
>;

/**
 * Takes in what a seat, the own one too, says about a motion. What makes no sense is a gap that names
 * its author, and changes nothing.
 */
export function takeMotion(
  turn: Turn,
  channel: Channel,
  sender: number,
  content: MotionContent,
): Channel {
  try {
    return applyMotion(turn, channel, sender, content);
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "internal") throw error;
    return recordGap(turn, channel, {
      from: labelOf(channel, sender),
      epoch: epochOf(channel),
      seq: null,
      missing: 0,
      detail: error.message,
    });
  }
}

/** As `takeMotion`, for what this seat itself wants. Failure `refused` changes nothing. */
export function applyMotion(
  turn: Turn,
  channel: Channel,
  sender: number,
  content: MotionContent,
): Channel {
  if (member(channel.group, sender) === null) return channel;
  if (content.kind === "freeze") return takeFreeze(turn, channel, sender, content.on);
  if (content.kind === "motion") return takeMoved(turn, channel, sender, content);
  const motion = findMotion(channel, hex(content.id));
  // Said before this seat came, or about what is forgotten.
  if (motion === null) return channel;
  switch (content.kind) {
    case "second":
      return takeSecond(turn, channel, sender, motion, content.approval);
    case "deny":
      return takeDenial(turn, channel, sender, motion, content.reason);
    case "check":
      return isOpen(motion) ? takeStep(turn, channel, sender, motion, content.step) : channel;
    case "welcome": {
      const { ownLeaf } = channel.group;
      const isWanted = motion.author === ownLeaf && motion.welcome === null;
      if (!isWanted || motion.granted?.committer !== sender) return channel;
      const { welcome, previous, admittedBy } = content;
      return withMotion(channel, { ...motion, welcome: { welcome, previous, admittedBy } });
    }
  }
}

function takeMoved(
  turn: Turn,
  channel: Channel,
  sender: number,
  content: Extract<MotionContent, { kind: "motion" }>,
): Channel {
  const { change, approval } = content;
  const id = hex(content.id);
  checkChange(channel, change);
  const known = findMotion(channel, id);
  if (known !== null) {
    if (!isOpen(known)) return channel;
    const filled = fill(known, sender, change);
    return hearApproval(turn, withMotion(channel, filled), filled, sender, approval, "moved");
  }
  const seat = member(channel.group, sender);
  if (seat === null) return channel;
  const { label: by, person } = decodeIdentity(seat.identity);
  const room = makeRoom(channel, person);
  const motion: Motion = {
    id,
    author: sender,
    person,
    by,
    change,
    approvals: [],
    seenAt: turn.now,
    consent: null,
    isSaid: false,
    checks: [],
    completeAt: null,
    ended: null,
    against: [],
    granted: null,
    welcome: null,
  };
  const next = warnTwin(turn, withMotion(room, motion), motion);
  return hearApproval(turn, next, motion, sender, approval, "moved");
}

/** Under two codes the author says later who has come; nobody else may, and nothing else changes. */
function fill(known: Motion, sender: number, change: Motion["change"]): Motion {
  const was = known.change;
  const isSame =
    was.op === "admit" &&
    change.op === "admit" &&
    was.label === change.label &&
    equalBytes(was.person, change.person);
  if (known.author !== sender || !isSame || was.keyPackage !== null) {
    throw new Failure("refused", "motion: there is another one under its id");
  }
  return { ...known, change };
}

function checkChange(channel: Channel, change: Motion["change"]): void {
  if (change.op === "policy") return;
  if (change.op !== "admit") {
    if (seatOfMotion(channel, { change }) === null) {
      throw new Failure("refused", "motion: nobody has that seat");
    }
    return;
  }
  checkLabel(change.label, "refused");
  if (change.keyPackage === null) return;
  const view = readKeyPackage(channel.group.suite, change.keyPackage, channelGroupRules);
  decodeDeclaration(view.leafExtensions);
  const { label, person } = decodeIdentity(view.identity);
  if (label !== change.label || !equalBytes(person, change.person)) {
    throw new Failure("refused", "motion: its KeyPackage is of somebody else");
  }
}

/** Nobody fills the list: what has ended goes first, and a person has only so many open at a time. */
function makeRoom(channel: Channel, person: Uint8Array): Channel {
  const { motions } = channel.plans;
  const open = motions.filter(isOpen);
  const own = open.filter((motion) => equalBytes(motion.person, person));
  if (own.length >= limits.motionsPerPersonMax || open.length >= limits.motionsMax) {
    throw new Failure("refused", "motion: so many are open already");
  }
  if (motions.length < limits.motionsMax) return channel;
  const oldest = motions.find((motion) => !isOpen(motion));
  return withMotions(
    channel,
    motions.filter((motion) => motion !== oldest),
  );
}

function warnTwin(turn: Turn, channel: Channel, motion: Motion): Channel {
  const twin = twinOf(channel, motion);
  if (twin === null || motion.change.op !== "admit") return channel;
  return raiseAlarm(turn, channel, {
    code: "look-alike",
    epoch: epochOf(channel),
    from: motion.change.label,
    detail: `${motion.by} wants to admit who can be mistaken for ${twin}`,
  });
}

/** An approval that comes with its motion, or alone; one that does not hold is as good as none. */
function hearApproval(
  turn: Turn,
  channel: Channel,
  motion: Motion,
  sender: number,
  bytes: Uint8Array | null,
  state: "moved" | "seconded",
): Channel {
  const approval = bytes === null ? null : decodeApproval(bytes);
  const holds =
    approval !== null && approval.signer === sender && isStanding(channel, motion, approval);
  const next = holds ? withMotion(channel, withApproval(motion, approval)) : channel;
  const heard = findMotion(next, motion.id) ?? motion;
  return completeRenewal(turn, tellMotion(turn, next, heard, state), heard);
}

function takeSecond(
  turn: Turn,
  channel: Channel,
  sender: number,
  motion: Motion,
  bytes: Uint8Array,
): Channel {
  if (!isOpen(motion)) return channel;
  return hearApproval(turn, channel, motion, sender, bytes, "seconded");
}

/** A renewal needs no commit: it holds from the message on that completes its count. */
function completeRenewal(turn: Turn, channel: Channel, motion: Motion): Channel {
  const seat = motion.change.op === "renew" ? seatOfMotion(channel, motion) : null;
  const { given, needed } = tally(channel, motion);
  if (seat === null || needed === 0 || given < needed) return channel;
  const { person } = decodeIdentity(seat.identity);
  const granted = { epoch: epochOf(channel), committer: motion.author };
  const done = { ...motion, granted };
  const { session } = channel;
  const frozenBy = session.frozenBy.filter((one) => !equalBytes(one, person));
  turn.effects.push({
    type: "done",
    id: motion.id,
    result: { id: motion.id, epoch: granted.epoch, seq: session.log.chain.position },
  });
  const next = { ...withMotion(channel, done), session: { ...session, frozenBy } };
  return tellMotion(turn, next, done, "granted");
}

/**
 * A no. The author takes its motion back, and a sponsor whose check has begun ends the admission; a no
 * of anybody else is shown and stops nothing, so that no target and no friend of it has a veto.
 */
function takeDenial(
  turn: Turn,
  channel: Channel,
  sender: number,
  motion: Motion,
  reason: NonNullable<Motion["ended"]>["reason"],
): Channel {
  if (!isOpen(motion)) return channel;
  const by = labelOf(channel, sender) ?? "";
  const isSponsor =
    motion.change.op === "admit" && motion.checks.some(({ leaf }) => leaf === sender);
  if (sender !== motion.author && !isSponsor) {
    if (motion.against.includes(by)) return channel;
    const against = [...motion.against, by].slice(-limits.seatsMax);
    const opposed = { ...motion, against };
    return tellMotion(turn, withMotion(channel, opposed), opposed, "opposed");
  }
  return endMotion(turn, channel, motion, { reason, by });
}

/** Ends a motion here: what was promised for it is free again, and whoever waits for it is told. */
export function endMotion(
  turn: Turn,
  channel: Channel,
  motion: Motion,
  ended: NonNullable<Motion["ended"]>,
): Channel {
  const over = { ...motion, ended };
  const { plans } = channel;
  const holds = plans.holds.filter((hold) => hold !== motion.id);
  const next = withMotion({ ...channel, plans: { ...plans, holds } }, over);
  turn.effects.push({ type: "failed", id: motion.id, failure: failureOfEnd(ended) });
  return tellMotion(turn, next, over, "ended");
}

export function failureOfEnd({ reason, by }: NonNullable<Motion["ended"]>): Failure {
  switch (reason) {
    case "denied":
      return new Failure("denied", `${by} said no`);
    case "words":
      return new Failure("auth", "the words differ: nobody was let in");
    case "code":
      return new Failure("auth", "a code was missed: nobody was let in");
    case "expired":
      return new Failure("pending", "nobody approved it in time");
    case "archiver":
      return new Failure("archiver", "the newcomer's client keeps copies: nobody was let in");
    case "withdrawn":
      return new Failure("denied", `${by} took it back`);
  }
}
