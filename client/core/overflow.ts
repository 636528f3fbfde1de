import { equalBytes, hex } from "#shared/bytes.ts";
import { lateAt, withLate } from "./late.ts";
import { continueLog, isComplete } from "./log.ts";
import { mailboxKeys, mailboxSecrets } from "./mailbox.ts";
import { dropFrames, isMended, keepFrame, requeueUnlanded } from "./outbox.ts";
import { decodePolicy } from "./policy.ts";
import type { Channel } from "./state.ts";
import { closeLate } from "./transition.ts";
import { epochOf, type Turn, withSession } from "./turn.ts";

/** Goes on to the next overflow mailbox when the current one is complete. */
export function advanceMailbox(turn: Turn, channel: Channel): Channel {
  const { session, group, keys } = channel;
  if (!isComplete(session.log, decodePolicy(group.extensions))) return channel;
  const log = continueLog(session.log);
  const next: Channel = {
    ...withSession(channel, { log }),
    keys: mailboxKeys(group, log.overflow),
  };
  turn.effects.push({ type: "close", mailbox: keys.name });
  turn.spent.push(...mailboxSecrets(keys));
  const moved = requeueUnlanded(movePending(turn, next, channel));
  // What the mailbox left behind did not take in time is posted nowhere again.
  const epoch = epochOf(channel);
  return dropFrames(moved, (kept) => {
    const isLeft = kept.epoch === epoch && kept.overflow < log.overflow && kept.seq === null;
    return isLeft && !isMended(moved, kept);
  });
}

/**
 * The own commit goes over to the next mailbox in a new frame: the same MLSMessage, so no message key
 * meets another plaintext. Messages are protected anew instead.
 */
function movePending(turn: Turn, channel: Channel, before: Channel): Channel {
  const { pending } = before;
  const frameId = pending?.meta.frameId;
  const frame = frameId && before.frames.get(hex(frameId));
  if (pending === null || frame === undefined || frameId === undefined) return channel;
  const message = turn.cipher.open(before.keys, frame);
  const sealed = turn.cipher.seal(channel.keys, message, turn.random);
  const kept = keepFrame(turn, channel, sealed);
  const moved = { ...pending, meta: { ...pending.meta, frameId: kept.frameId } };
  return dropFrames({ ...kept.channel, pending: moved }, (one) => equalBytes(one.frameId, frameId));
}

/** A past epoch's window goes over one overflow mailbox, and ends at the second. */
export function advanceLate(turn: Turn, channel: Channel, epoch: number): Channel {
  const found = lateAt(channel, epoch);
  if (found === null) return channel;
  const { log } = found.read;
  if (!isComplete(log, decodePolicy(channel.group.extensions))) return channel;
  const [read, ...rest] = found.late.keys;
  if (read === undefined || rest.length === 0) return closeLate(turn, channel, epoch);
  turn.effects.push({ type: "close", mailbox: read.name });
  turn.spent.push(...mailboxSecrets(read));
  return withLate(channel, epoch, { late: { keys: rest }, read: { log: continueLog(log) } });
}
