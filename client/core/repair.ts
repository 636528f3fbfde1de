import { equalBytes, hex } from "#shared/bytes.ts";
import { lateAt, withLate } from "./late.ts";
import { noteClosed, notePostAgain } from "./link.ts";
import { cutLog, nextSeq } from "./log.ts";
import type { Channel, Kept, Log } from "./state.ts";
import { epochOf, raiseAlarm, type Turn, withSession } from "./turn.ts";

/** Which log is meant: the present epoch's, or that of a past one by its number, which is read for late messages. */
export type Slot = "current" | number;

export function logOf(channel: Channel, slot: Slot): Log {
  const late = slot === "current" ? null : lateAt(channel, slot);
  return late?.read.log ?? channel.session.log;
}

function epochIn(channel: Channel, slot: Slot): number {
  return slot === "current" ? epochOf(channel) : slot;
}

/** The relay has less than it acked, or something else: named, whatever it is due to. */
export function alarmLost(turn: Turn, channel: Channel, what: string): Channel {
  const detail = `the relay ${what}`;
  const alarm = { code: "short-log", epoch: epochOf(channel), from: null, detail } as const;
  return raiseAlarm(turn, channel, alarm);
}

/** Own frames that the relay acked beyond the end that it names now. */
export function lostFrames(channel: Channel, slot: Slot, head: number): readonly Kept[] {
  const epoch = epochIn(channel, slot);
  const { overflow } = logOf(channel, slot);
  return channel.session.kept
    .filter((kept) => kept.epoch === epoch && kept.overflow === overflow)
    .filter(({ seq }) => seq !== null && seq > head);
}

/** Own frames that have to be posted again, under their ids, which store nothing twice. */
export function postAgain(channel: Channel, lost: readonly Kept[]): Channel {
  const kept = channel.session.kept.map((one) =>
    lost.includes(one) ? { ...one, seq: null } : one,
  );
  const names = lost.map(({ frameId }) => hex(frameId));
  return {
    ...withSession(channel, { kept }),
    link: notePostAgain(channel.link, names),
  };
}

/**
 * The relay has less than it acked, or another log in its place: it was restored from a backup, or
 * failed over, or lies. Own frames are posted again, and the mailbox is read anew from its start;
 * frames that were read before are known again.
 */
export function repairLog(
  turn: Turn,
  channel: Channel,
  slot: Slot,
  found: { readonly mailbox: string; readonly head: number },
): Channel {
  const { mailbox, head } = found;
  const log = logOf(channel, slot);
  const lost = lostFrames(channel, slot, head);
  const what = `lost what it had acked; ${lost.length} frames of ours are appended again`;
  const next = postAgain(alarmLost(turn, channel, what), lost);
  const { link } = next;
  const cut = head < nextSeq(log) - 1 ? cutLog(log) : log;
  turn.effects.push({ type: "close", mailbox });
  const asked = { ...next, link: noteClosed(link, mailbox) };
  return slot === "current"
    ? withSession(asked, { log: cut })
    : withLate(asked, slot, { read: { log: cut } });
}

/**
 * A position that was read shows whether an ack was true: where one of ours was said to stand there
 * stands nothing else.
 */
export function checkPlace(
  turn: Turn,
  channel: Channel,
  read: {
    readonly epoch: number;
    readonly overflow: number;
    readonly seq: number;
    readonly hash: Uint8Array;
  },
): Channel {
  const displaced = channel.session.kept.filter(({ epoch, overflow, seq, hash }) => {
    const isThere = epoch === read.epoch && overflow === read.overflow && seq === read.seq;
    return isThere && !equalBytes(hash, read.hash);
  });
  if (displaced.length === 0) return channel;
  const what = `acked ${displaced.length} frames of ours and has another one in their place`;
  return postAgain(alarmLost(turn, channel, what), displaced);
}
