import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Channel, Segment, StoredMessage } from "./state.ts";
import { type Turn, withSession } from "./turn.ts";
import type { MessageView } from "./view.ts";

/** A segment is full with so many messages or characters: what one message costs to save. */
const segmentMessagesMax = 64;
const segmentCharactersMax = 32 * 1024;

/** Adds a text to the history; its expiry is fixed by the timer that holds when it is read. */
export function storeMessage(
  channel: Channel,
  message: Omit<StoredMessage, "number" | "expiresAt">,
  timerMs: number | null,
): { readonly channel: Channel; readonly stored: StoredMessage } {
  const { session, segments } = channel;
  const stored: StoredMessage = {
    ...message,
    number: session.nextMessage,
    expiresAt: timerMs === null ? null : message.receivedAt + timerMs,
  };
  const last = Math.max(-1, ...segments.keys());
  const open = segments.get(last);
  const goesOn = open !== undefined && hasRoom(open);
  const segment: Segment = {
    v: limits.version,
    messages: goesOn ? [...open.messages, stored] : [stored],
  };
  const next = new Map(segments).set(goesOn ? last : last + 1, segment);
  const counted = withSession(channel, { nextMessage: session.nextMessage + 1 });
  return { channel: { ...counted, segments: next }, stored };
}

function hasRoom({ messages }: Segment): boolean {
  const characters = messages.reduce((sum, { text }) => sum + text.length, 0);
  return messages.length < segmentMessagesMax && characters < segmentCharactersMax;
}

/** Forgets every text whose time has come: its segment is sealed anew without it, or deleted. */
export function forgetExpired(turn: Turn, channel: Channel): Channel {
  let forgotten = 0;
  const segments = new Map(channel.segments);
  for (const [number, segment] of channel.segments) {
    if (firstExpiry(segment) > turn.now) continue;
    const { v, messages } = segment;
    const kept = messages.filter(({ expiresAt }) => expiresAt === null || expiresAt > turn.now);
    if (kept.length === messages.length) continue;
    forgotten += messages.length - kept.length;
    if (kept.length === 0) segments.delete(number);
    else segments.set(number, { v, messages: kept });
  }
  if (forgotten === 0) return channel;
  turn.effects.push({
    type: "notice",
    notice: { type: "forgotten", channel: channel.settings.name, messages: forgotten },
  });
  return { ...channel, segments };
}

/** When the next text expires; null when none does. */
export function nextExpiry(channel: Channel): number | null {
  let next = Number.POSITIVE_INFINITY;
  for (const segment of channel.segments.values()) next = Math.min(next, firstExpiry(segment));
  return Number.isFinite(next) ? next : null;
}

/** A segment never changes in place, and every step asks whether something in it has expired. */
const expiries = new WeakMap<Segment, number>();

/** When the first text of a segment expires; Infinity when none does. */
function firstExpiry(segment: Segment): number {
  const known = expiries.get(segment);
  if (known !== undefined) return known;
  let first = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of segment.messages) {
    if (expiresAt !== null && expiresAt < first) first = expiresAt;
  }
  expiries.set(segment, first);
  return first;
}

/** A message as hosts see it. The cursor is its number in this vault's history. */
export function viewMessage(channel: Channel, stored: StoredMessage): MessageView {
  return {
    channel: channel.settings.name,
    id: hex(stored.id),
    from: stored.from,
    mine: stored.mine,
    epoch: stored.epoch,
    seq: stored.seq,
    receivedAt: stored.receivedAt,
    body: stored.text,
    cursor: String(stored.number),
  };
}

/** Number of the message behind a cursor. Failure `usage` for anything that is no cursor. */
export function parseCursor(cursor: string): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(cursor)) throw new Failure("usage", "not a cursor");
  return Number(cursor);
}

/** The history in order, from behind a cursor. */
export function listMessages(
  channel: Channel,
  options: { readonly afterCursor?: string; readonly limit?: number },
): MessageView[] {
  const after = options.afterCursor === undefined ? -1 : parseCursor(options.afterCursor);
  const stored = [...channel.segments.values()].flatMap(({ messages }) => messages);
  return stored
    .filter(({ number }) => number > after)
    .sort((a, b) => a.number - b.number)
    .slice(0, options.limit ?? stored.length)
    .map((message) => viewMessage(channel, message));
}
