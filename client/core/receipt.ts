import { limits } from "#shared/limits.ts";
import { enqueue } from "./outbox.ts";
import type { Random, ReceiptTimes } from "./ports.ts";
import type { Channel } from "./state.ts";
import { labelOf, notify, type Turn, withSession } from "./turn.ts";

/** Receipts of everybody leave at the same moments: at multiples of this, milliseconds since 1970. */
export const receiptWindowMs = 60_000;
/** One of so many windows, alike likely, carries the receipt of what has come meanwhile. */
export const receiptWindows = 10;

/** The start of one of the next ten windows: neither the moment nor the minute of the arrival shows. */
export const batchedReceipts: ReceiptTimes = (now, random) => {
  const first = Math.floor(now / receiptWindowMs) + 1;
  return (first + drawBelow(receiptWindows, random)) * receiptWindowMs;
};

/** Uniform below a bound of at most 256: octets that would favour some values are drawn again. */
function drawBelow(bound: number, random: Random): number {
  for (;;) {
    const octet = random(1)[0] ?? 0;
    if (octet < 256 - (256 % bound)) return octet % bound;
  }
}

/** Turns receipts of this seat on or off; what is owed when they go off is never said. */
export function switchReceipts(channel: Channel, isOn: boolean): Channel {
  if (channel.session.receipts.isOn === isOn) return channel;
  return withSession(channel, { receipts: { isOn, dueAt: null } });
}

/** Somebody else's text was read: one receipt is owed for it and for all that comes before it leaves. */
export function oweReceipt(turn: Turn, channel: Channel): Channel {
  const { isOn, dueAt } = channel.session.receipts;
  if (!isOn || dueAt !== null) return channel;
  const due = turn.receiptTimes(turn.now, turn.random);
  return withSession(channel, { receipts: { isOn, dueAt: due } });
}

/**
 * Says the receipt that is due. It has no content: what every message says of how far its author has read
 * (`seen`) is the receipt. One whose window was missed is put off anew, or it would show a return.
 */
export function payReceipt(turn: Turn, channel: Channel): Channel {
  const { isOn, dueAt } = channel.session.receipts;
  if (dueAt === null) return channel;
  const isMissed = turn.now >= dueAt + receiptWindowMs;
  const due = isMissed ? turn.receiptTimes(turn.now, turn.random) : dueAt;
  const next = due === dueAt ? channel : withSession(channel, { receipts: { isOn, dueAt: due } });
  const isFull = channel.session.outbox.length >= limits.outboxMax;
  if (turn.now < due || isFull) return next;
  return enqueue(turn, withSession(next, { receipts: { isOn, dueAt: null } }), { kind: "receipt" });
}

/** When the receipt that is owed leaves; null when none is. */
export function receiptDueAt({ session }: Channel): number | null {
  return session.receipts.dueAt;
}

/** What a receipt says: its author has read this epoch's log so far, and all of the epochs before. */
export interface Receipt {
  readonly sender: number;
  readonly epoch: number;
  readonly position: number;
}

/** Remembers and shows how far another seat has read; one that says less than an earlier one is passed over. */
export function takeReceipt(turn: Turn, channel: Channel, receipt: Receipt): Channel {
  const { sender, epoch, position } = receipt;
  const { peers } = channel.session;
  const known = peers.find(({ leaf }) => leaf === sender)?.receipt ?? null;
  const isOlder =
    known !== null &&
    (known.epoch > epoch || (known.epoch === epoch && known.position >= position));
  if (isOlder) return channel;
  const from = labelOf(channel, sender) ?? "";
  notify(turn, { type: "receipt", channel: channel.settings.name, from, epoch, seq: position });
  return withSession(channel, {
    peers: peers.map((peer) => {
      return peer.leaf === sender ? { ...peer, receipt: { epoch, position } } : peer;
    }),
  });
}
