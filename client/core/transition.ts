import { type Group, type Member, members, retire, secretsOnlyIn } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import type { Vouch } from "./authority.ts";
import { decodeDeclaration } from "./declaration.ts";
import { dropFreezes } from "./freeze.ts";
import { decodeIdentity } from "./identity.ts";
import { lateAt, lateEpochs } from "./late.ts";
import { startLog } from "./log.ts";
import { lookAlike } from "./look-alike.ts";
import { mailboxKeys, mailboxSecrets } from "./mailbox.ts";
import { renewApprovals } from "./motion-own.ts";
import { settleMotions } from "./motion-settle.ts";
import { dropFrames, enqueue, requeueUnlanded } from "./outbox.ts";
import { newPeer } from "./peer.ts";
import { decodePolicy } from "./policy.ts";
import { keepPromises, keepRetired } from "./release.ts";
import { carrySilence } from "./silence.ts";
import type { Channel } from "./state.ts";
import { epochOf, labelOf, notify, raiseAlarm, type Turn, withSession } from "./turn.ts";
import type { Provenance } from "./view.ts";
import { makeLeave, settleWishes } from "./wish.ts";

/** A commit that has ended the epoch. */
export interface Won {
  readonly group: Group;
  readonly committer: number;
  /** Leaf of a newcomer to those who vouched for it. */
  readonly admittedBy: ReadonlyMap<number, readonly Vouch[]>;
  readonly rotated: boolean;
}

/** Goes on to the epoch that a commit has made. What only the old one held is spent. */
export function startEpoch(turn: Turn, channel: Channel, won: Won): Channel {
  const { session, group: old } = channel;
  const labels = new Map(members(old).map(({ leaf }) => [leaf, labelOf(channel, leaf) ?? ""]));
  const { joined, gone } = compareSeats(members(old), members(won.group));
  let next = dropPending(turn, channel, won.group);
  next = keepLate(
    turn,
    next,
    gone.map(({ leaf }) => leaf),
  );
  next = { ...next, group: won.group, keys: mailboxKeys(won.group, 0) };
  next = boundLate(turn, next);
  next = keepPromises(keepRetired(turn, channel, next), won);
  const isMine = won.committer === old.ownLeaf;
  const vouchers = (leaf: number): Provenance[] =>
    (won.admittedBy.get(leaf) ?? []).flatMap(({ leaf: by, check }) => {
      return check === "none" ? [] : [{ label: labels.get(by) ?? "", check }];
    });
  const epoch = Number(won.group.epoch);
  const admitted = joined.map(({ leaf }) => {
    return newPeer(leaf, 1, { by: vouchers(leaf), at: turn.now, epoch });
  });
  const leaving = new Set(gone.map(({ leaf }) => leaf));
  next = withSession(next, {
    log: startLog(next.keys.publicKey),
    previous: session.log.chain.head,
    epochStartedAt: turn.now,
    heard: [],
    silence: carrySilence(
      channel,
      gone.map(({ leaf }) => leaf),
    ),
    peers: [...session.peers.filter(({ leaf }) => !leaving.has(leaf)), ...admitted],
    sinceUpdate: isMine ? 0 : session.sinceUpdate,
    updatedAt: isMine ? turn.now : session.updatedAt,
  });
  next = dropFreezes(renewLeave(requeueUnlanded(next)));
  next = settleMotions(turn, next, {
    committer: won.committer,
    joined,
    isMine,
    welcome: channel.pending?.meta.welcome ?? null,
    vouchers,
  });
  if (isMine && won.rotated) next = renewApprovals(turn, next);
  next = settleWishes(turn, next, {
    isMine,
    wish: channel.pending?.meta.wish ?? null,
    welcome: channel.pending?.meta.welcome ?? null,
  });
  notify(turn, {
    type: "epoch",
    channel: channel.settings.name,
    epoch: epochOf(next),
    committer: labels.get(won.committer) ?? "",
    joined: joined.map(({ leaf, identity }) => {
      return { label: decodeIdentity(identity).label, admittedBy: vouchers(leaf) };
    }),
    removed: gone.map((seat) => decodeIdentity(seat.identity).label),
    declared: declaredSince(members(old), members(won.group)),
    rotated: won.rotated,
  });
  return announce(turn, warnLookAlikes(turn, next, joined));
}

/** A local warning about a newcomer's label: it changes nothing for the group. */
function warnLookAlikes(turn: Turn, channel: Channel, joined: readonly Member[]): Channel {
  const labels = members(channel.group).map(({ leaf }) => labelOf(channel, leaf) ?? "");
  let next = channel;
  for (const { identity } of joined) {
    const { label } = decodeIdentity(identity);
    const twin = lookAlike(label, labels);
    if (twin === null) continue;
    const detail = `can be mistaken for ${twin}`;
    const alarm = { code: "look-alike", epoch: epochOf(channel), from: label, detail } as const;
    next = raiseAlarm(turn, next, alarm);
  }
  return next;
}

/** A leave that is still on its way is signed anew: the key it was signed with may have changed. */
function renewLeave(channel: Channel): Channel {
  const leave = [...channel.contents].find(([, content]) => content.kind === "leave");
  if (leave === undefined) return channel;
  return { ...channel, contents: new Map(channel.contents).set(leave[0], makeLeave(channel)) };
}

/** Every client says once in each epoch that it has arrived; a message sent anew says it as well. */
export function announce(turn: Turn, channel: Channel): Channel {
  const { outbox } = channel.session;
  if (outbox.length > 0) return channel;
  return enqueue(turn, channel, { kind: "presence" });
}

/**
 * Who came and who went. Leaf and identity are enough: MLS lets no surviving leaf change its
 * credential, and `authorise` lets no commit add anew whom it removes.
 */
function compareSeats(before: readonly Member[], after: readonly Member[]) {
  const isIn = (seats: readonly Member[], seat: Member) => {
    return seats.some((one) => one.leaf === seat.leaf && equalBytes(one.identity, seat.identity));
  };
  return {
    joined: after.filter((seat) => !isIn(before, seat)),
    gone: before.filter((seat) => !isIn(after, seat)),
  };
}

/** Whose client says since this epoch that it keeps copies, or no longer says so. */
function declaredSince(before: readonly Member[], after: readonly Member[]) {
  return after.flatMap(({ leaf, identity, extensions }) => {
    const same = before.find((one) => one.leaf === leaf && equalBytes(one.identity, identity));
    const was = decodeDeclaration(same?.extensions ?? []).archives;
    const { archives } = decodeDeclaration(extensions);
    return archives === was ? [] : [{ label: decodeIdentity(identity).label, archives }];
  });
}

/** Opens the late window of the epoch that ends: its messages are still read, nothing else of it is kept. */
function keepLate(turn: Turn, channel: Channel, gone: readonly number[]): Channel {
  const { group, session, keys, late } = channel;
  const { lateWindowMs } = decodePolicy(group.extensions);
  const until = turn.now + lateWindowMs;
  const ended = { epoch: epochOf(channel), log: session.log, until, gone: [] };
  // Whoever takes a seat that became free in between must not be named for what was said from it before.
  const reads = [...session.late, ended].map((one) => {
    return { ...one, gone: [...new Set([...one.gone, ...gone])] };
  });
  const past = { past: retire(group), keys: [keys, mailboxKeys(group, session.log.overflow + 1)] };
  return { ...withSession(channel, { late: reads }), late: [...late, past] };
}

/** Closes the oldest windows of those beyond the policy's number, whatever is left of their time. */
function boundLate(turn: Turn, channel: Channel): Channel {
  const { lateEpochs: kept } = decodePolicy(channel.group.extensions);
  const over = lateEpochs(channel).slice(0, Math.max(0, channel.late.length - kept));
  return over.reduce((next, { epoch }) => closeLate(turn, next, epoch), channel);
}

/** Closes the window of one past epoch: from now on nothing here can read it. */
export function closeLate(turn: Turn, channel: Channel, epoch: number): Channel {
  const found = lateAt(channel, epoch);
  if (found === null) return channel;
  const { late } = found;
  turn.spent.push(...secretsOnlyIn(late.past, [channel.group]));
  for (const keys of late.keys) {
    turn.spent.push(...mailboxSecrets(keys));
    turn.effects.push({ type: "close", mailbox: keys.name });
  }
  const closed = dropFrames(channel, (kept) => kept.epoch === epoch);
  const left = withSession(closed, {
    late: closed.session.late.filter((one) => one !== found.read),
  });
  return { ...left, late: closed.late.filter((one) => one !== late) };
}

/** Closes the windows of all past epochs. */
export function closeAllLate(turn: Turn, channel: Channel): Channel {
  return lateEpochs(channel).reduce((next, { epoch }) => closeLate(turn, next, epoch), channel);
}

/** Gives up the own commit that did not win; its group's secrets are spent. */
function dropPending(turn: Turn, channel: Channel, winner: Group): Channel {
  const { pending } = channel;
  if (pending === null) return channel;
  if (pending.group !== winner) {
    turn.spent.push(...secretsOnlyIn(pending.group, [channel.group, winner]));
  }
  return { ...channel, pending: null };
}
