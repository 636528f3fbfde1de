import { sha256 } from "#client/crypto/hash.ts";
import type { Group, PastEpoch } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { adoptOwn, isOwnCommit, readCommit, rollBack } from "./commit.ts";
import { receiveBody } from "./hear.ts";
import { type LateEpoch, lateAt, withLate } from "./late.ts";
import { isReadAgain, readNext } from "./log.ts";
import type { MailboxKeys } from "./mailbox.ts";
import { parseBody } from "./message.ts";
import { confirmFrame, landEntry } from "./outbox.ts";
import { advanceLate, advanceMailbox } from "./overflow.ts";
import { checkPlace, type Slot } from "./repair.ts";
import type { Channel, Kept, Log } from "./state.ts";
import { epochOf, labelOf, raiseAlarm, recordGap, stop, type Turn, withSession } from "./turn.ts";

/** A frame as the relay delivered it: the next one of its mailbox. */
export interface Arrival {
  readonly seq: number;
  readonly frame: Uint8Array;
}

/**
 * Reads the next frame of the current epoch's log. Whatever it holds, the log moves on by one: a frame
 * that cannot be read is a recorded gap, never an error and never the end.
 */
export function readCurrent(turn: Turn, channel: Channel, { seq, frame }: Arrival): Channel {
  const hash = sha256(frame);
  const { log, kind } = readNext(channel.session.log, { hash, bytes: frame.length });
  const epoch = epochOf(channel);
  const own = findOwn(channel, { epoch, overflow: log.overflow, hash });
  let next = withSession(channel, { log });
  if (kind === "repeated" || isSecondTime(log, own, seq)) {
    next = alarmRepeated(turn, next, log, epoch);
  } else if (own !== undefined) {
    next = readOwn(turn, next, own, seq);
  } else if (kind === "fresh") {
    next = readFrame(turn, next, frame);
  }
  next = checkPlace(turn, next, { epoch, overflow: log.overflow, seq, hash });
  return epochOf(next) === epoch ? advanceMailbox(turn, next) : next;
}

/** The own frame with this hash that was made for this mailbox: in another one it is a foreign body. */
function findOwn(
  { session }: Channel,
  place: { readonly epoch: number; readonly overflow: number; readonly hash: Uint8Array },
): Kept | undefined {
  return session.kept.find(({ epoch, overflow, hash }) => {
    return epoch === place.epoch && overflow === place.overflow && equalBytes(hash, place.hash);
  });
}

/** Whether an own frame stands at a second position, further apart than the chain's marks reach. */
function isSecondTime(log: Log, own: Kept | undefined, seq: number): boolean {
  return own !== undefined && own.seq !== null && own.seq !== seq && !isReadAgain(log);
}

/** An own frame has come back: a message has landed, or the own commit has won. */
function readOwn(turn: Turn, channel: Channel, own: Kept, seq: number): Channel {
  const next = confirmFrame(turn, channel, own.frameId, seq);
  const { pending } = next;
  return pending !== null && equalBytes(pending.meta.frameId, own.frameId)
    ? adoptOwn(turn, next)
    : landEntry(turn, next, own.frameId);
}

function readFrame(turn: Turn, channel: Channel, frame: Uint8Array): Channel {
  const { group, keys } = channel;
  const opened = openMessage(turn, keys, group, frame);
  if (opened instanceof Failure) return gapAt(turn, channel, channel.session.log, group, opened);
  if (opened.kind === "application") return readApplication(turn, channel, opened.message);
  // The own commit in somebody else's frame is still the own commit.
  if (isOwnCommit(turn, channel, opened.message)) return adoptOwn(turn, channel);
  return readCommit(turn, channel, opened.message);
}

function openMessage(
  turn: Turn,
  keys: MailboxKeys,
  reader: Group | PastEpoch,
  frame: Uint8Array,
): { readonly kind: "commit" | "application"; readonly message: Uint8Array } | Failure {
  return orFailure(() => {
    const message = turn.cipher.open(keys, frame);
    return { kind: turn.cipher.kindOf(reader, message), message };
  });
}

function readApplication(turn: Turn, channel: Channel, message: Uint8Array): Channel {
  const { group, session } = channel;
  const opened = orFailure(() => turn.cipher.unprotect(group, message));
  if (opened instanceof Failure) return unread(turn, channel, session.log, group, opened);
  if (opened.sender === group.ownLeaf) return rollBack(turn, channel);
  turn.spent.push(...opened.spent);
  const next = { ...channel, group: opened.reader };
  const { sender } = opened;
  const body = orFailure(() => parseBody(opened.data));
  if (body instanceof Failure) return gapAt(turn, next, session.log, group, body, sender);
  const epoch = epochOf(channel);
  return receiveBody(turn, next, { sender, body, epoch, log: session.log, isLate: false });
}

/** Reads the next frame behind the commit that ended a past epoch, while its window is open. */
export function readLate(
  turn: Turn,
  channel: Channel,
  epoch: number,
  { seq, frame }: Arrival,
): Channel {
  const found = lateAt(channel, epoch);
  if (found === null) return channel;
  const hash = sha256(frame);
  const { log, kind } = readNext(found.read.log, { hash, bytes: frame.length });
  const own = findOwn(channel, { epoch, overflow: log.overflow, hash });
  let next = withLate(channel, epoch, { read: { log } });
  if (kind === "repeated" || isSecondTime(log, own, seq)) {
    next = alarmRepeated(turn, next, log, epoch);
  } else if (own !== undefined) {
    next = confirmFrame(turn, next, own.frameId, seq);
  } else if (kind === "fresh") {
    next = readLateFrame(turn, next, found, { log, frame });
  }
  next = checkPlace(turn, next, { epoch, overflow: log.overflow, seq, hash });
  return advanceLate(turn, next, epoch);
}

function readLateFrame(
  turn: Turn,
  channel: Channel,
  { epoch, late, read: { gone } }: LateEpoch,
  { log, frame }: { readonly log: Log; readonly frame: Uint8Array },
): Channel {
  const keys = late.keys[0];
  if (keys === undefined) return channel;
  const opened = openMessage(turn, keys, late.past, frame);
  if (opened instanceof Failure) return gapAt(turn, channel, log, late.past, opened);
  if (opened.kind === "commit") return readLateCommit(turn, channel, epoch, log);
  const read = orFailure(() => turn.cipher.unprotect(late.past, opened.message));
  if (read instanceof Failure) return unread(turn, channel, log, late.past, read);
  turn.spent.push(...read.spent);
  const next = withLate(channel, epoch, { late: { past: read.reader } });
  if (read.sender === channel.group.ownLeaf) return alarmForged(turn, next, epoch, log);
  const body = orFailure(() => parseBody(read.data));
  const isGone = gone.includes(read.sender);
  if (body instanceof Failure || isGone) {
    const failure = isGone ? new Failure("refused", "its author had been removed") : body;
    return gapAt(turn, next, log, late.past, failure as Failure, isGone ? null : read.sender);
  }
  return receiveBody(turn, next, { sender: read.sender, body, epoch, log, isLate: true });
}

/**
 * A commit behind the one that ended the epoch has lost its race; its author makes it anew. One that
 * was not there when this log was read for the first time ended the epoch for somebody else: the relay
 * has shown two halves of the group two logs.
 */
function readLateCommit(turn: Turn, channel: Channel, epoch: number, log: Log): Channel {
  if (!isReadAgain(log)) return channel;
  return raiseAlarm(turn, channel, {
    code: "fork",
    epoch,
    from: null,
    detail: `the relay shows another commit at position ${log.chain.position} of epoch ${epoch}, which is over`,
  });
}

/**
 * Passes over a frame that this client cannot take in, for a fault of its own. What might be a commit
 * halts the seat: to go on in an epoch that the others have left would be to stand alone unawares.
 */
export function passOver(
  turn: Turn,
  channel: Channel,
  slot: Slot,
  { frame, detail }: { readonly frame: Uint8Array; readonly detail: string },
): Channel {
  const { group, keys, session } = channel;
  const read = { hash: sha256(frame), bytes: frame.length };
  const failure = new Failure("internal", `could not be taken in here: ${detail}`);
  if (slot !== "current") {
    const found = lateAt(channel, slot);
    if (found === null) return channel;
    const { log } = readNext(found.read.log, read);
    const next = withLate(channel, slot, { read: { log } });
    return advanceLate(turn, gapAt(turn, next, log, found.late.past, failure), slot);
  }
  const { log } = readNext(session.log, read);
  const next = gapAt(turn, withSession(channel, { log }), log, group, failure);
  const opened = orFailure(() => openMessage(turn, keys, group, frame));
  if (opened instanceof Failure || opened.kind === "application") return advanceMailbox(turn, next);
  const alarmed = raiseAlarm(turn, next, {
    code: "halted",
    epoch: epochOf(channel),
    from: null,
    detail: `the commit at position ${log.chain.position} ${failure.message}`,
  });
  return stop(turn, alarmed, "halted");
}

/** Whoever has taken a key of this seat can say late messages with it until the window is shut. */
function alarmForged(turn: Turn, channel: Channel, epoch: number, log: Log): Channel {
  return raiseAlarm(turn, channel, {
    code: "replay",
    epoch,
    from: labelOf(channel, channel.group.ownLeaf),
    detail: `position ${log.chain.position} bears this seat's former key and was not sent from here`,
  });
}

function alarmRepeated(turn: Turn, channel: Channel, log: Log, epoch: number): Channel {
  const detail = `position ${log.chain.position} repeats a frame that stood in the log before`;
  return raiseAlarm(turn, channel, { code: "replay", epoch, from: null, detail });
}

/** A message that MLS would not take: a used generation is a replay, everything else only a gap. */
function unread(
  turn: Turn,
  channel: Channel,
  log: Log,
  reader: Group | PastEpoch,
  failure: Failure,
): Channel {
  const isUsed = failure.code === "refused";
  // A log that is read anew after the relay lost it repeats what was read before.
  if (isUsed && isReadAgain(log)) return channel;
  const next = gapAt(turn, channel, log, reader, failure);
  if (!isUsed) return next;
  const detail = `position ${log.chain.position}: ${failure.message}`;
  return raiseAlarm(turn, next, {
    code: "replay",
    epoch: Number(reader.epoch),
    from: null,
    detail,
  });
}

function gapAt(
  turn: Turn,
  channel: Channel,
  log: Log,
  reader: Group | PastEpoch,
  failure: Failure,
  sender: number | null = null,
): Channel {
  return recordGap(turn, channel, {
    from: sender === null ? null : labelOf(channel, sender),
    epoch: Number(reader.epoch),
    seq: log.chain.position,
    missing: 1,
    detail: failure.message,
  });
}

/** What a peer sent may fail by name; anything else is a defect of ours and goes on up. */
export function orFailure<Value>(read: () => Value): Value | Failure {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.code !== "internal") return error;
    throw error;
  }
}
