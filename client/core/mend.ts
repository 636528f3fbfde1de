import { sha256 } from "#client/crypto/hash.ts";
import { equalBytes } from "#shared/bytes.ts";
import type { Event } from "./event.ts";
import { isCurrentOpening, noteClosed } from "./link.ts";
import { mailboxKeys, mailboxSecrets } from "./mailbox.ts";
import { alarmLost, postAgain } from "./repair.ts";
import type { Channel, Kept, Mended } from "./state.ts";
import { epochOf, type Turn, withSession } from "./turn.ts";

/*
 * An epoch's earlier mailboxes, which this seat has read to their ends and others may still have to
 * read. A relay that lost its log lost them too, and nobody would notice by the one that is being read
 * now: whoever connects looks once whether its own last frame in each is where it was.
 */

/** Takes up the earlier mailboxes that hold own frames, on a new connection. */
export function mendEarlier(channel: Channel): Channel {
  const { group, session, link } = channel;
  const epoch = epochOf(channel);
  const mending = Array.from({ length: session.log.overflow }, (_, overflow) => overflow)
    .filter((overflow) => keptIn(channel, { epoch, overflow }).length > 0)
    .map((overflow) => ({ epoch, overflow, keys: mailboxKeys(group, overflow) }));
  return { ...channel, link: { ...link, mending } };
}

function keptIn({ session }: Channel, place: Pick<Mended, "epoch" | "overflow">): readonly Kept[] {
  return session.kept.filter(({ epoch, overflow, isStale }) => {
    return epoch === place.epoch && overflow === place.overflow && !isStale;
  });
}

/** The position of the own last frame in a mailbox: from there it is read. */
export function lastOwn(channel: Channel, mended: Mended): number {
  return Math.max(1, ...keptIn(channel, mended).map(({ seq }) => seq ?? 1));
}

/** The earlier mailbox that an event belongs to, while that is open; null when it is of none. */
export function mendedOf(
  { link }: Channel,
  { mailbox, opening }: { readonly mailbox: string; readonly opening: number },
): Mended | null {
  if (!isCurrentOpening(link, mailbox, opening)) return null;
  return link.mending.find(({ keys }) => keys.name === mailbox) ?? null;
}

/** Looks at the end, and at the own last frame: all of ours is posted again when it is not there. */
export function mend(
  turn: Turn,
  channel: Channel,
  mended: Mended,
  event: Extract<Event, { type: "opened" | "frame" }>,
): Channel {
  const own = keptIn(channel, mended);
  const last = own.find(({ seq }) => seq !== null && seq === lastOwn(channel, mended));
  if (last === undefined) return channel;
  if (event.type === "frame") {
    if (event.seq !== last.seq) return channel;
    const isThere = equalBytes(sha256(event.frame), last.hash);
    if (isThere)
      return own.some(({ seq }) => seq === null) ? channel : close(turn, channel, mended);
  } else if (event.head >= (last.seq ?? 0)) return channel;
  const what = `lost what it had acked; ${own.length} frames of ours are appended again`;
  return postAgain(alarmLost(turn, channel, what), own);
}

function close(turn: Turn, channel: Channel, { keys }: Mended): Channel {
  turn.effects.push({ type: "close", mailbox: keys.name });
  turn.spent.push(...mailboxSecrets(keys));
  const link = noteClosed(channel.link, keys.name);
  const mending = link.mending.filter((one) => one.keys !== keys);
  return { ...channel, link: { ...link, mending } };
}

/** The relay refused an earlier mailbox, or a frame for it: it has expired, or others have filled it. */
export function giveUpMending(turn: Turn, channel: Channel, mailbox: string): Channel {
  const mended = channel.link.mending.find(({ keys }) => keys.name === mailbox);
  if (mended === undefined) return channel;
  const lost = keptIn(channel, mended).filter(({ seq }) => seq === null);
  const kept = channel.session.kept.map((one) => {
    return lost.includes(one) ? { ...one, isStale: true } : one;
  });
  return close(turn, withSession(channel, { kept }), mended);
}

/** Secrets of the earlier mailboxes that are open, for when the connection is gone. */
export function mendingSecrets({ link }: Channel): Uint8Array[] {
  return link.mending.flatMap(({ keys }) => mailboxSecrets(keys));
}

/** Closes earlier mailboxes in which all that is ours is acked, and those of an epoch that has ended. */
export function closeMended(turn: Turn, channel: Channel): Channel {
  const isDone = (mended: Mended): boolean =>
    mended.epoch !== epochOf(channel) ||
    (channel.link.live.includes(mended.keys.name) &&
      keptIn(channel, mended).every(({ seq }) => seq !== null));
  return channel.link.mending
    .filter(isDone)
    .reduce((next, mended) => close(turn, next, mended), channel);
}
