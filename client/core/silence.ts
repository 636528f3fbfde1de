import { members } from "#client/mls/group.ts";
import type { Channel, Session } from "./state.ts";
import { epochOf, labelOf, raiseAlarm, type Turn, withSession } from "./turn.ts";

/**
 * Seats that have not answered for so long raise "split suspected". Every client says in every epoch
 * that it has arrived, so only a seat that is away, or in another half of the group, owes an answer.
 */
export const splitAfterMs = 24 * 3_600_000;

/** Leaves of the other seats of which nothing was read in this epoch. */
function silentLeaves({ group, session }: Channel): number[] {
  return members(group)
    .map(({ leaf }) => leaf)
    .filter((leaf) => leaf !== group.ownLeaf && !session.heard.includes(leaf));
}

/** Labels of the other seats of which nothing was read in this epoch. */
export function silentLabels(channel: Channel): string[] {
  return silentLeaves(channel).map((leaf) => labelOf(channel, leaf) ?? "");
}

function silenceOf({ session }: Channel, leaf: number): Session["silence"][number] {
  const found = session.silence.find((one) => one.leaf === leaf);
  return found ?? { leaf, since: session.epochStartedAt, isReported: false };
}

/**
 * What silence goes on into the next epoch, of seats that stay. Counted across epochs: each half of a
 * split group goes on committing, and a count that began anew with every epoch would never end.
 */
export function carrySilence(channel: Channel, gone: readonly number[]): Session["silence"] {
  return silentLeaves(channel)
    .filter((leaf) => !gone.includes(leaf))
    .map((leaf) => silenceOf(channel, leaf));
}

/** A seat was heard, in this epoch or late in the one before: it owes at most this epoch's answer. */
export function breakSilence(channel: Channel, leaf: number): Channel {
  const { silence } = channel.session;
  if (!silence.some((one) => one.leaf === leaf)) return channel;
  return withSession(channel, { silence: silence.filter((one) => one.leaf !== leaf) });
}

/** A relay that is there and has not shown all that it holds after so long does not put off the alarm. */
const catchUpMs = 60_000;

/**
 * From when on silence can be judged: whoever comes back after days reads first what has come
 * meanwhile. Null while the relay is not there.
 */
export function judgedFrom({ link, keys }: Channel): number | null {
  if (link.upAt === null) return null;
  return link.live.includes(keys.name) ? link.upAt : link.upAt + catchUpMs;
}

/** Raises the alarm for every seat whose silence has lasted beyond the bound, once for each silence. */
export function suspectSplit(turn: Turn, channel: Channel): Channel {
  const from = judgedFrom(channel);
  if (from === null || turn.now < from) return channel;
  let next = channel;
  for (const leaf of silentLeaves(channel)) {
    const { since, isReported } = silenceOf(next, leaf);
    if (isReported || turn.now < since + splitAfterMs) continue;
    const others = next.session.silence.filter((one) => one.leaf !== leaf);
    next = withSession(next, { silence: [...others, { leaf, since, isReported: true }] });
    next = raiseAlarm(turn, next, {
      code: "split-suspected",
      epoch: epochOf(next),
      from: labelOf(next, leaf),
      detail: `has not been heard for ${splitAfterMs / 3_600_000} hours: is away, or was shown another log`,
    });
  }
  return next;
}

/** When the next silence becomes suspicious; null when every silence was reported, or there is none. */
export function splitSuspectedAt(channel: Channel): number | null {
  const since = silentLeaves(channel)
    .map((leaf) => silenceOf(channel, leaf))
    .filter(({ isReported }) => !isReported)
    .map((one) => one.since);
  return since.length === 0 ? null : Math.min(...since) + splitAfterMs;
}

/** When the alarm is to be tried next; null while the relay is not there. */
export function silenceDueAt(channel: Channel): number | null {
  const [from, at] = [judgedFrom(channel), splitSuspectedAt(channel)];
  return from === null || at === null ? null : Math.max(from, at);
}
