import { sha256 } from "#client/crypto/hash.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import type { Failure } from "#shared/failure.ts";
import { shortBytes } from "./chain.ts";
import type { Cipher } from "./cipher.ts";
import { parseCursor } from "./history.ts";
import { readCurrent, readLate } from "./inbox.ts";
import {
  isCurrentOpening,
  isOpening,
  noteClosed,
  noteExact,
  noteLive,
  noteOpening,
  notePostAgain,
  pause,
} from "./link.ts";
import { cutLog, nextSeq } from "./log.ts";
import type { Content } from "./message.ts";
import { confirmFrame, enqueue, postKept, protectWaiting, requireOpen } from "./outbox.ts";
import type { Random } from "./ports.ts";
import { type Channel, type Log, linkDown, type Wish } from "./state.ts";
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
      readonly opening: number;
      readonly head: number;
      readonly oldest: number;
    }
  | {
      readonly type: "live";
      readonly mailbox: string;
      readonly opening: number;
      readonly head: number;
    }
  | {
      readonly type: "frame";
      readonly mailbox: string;
      readonly opening: number;
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

/** Which of the logs that are being read an event belongs to; null when it is of none, any more. */
function slotOf(
  channel: Channel,
  { mailbox, opening }: { readonly mailbox: string; readonly opening: number },
): "current" | "late" | null {
  if (!isCurrentOpening(channel.link, mailbox, opening)) return null;
  return slotNamed(channel, mailbox);
}

function slotNamed(channel: Channel, mailbox: string): "current" | "late" | null {
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
  const slot = slotOf(channel, event);
  if (slot === null) return channel;
  const log = logOf(channel, slot);
  if (event.oldest > nextSeq(log)) return strand(turn, channel, slot);
  return event.head < nextSeq(log) - 1 || lostFrames(channel, slot, event.head).length > 0
    ? repairLog(turn, channel, slot, event)
    : channel;
}

/** The frame read last comes once more at each opening: another one there means another log. */
function checkLast(
  turn: Turn,
  channel: Channel,
  slot: "current" | "late",
  event: Extract<Event, { type: "frame" }>,
): Channel {
  const mark = logOf(channel, slot).chain.marks.at(-1);
  const isSame =
    mark === undefined || equalBytes(mark.frame, sha256(event.frame).subarray(0, shortBytes));
  return isSame ? channel : repairLog(turn, channel, slot, { mailbox: event.mailbox, head: 0 });
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
 * The relay has less than it acked, or another log in its place: it was restored from a backup, or
 * failed over. Own frames are posted again under their ids, which store nothing twice, and the log is
 * read anew from what is certain; frames that were read before are known again.
 */
function repairLog(
  turn: Turn,
  channel: Channel,
  slot: "current" | "late",
  found: { readonly mailbox: string; readonly head: number },
): Channel {
  const { mailbox, head } = found;
  const log = logOf(channel, slot);
  const lost = lostFrames(channel, slot, head);
  const detail = `the relay lost what it had acked; ${lost.length} frames of ours are appended again`;
  const alarm = { code: "short-log", epoch: epochOf(channel), from: null, detail } as const;
  const next = raiseAlarm(turn, channel, alarm);
  const { session, link } = next;
  const cut = head < nextSeq(log) - 1 ? cutLog(log, head) : log;
  const kept = session.kept.map((one) => {
    return lost.includes(hex(one.frameId)) ? { ...one, seq: null } : one;
  });
  turn.effects.push({ type: "close", mailbox });
  const asked = { ...next, link: notePostAgain(noteClosed(link, mailbox), lost) };
  return slot === "late" && session.late !== null
    ? withSession(asked, { kept, late: { ...session.late, log: cut } })
    : withSession(asked, { kept, log: cut });
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
  const slot = slotOf(channel, event);
  if (slot === null) return channel;
  if (isReading(channel) && event.head >= nextSeq(logOf(channel, slot))) {
    return askAgain(turn, channel, event.mailbox);
  }
  return { ...channel, link: noteLive(channel.link, event.mailbox) };
}

function takeFrame(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "frame" }>,
): Channel {
  const slot = slotOf(channel, event);
  if (slot === null || !isReading(channel)) return channel;
  const wanted = nextSeq(logOf(channel, slot));
  if (event.seq === wanted - 1) return checkLast(turn, channel, slot, event);
  if (event.seq < wanted) return channel;
  // A missing position makes everything after it undecided: wait and ask again, never skip.
  if (event.seq > wanted) return askAgain(turn, channel, event.mailbox);
  return slot === "current" ? readCurrent(turn, channel, event) : readLate(turn, channel, event);
}

/** Closes a mailbox and opens it again from the position that is wanted, after a growing pause. */
function askAgain(turn: Turn, channel: Channel, mailbox: string): Channel {
  turn.effects.push({ type: "close", mailbox });
  return { ...channel, link: pause(noteClosed(channel.link, mailbox), turn.now, null) };
}

function takeRefusal(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "refused" }>,
): Channel {
  const { mailbox, frameId, failure } = event;
  const { link } = channel;
  if (frameId !== null) {
    // The frame stays in the outbox and is posted again, the same bytes under the same id. A mailbox
    // that is full takes no more; reading on leads to the next one.
    const paused = pause(link, turn.now, failure.retryAfterMs);
    return { ...channel, link: notePostAgain(paused, [hex(frameId)]) };
  }
  const slot = slotNamed(channel, mailbox);
  if (slot === null || failure.code !== "expired") {
    return { ...channel, link: pause(noteClosed(link, mailbox), turn.now, failure.retryAfterMs) };
  }
  // Perhaps only the frame read last is gone, which was asked for to be compared.
  if (link.exact.includes(mailbox)) return strand(turn, channel, slot);
  return { ...channel, link: noteExact(link, mailbox) };
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
  let next = link;
  for (const { keys, log } of wanted) {
    if (isOpening(link, keys.name)) continue;
    next = noteOpening(next, keys.name);
    const from = Math.max(1, nextSeq(log) - (link.exact.includes(keys.name) ? 0 : 1));
    turn.effects.push({ type: "open", keys, from, opening: next.openings });
  }
  return next === link ? channel : { ...channel, link: next };
}
