import { hex } from "#shared/bytes.ts";
import type { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Cipher } from "./cipher.ts";
import { parseCursor } from "./history.ts";
import { readCurrent, readLate } from "./inbox.ts";
import { cutLog, nextSeq } from "./log.ts";
import type { Content } from "./message.ts";
import { confirmFrame, enqueue, postKept, protectWaiting, requireOpen } from "./outbox.ts";
import type { Random } from "./ports.ts";
import { type Channel, type LinkState, type Log, linkDown, type Wish } from "./state.ts";
import { announce } from "./transition.ts";
import { type Effect, epochOf, raiseAlarm, stop, type Turn, withSession } from "./turn.ts";
import { keepTime } from "./watch.ts";
import { addWish, makeLeave, planCommit } from "./wish.ts";

/** Everything that can happen to a channel. */
export type Event =
  | { readonly type: "up" }
  | { readonly type: "down" }
  | {
      readonly type: "opened";
      readonly mailbox: string;
      readonly head: number;
      readonly oldest: number;
    }
  | { readonly type: "live"; readonly mailbox: string; readonly head: number }
  | {
      readonly type: "frame";
      readonly mailbox: string;
      readonly seq: number;
      readonly frame: Uint8Array;
    }
  | { readonly type: "acked"; readonly frameId: Uint8Array; readonly seq: number }
  /** The relay refused to open a mailbox, or a frame. */
  | {
      readonly type: "refused";
      readonly mailbox: string;
      readonly frameId: Uint8Array | null;
      readonly failure: Failure;
    }
  | { readonly type: "tick" }
  | { readonly type: "say"; readonly id: Uint8Array; readonly content: Content }
  | { readonly type: "wish"; readonly wish: Wish }
  | { readonly type: "leave"; readonly id: Uint8Array }
  /** An invitation has promised our signature key to a newcomer, or is over. */
  | { readonly type: "hold"; readonly invite: string; readonly on: boolean }
  /** A wish is given up, unless its commit is already on its way. */
  | { readonly type: "withdraw"; readonly wish: string }
  /** This seat has just been let in. */
  | { readonly type: "arrive" }
  /** The invitation has taken over the Welcome that it was granted. */
  | { readonly type: "taken"; readonly invite: string }
  | { readonly type: "read"; readonly cursor: string };

/** Where a step happens. */
export interface Surroundings {
  readonly now: number;
  readonly random: Random;
  readonly cipher: Cipher;
}

export interface Stepped {
  readonly channel: Channel;
  /** To be carried out in order, after the channel is saved. */
  readonly effects: readonly Effect[];
  /** To be wiped after that. */
  readonly spent: readonly Uint8Array[];
}

/**
 * The messenger in one function: state and event in, next state and effects out. Nothing else happens
 * here; the caller saves the state, then carries out the effects, then wipes what is spent. A Failure
 * refuses the event and changes nothing.
 */
export function step(
  channel: Channel,
  event: Event,
  { now, random, cipher }: Surroundings,
): Stepped {
  const turn: Turn = { now, random, cipher, effects: [], spent: [] };
  const next = pump(turn, keepTime(turn, react(turn, channel, event)));
  return { channel: next, effects: turn.effects, spent: turn.spent };
}

function react(turn: Turn, channel: Channel, event: Event): Channel {
  switch (event.type) {
    case "up":
      return { ...channel, link: { ...linkDown, up: true } };
    case "down":
      return { ...channel, link: linkDown };
    case "opened":
      return takeOpened(turn, channel, event);
    case "live":
      return takeLive(turn, channel, event);
    case "frame":
      return takeFrame(turn, channel, event);
    case "acked":
      return confirmFrame(turn, channel, event.frameId, event.seq);
    case "refused":
      return takeRefusal(turn, channel, event);
    case "tick":
      return channel;
    case "arrive":
      return announce(turn, channel);
    case "read":
      return withSession(channel, {
        readUpTo: Math.max(channel.session.readUpTo, parseCursor(event.cursor) + 1),
      });
    default:
      return takeRequest(turn, channel, event);
  }
}

function takeRequest(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "say" | "wish" | "leave" | "hold" | "taken" | "withdraw" }>,
): Channel {
  const { plans } = channel;
  switch (event.type) {
    case "say":
      requireOpen(channel);
      return enqueue(turn, channel, event.content, event.id);
    case "leave":
      requireOpen(channel);
      return enqueue(turn, channel, makeLeave(channel), event.id);
    case "wish":
      requireOpen(channel);
      return addWish(channel, event.wish);
    case "hold": {
      const others = plans.holds.filter((hold) => hold !== event.invite);
      const holds = event.on ? [...others, event.invite] : others;
      return { ...channel, plans: { ...plans, holds } };
    }
    case "withdraw": {
      if (channel.pending?.meta.wish === event.wish) return channel;
      const wishes = plans.wishes.filter(({ id }) => id !== event.wish);
      return { ...channel, plans: { ...plans, wishes } };
    }
    case "taken": {
      const grants = plans.grants.filter(({ id }) => id !== event.invite);
      return { ...channel, plans: { ...plans, grants } };
    }
  }
}

/** Which of the logs that are being read a mailbox belongs to. */
function slotOf(channel: Channel, mailbox: string): "current" | "late" | null {
  if (channel.keys.name === mailbox) return "current";
  return channel.late?.keys[0]?.name === mailbox ? "late" : null;
}

function logOf(channel: Channel, slot: "current" | "late"): Log {
  const { late, log } = channel.session;
  return slot === "late" && late !== null ? late.log : log;
}

function isReading(channel: Channel): boolean {
  return channel.session.state === "open";
}

function takeOpened(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "opened" }>,
): Channel {
  const slot = slotOf(channel, event.mailbox);
  if (slot === null) return channel;
  const log = logOf(channel, slot);
  if (event.oldest > nextSeq(log)) return strand(turn, channel, slot);
  return event.head < nextSeq(log) - 1 || lostFrames(channel, slot, event.head).length > 0
    ? repairLog(turn, channel, slot, event.head)
    : channel;
}

function lostFrames(channel: Channel, slot: "current" | "late", head: number): readonly string[] {
  const epoch = slot === "current" ? epochOf(channel) : Number(channel.late?.past.epoch ?? -1);
  const { overflow } = logOf(channel, slot);
  return channel.session.kept
    .filter((kept) => kept.epoch === epoch && kept.overflow === overflow)
    .filter((kept) => kept.seq !== null && kept.seq > head)
    .map((kept) => hex(kept.frameId));
}

/**
 * The relay has less than it acked: it was restored from a backup, or failed over. Own frames that it
 * lost are posted again under their ids, and the log is read on from what is left of it.
 */
function repairLog(turn: Turn, channel: Channel, slot: "current" | "late", head: number): Channel {
  const log = logOf(channel, slot);
  const lost = lostFrames(channel, slot, head);
  const detail = `the relay holds ${head} of ${Math.max(nextSeq(log) - 1, head)} frames read; ${lost.length} of ours are appended again`;
  const alarm = { code: "short-log", epoch: epochOf(channel), from: null, detail } as const;
  const next = raiseAlarm(turn, channel, alarm);
  const { session } = next;
  const cut = head < nextSeq(log) - 1 ? cutLog(log, head) : log;
  const kept = session.kept.map((one) => {
    return lost.includes(hex(one.frameId)) ? { ...one, seq: null } : one;
  });
  return slot === "late" && session.late !== null
    ? withSession(next, { kept, late: { ...session.late, log: cut } })
    : withSession(next, { kept, log: cut });
}

function strand(turn: Turn, channel: Channel, slot: "current" | "late"): Channel {
  // Late messages are sent again by their authors, so only the current log is a loss.
  if (slot === "late") return channel;
  const alarmed = raiseAlarm(turn, channel, {
    code: "stranded",
    epoch: epochOf(channel),
    from: null,
    detail: "the relay no longer keeps what was not read; this seat must be admitted again",
  });
  return stop(turn, alarmed, "stranded");
}

function takeLive(turn: Turn, channel: Channel, event: Extract<Event, { type: "live" }>): Channel {
  const slot = slotOf(channel, event.mailbox);
  if (slot === null) return channel;
  if (isReading(channel) && event.head >= nextSeq(logOf(channel, slot))) {
    return askAgain(turn, channel, event.mailbox);
  }
  const { link } = channel;
  const live = [...link.live.filter((name) => name !== event.mailbox), event.mailbox];
  return { ...channel, link: { ...link, live, failures: 0 } };
}

function takeFrame(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "frame" }>,
): Channel {
  const slot = slotOf(channel, event.mailbox);
  if (slot === null || !isReading(channel)) return channel;
  const wanted = nextSeq(logOf(channel, slot));
  if (event.seq < wanted) return channel;
  // A missing position makes everything after it undecided: wait and ask again, never skip.
  if (event.seq > wanted) return askAgain(turn, channel, event.mailbox);
  return slot === "current" ? readCurrent(turn, channel, event) : readLate(turn, channel, event);
}

/** Closes a mailbox and opens it again from the position that is wanted, after a growing pause. */
function askAgain(turn: Turn, channel: Channel, mailbox: string): Channel {
  const { link } = channel;
  if (!link.opening.includes(mailbox)) return channel;
  turn.effects.push({ type: "close", mailbox });
  return { ...channel, link: paused(turn, link, mailbox) };
}

function paused(turn: Turn, link: LinkState, mailbox: string, retryAfterMs = 0): LinkState {
  const backoffMs = Math.min(limits.retryMsMin * 2 ** link.failures, limits.retryMsMax);
  return {
    ...link,
    opening: link.opening.filter((name) => name !== mailbox),
    live: link.live.filter((name) => name !== mailbox),
    retryAt: turn.now + Math.max(backoffMs, retryAfterMs),
    failures: Math.min(link.failures + 1, 16),
  };
}

function takeRefusal(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "refused" }>,
): Channel {
  const { mailbox, frameId, failure } = event;
  const slot = slotOf(channel, mailbox);
  if (frameId === null) {
    if (slot !== null && failure.code === "expired") return strand(turn, channel, slot);
    const retryMs = failure.retryAfterMs ?? 0;
    return { ...channel, link: paused(turn, channel.link, mailbox, retryMs) };
  }
  // The frame stays in the outbox and is posted again, the same bytes under the same id. A mailbox that
  // is full takes no more; reading on leads to the next one.
  const { link } = channel;
  const name = hex(frameId);
  const retried = paused(turn, link, "", failure.retryAfterMs ?? 0);
  return { ...channel, link: { ...retried, posted: link.posted.filter((one) => one !== name) } };
}

/** Does what the state asks for next: open, commit, protect, post. */
function pump(turn: Turn, channel: Channel): Channel {
  const { link, session } = channel;
  if (!link.up || session.state === "stranded" || session.state === "removed") return channel;
  if (link.retryAt !== null && turn.now < link.retryAt) return channel;
  const rested = link.retryAt === null ? channel : { ...channel, link: { ...link, retryAt: null } };
  let next = openMailboxes(turn, rested);
  if (next.link.live.includes(next.keys.name) && session.state === "open") {
    if (next.pending === null) next = planCommit(turn, next);
    // While a commit is under way a message would only lose the race against it.
    if (next.pending === null) next = protectWaiting(turn, next);
  }
  return postKept(turn, next);
}

function openMailboxes(turn: Turn, channel: Channel): Channel {
  const { link, late, session } = channel;
  const wanted = [{ keys: channel.keys, log: session.log }];
  if (late?.keys[0] && session.late) wanted.push({ keys: late.keys[0], log: session.late.log });
  const asked = wanted.filter(({ keys }) => !link.opening.includes(keys.name));
  if (asked.length === 0) return channel;
  for (const { keys, log } of asked) turn.effects.push({ type: "open", keys, from: nextSeq(log) });
  const opening = [...link.opening, ...asked.map(({ keys }) => keys.name)];
  return { ...channel, link: { ...link, opening } };
}
