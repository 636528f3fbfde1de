import { limits } from "#shared/limits.ts";
import type { Content } from "./message.ts";
import type { Peer } from "./peer.ts";
import { judgedFrom } from "./silence.ts";
import type { Channel } from "./state.ts";
import { clearAlarm, epochOf, labelOf, raiseAlarm, type Turn, withSession } from "./turn.ts";

/*
 * A seat with slots posts in each of them, so that it is silent says something: it is away without having
 * said so, or what it posts is held back. Its cover says how long its slots are; a `pause` says that they
 * end. Only a seat that has slots itself watches others.
 */

/** How long a seat with slots of so long may be silent. */
function patienceOf(everyMs: number): number {
  return Math.max((limits.slotsMissedMax + 1) * everyMs, limits.slotsMissedMsMin);
}

/** Notes that a seat was heard, and what that says of its slots. Gives whether its silence had been reported. */
export function hearSlots(peer: Peer, content: Content, now: number): Peer {
  if (content.kind === "pause") return { ...peer, slots: null };
  const everyMs = content.kind === "cover" ? content.everyMs : peer.slots?.everyMs;
  if (everyMs === undefined) return peer;
  return { ...peer, slots: { everyMs, heardAt: now, isReported: false } };
}

/** Takes the alarm about a seat back that is heard again; `missing`: how much of it has not come. */
export function breakMissed(turn: Turn, channel: Channel, before: Peer, missing: number): Channel {
  if (before.slots?.isReported !== true) return channel;
  const what = missing === 0 ? "nothing is missing: it was away" : `${missing} are missing`;
  const from = labelOf(channel, before.leaf);
  return clearAlarm(turn, channel, { code: "slots-missed", from, detail: `is back; ${what}` });
}

/** From when on a seat's silence is one of its own: what this seat slept through is nobody's silence. */
function silentSince({ link }: Channel, slots: NonNullable<Peer["slots"]>): number {
  return Math.max(slots.heardAt, link.upAt ?? 0);
}

/** Raises the alarm for every seat that has missed so many slots in a row, once for each silence. */
export function missSlots(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const peer of watched(channel)) {
    const slots = peer.slots as NonNullable<Peer["slots"]>;
    if (turn.now < silentSince(channel, slots) + patienceOf(slots.everyMs)) continue;
    const peers = next.session.peers.map((one) => {
      return one.leaf === peer.leaf ? { ...one, slots: { ...slots, isReported: true } } : one;
    });
    const missed = Math.floor(patienceOf(slots.everyMs) / slots.everyMs) - 1;
    next = raiseAlarm(turn, withSession(next, { peers }), {
      code: "slots-missed",
      epoch: epochOf(next),
      from: labelOf(next, peer.leaf),
      detail: `has missed ${missed} slots in a row: is away without a word, or is held back`,
    });
  }
  return next;
}

/** Seats whose silence would be told: they have slots, so have we, and nothing was told yet. */
function watched(channel: Channel): readonly Peer[] {
  const { session, link, keys, group } = channel;
  // What the relay holds must have been read: else silence is what we have not read yet.
  const isReading = link.up && link.live.includes(keys.name) && judgedFrom(channel) !== null;
  if (session.slots === null || session.state !== "open" || !isReading) return [];
  return session.peers.filter(({ leaf, slots }) => {
    return leaf !== group.ownLeaf && slots !== null && !slots.isReported;
  });
}

/** When the next silence becomes an alarm; null while nobody is watched. */
export function missedDueAt(channel: Channel): number | null {
  const times = watched(channel).map(({ slots }) => {
    return slots === null
      ? Number.POSITIVE_INFINITY
      : silentSince(channel, slots) + patienceOf(slots.everyMs);
  });
  return times.length === 0 ? null : Math.min(...times);
}
