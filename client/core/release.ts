import { members } from "#client/mls/group.ts";
import { limits } from "#shared/limits.ts";
import { enqueue } from "./outbox.ts";
import { decodePolicy } from "./policy.ts";
import { learnSeed, type Retired, retireKeys } from "./retired.ts";
import type { Channel } from "./state.ts";
import { notify, recordGap, type Turn } from "./turn.ts";

/*
 * Deniable talk (DESIGN section 3): a signature proves to outsiders who said what. Once nobody in the
 * channel takes a key's signatures for anything any more, its owner says the secret half in the channel:
 * from then on each member could have signed what was signed with it.
 */

/** Beyond the late windows of the others: they measure them by clocks of their own. */
const graceMs = 60_000;

type OwnKey = Retired["own"][number];

/** Keeps what a commit has retired, in a channel whose talk is to be deniable. */
export function keepRetired(turn: Turn, before: Channel, after: Channel): Channel {
  if (!decodePolicy(before.group.extensions).deniable) return after;
  const { retired, dropped } = retireKeys(after.retired, {
    before: before.group,
    after: after.group,
    now: turn.now,
    holds: after.plans.holds.length,
  });
  turn.spent.push(...dropped);
  return { ...after, retired };
}

/** Newcomers for whom this seat has vouched are in, and demand its key no more. */
export function keepPromises(
  channel: Channel,
  {
    admittedBy,
  }: { readonly admittedBy: ReadonlyMap<number, readonly { readonly leaf: number }[]> },
): Channel {
  const { group, retired } = channel;
  const kept = [...admittedBy.values()].filter((by) =>
    by.some(({ leaf }) => leaf === group.ownLeaf),
  );
  const promises = Math.max(0, retired.promises - kept.length);
  return promises === retired.promises
    ? channel
    : { ...channel, retired: { ...retired, promises } };
}

/**
 * Whether every other seat has spoken in an epoch whose tree lacks the key. It follows the log that far,
 * so it takes no commit of that epoch any more; its late messages end when that window is shut.
 */
function isSettled({ group, session }: Channel, key: OwnKey): boolean {
  return members(group)
    .filter(({ leaf }) => leaf !== group.ownLeaf)
    .every(({ leaf }) => {
      const peer = session.peers.find((one) => one.leaf === leaf);
      return (peer?.lastHeardEpoch ?? -1) > key.epoch;
    });
}

/** Begins to count down for keys that nobody has to know any more. */
export function settleKeys(turn: Turn, channel: Channel): Channel {
  const { retired, group } = channel;
  const isNew = (key: OwnKey) => key.readyAt === null && isSettled(channel, key);
  if (!retired.own.some(isNew)) return channel;
  const { lateWindowMs } = decodePolicy(group.extensions);
  const own = retired.own.map((key) => {
    if (!isNew(key)) return key;
    return { ...key, readyAt: Math.max(key.notBefore, turn.now + lateWindowMs + graceMs) };
  });
  return { ...channel, retired: { ...retired, own } };
}

/** When the next retired key may be released; null when none waits for time alone. */
export function releaseDueAt({ retired }: Channel): number | null {
  const times = retired.own.map(({ readyAt }) => readyAt).filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Puts what is due into the outbox: secret and message change places in one save. */
export function sayRetired(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const key of channel.retired.own) {
    // A seat that has come in meanwhile has not spoken yet.
    const isDue = key.readyAt !== null && turn.now >= key.readyAt && isSettled(next, key);
    if (!isDue || next.session.outbox.length >= limits.outboxMax) continue;
    next = enqueue(turn, next, { kind: "release", epoch: key.epoch, seed: key.seed });
    const own = next.retired.own.filter((one) => one !== key);
    next = { ...next, retired: { ...next.retired, own } };
  }
  return next;
}

/** Another seat has released one of its former keys. It is good for forging what was said, and for nothing else. */
export function takeReleased(
  turn: Turn,
  channel: Channel,
  said: { readonly sender: number; readonly from: string; readonly in: number },
  released: { readonly epoch: number; readonly seed: Uint8Array },
): Channel {
  const { sender, from } = said;
  const { session, group, settings } = channel;
  const retired = learnSeed(channel.retired, sender, released.seed);
  if (retired !== null) {
    notify(turn, { type: "released", channel: settings.name, from, epoch: released.epoch });
    return { ...channel, retired };
  }
  const self = session.peers.find(({ leaf }) => leaf === group.ownLeaf);
  // A key from before this seat came in, which it has never seen.
  if (released.epoch < (self?.admitted?.epoch ?? 0)) return channel;
  const detail = "a released key that its seat has never had, or too long ago";
  return recordGap(turn, channel, { from, epoch: said.in, seq: null, missing: 0, detail });
}
