import { sha256 } from "#client/crypto/hash.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { shortBytes } from "./chain.ts";
import type { Event } from "./event.ts";
import { passOver, readCurrent, readLate } from "./inbox.ts";
import { lateAt, lateNamed } from "./late.ts";
import { isCurrentOpening, noteClosed, noteExact, noteLive, notePostAgain, pause } from "./link.ts";
import { nextSeq } from "./log.ts";
import { giveUpMending, mend, mendedOf } from "./mend.ts";
import { confirmFrame } from "./outbox.ts";
import { alarmLost, logOf, lostFrames, repairLog, type Slot } from "./repair.ts";
import type { Channel, Kept, Log } from "./state.ts";
import { epochOf, raiseAlarm, stop, type Turn } from "./turn.ts";

/** Which of the logs that are being read an event belongs to; null when it is of none, any more. */
function slotOf(
  channel: Channel,
  { mailbox, opening }: { readonly mailbox: string; readonly opening: number },
): Slot | null {
  if (!isCurrentOpening(channel.link, mailbox, opening)) return null;
  return slotNamed(channel, mailbox);
}

function slotNamed(channel: Channel, mailbox: string): Slot | null {
  if (channel.keys.name === mailbox) return "current";
  return lateNamed(channel, mailbox)?.epoch ?? null;
}

function isReading(channel: Channel): boolean {
  return channel.session.state === "open";
}

export function takeOpened(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "opened" }>,
): Channel {
  const mended = mendedOf(channel, event);
  if (mended !== null) return mend(turn, channel, mended, event);
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
  slot: Slot,
  event: Extract<Event, { type: "frame" }>,
): Channel {
  const mark = logOf(channel, slot).chain.marks.at(-1);
  const isSame =
    mark === undefined || equalBytes(mark.frame, sha256(event.frame).subarray(0, shortBytes));
  return isSame ? channel : repairLog(turn, channel, slot, { mailbox: event.mailbox, head: 0 });
}

function strand(turn: Turn, channel: Channel, slot: Slot): Channel {
  // Late messages are sent again by their authors, so only the current log is a loss.
  if (slot !== "current") return channel;
  const alarmed = raiseAlarm(turn, channel, {
    code: "stranded",
    epoch: epochOf(channel),
    from: null,
    detail: "the relay no longer keeps what was not read; this seat must be admitted again",
  });
  return stop(turn, alarmed, "stranded");
}

export function takeLive(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "live" }>,
): Channel {
  const slot = slotOf(channel, event);
  if (mendedOf(channel, event)) return { ...channel, link: noteLive(channel.link, event.mailbox) };
  if (slot === null) return channel;
  if (isReading(channel) && event.head >= nextSeq(logOf(channel, slot))) {
    return askAgain(turn, channel, event.mailbox);
  }
  return { ...channel, link: noteLive(channel.link, event.mailbox) };
}

export function takeFrame(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "frame" | "unreadable" }>,
): Channel {
  const mended = mendedOf(channel, event);
  if (mended !== null && event.type === "frame") return mend(turn, channel, mended, event);
  const slot = slotOf(channel, event);
  if (slot === null || !isReading(channel)) return channel;
  const wanted = nextSeq(logOf(channel, slot));
  if (event.type === "unreadable") {
    return event.seq === wanted ? passOver(turn, channel, slot, event) : channel;
  }
  if (event.seq === wanted - 1) return checkLast(turn, channel, slot, event);
  if (event.seq < wanted) return channel;
  // A missing position makes everything after it undecided: wait and ask again, never skip.
  if (event.seq > wanted) return askAgain(turn, channel, event.mailbox);
  return slot === "current"
    ? readCurrent(turn, channel, event)
    : readLate(turn, channel, slot, event);
}

/** Closes a mailbox and opens it again from the position that is wanted, after a growing pause. */
function askAgain(turn: Turn, channel: Channel, mailbox: string): Channel {
  turn.effects.push({ type: "close", mailbox });
  return { ...channel, link: pause(noteClosed(channel.link, mailbox), turn.now, null) };
}

export function takeRefusal(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "refused" }>,
): Channel {
  const { mailbox, frameId, failure } = event;
  const { link } = channel;
  if (link.mending.some(({ keys }) => keys.name === mailbox)) {
    return giveUpMending(turn, channel, mailbox);
  }
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

/**
 * An own frame is durable. A position that was read already, and not as ours, is a lie: the frame stays
 * unacked and is posted again, after a pause.
 */
export function takeAck(
  turn: Turn,
  channel: Channel,
  { frameId, seq }: Extract<Event, { type: "acked" }>,
): Channel {
  const kept = channel.session.kept.find((one) => equalBytes(one.frameId, frameId));
  const log = kept === undefined ? null : logHolding(channel, kept);
  if (kept === undefined || kept.seq !== null || log === null || seq >= nextSeq(log)) {
    return confirmFrame(turn, channel, frameId, seq);
  }
  const next = alarmLost(turn, channel, "acked a frame of ours where another one stands");
  const link = notePostAgain(pause(next.link, turn.now, null), [hex(frameId)]);
  return { ...next, link };
}

/** The log that is being read in a kept frame's mailbox. */
function logHolding(channel: Channel, { epoch, overflow }: Kept): Log | null {
  const isCurrent = epoch === epochOf(channel);
  const log = isCurrent ? channel.session.log : lateAt(channel, epoch)?.read.log;
  return log !== undefined && overflow === log.overflow ? log : null;
}
