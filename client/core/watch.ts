import { members } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { forgetExpired, nextExpiry } from "./history.ts";
import { missedDueAt, missSlots } from "./missed.ts";
import { forgetMotions, motionDueAt } from "./motion-own.ts";
import { decodePolicy } from "./policy.ts";
import { receiptDueAt } from "./receipt.ts";
import { releaseDueAt, settleKeys } from "./release.ts";
import { silenceDueAt, suspectSplit } from "./silence.ts";
import { passSlots, slotDueAt } from "./slot.ts";
import type { Channel } from "./state.ts";
import { closeLate } from "./transition.ts";
import { stop, type Turn } from "./turn.ts";
import { addWish, leaveDueAt } from "./wish.ts";

/** What time brings: windows close, texts expire, keys grow old, silence becomes suspicious. */
export function keepTime(turn: Turn, channel: Channel): Channel {
  const { session } = channel;
  let next = channel;
  for (const { epoch, until } of session.late) {
    if (turn.now >= until) next = closeLate(turn, next, epoch);
  }
  next = forgetMotions(turn, forgetExpired(turn, next), limits.motionMsMax);
  if (session.state !== "open") return next;
  const { sunsetAt } = decodePolicy(channel.group.extensions);
  if (sunsetAt !== null && turn.now >= sunsetAt) return stop(turn, next, "closed");
  if (turn.now >= updateDueAt(next) || isUpdateDueByCount(next)) next = wishUpdate(turn, next);
  return missSlots(turn, suspectSplit(turn, passSlots(turn, settleKeys(turn, next))));
}

/** When the own keys are renewed at the latest; Infinity when the policy sets no time. */
export function updateDueAt(channel: Channel): number {
  const { updateAfterMs } = decodePolicy(channel.group.extensions);
  return updateAfterMs === null
    ? Number.POSITIVE_INFINITY
    : channel.session.updatedAt + updateAfterMs;
}

/** Members count the same messages; each waits one longer than the one before, so that one goes first. */
function isUpdateDueByCount(channel: Channel): boolean {
  const { updateAfterMessages, mailboxFrames } = decodePolicy(channel.group.extensions);
  if (updateAfterMessages === null) return false;
  const { ownLeaf } = channel.group;
  const { log, sinceUpdate, slots } = channel.session;
  const seats = members(channel.group);
  const rank = seats.findIndex(({ leaf }) => leaf === ownLeaf);
  // Commits show: after so many texts they would show what slots hide. The relay counts frames itself.
  // All slots come at once, so each waits two rounds of them longer than the one before.
  if (slots !== null) return log.chain.position >= mailboxFrames + rank * 2 * seats.length;
  return sinceUpdate >= updateAfterMessages + rank;
}

function wishUpdate(turn: Turn, channel: Channel): Channel {
  // Any commit of ours renews our keys. While a newcomer holds the signature key to its word, the
  // commit leaves that key alone and renews the others.
  if (channel.plans.wishes.length > 0 || channel.pending !== null) return channel;
  return addWish(channel, { kind: "rotate", id: hex(turn.random(8)) });
}

/**
 * When the channel next wants a `tick`, after a step at `now`; null when only events can change anything.
 * What is due and still there has been tried in that step and waits for an event: it must not keep the
 * rest from being woken.
 */
export function nextTickAt(channel: Channel, now: number): number | null {
  const { session, link, plans } = channel;
  const { sunsetAt } = decodePolicy(channel.group.extensions);
  const isOpen = session.state === "open";
  const times = [
    ...session.late.map(({ until }) => until),
    nextExpiry(channel),
    link.up ? link.retryAt : null,
    ...(isOpen ? [sunsetAt, updateWishAt(channel), silenceDueAt(channel)] : []),
    ...(isOpen && link.up && channel.pending === null
      ? [
          ...plans.leaves.map((leave) => leaveDueAt(channel, leave)),
          ...plans.motions.map((motion) => motionDueAt(channel, motion)),
          receiptDueAt(channel),
          slotDueAt(channel),
          missedDueAt(channel),
          releaseDueAt(channel),
        ]
      : []),
    ...plans.motions.map(({ seenAt }) => seenAt + limits.motionMsMax),
  ];
  const next = Math.min(...times.filter((time) => time !== null).filter((time) => time > now));
  return Number.isFinite(next) ? next : null;
}

function updateWishAt(channel: Channel): number | null {
  return channel.plans.wishes.length > 0 ? null : updateDueAt(channel);
}
