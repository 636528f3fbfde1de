import { sha512 } from "#client/crypto/hash.ts";
import { epochAuthenticator, members } from "#client/mls/group.ts";
import { concat, equalBytes, hex, utf8 } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { decodeDeclaration } from "./declaration.ts";
import { isGone } from "./farewell.ts";
import { freezeAt } from "./freeze.ts";
import { decodeIdentity } from "./identity.ts";
import { decodePolicy } from "./policy.ts";
import { silentLabels, splitSuspectedAt } from "./silence.ts";
import { awaitsSlot, isCover } from "./slot.ts";
import type { Channel, Segment } from "./state.ts";
import { epochOf, labelOf } from "./turn.ts";
import type { ChannelView, MemberView, StatusView } from "./view.ts";
import { updateDueAt } from "./watch.ts";
import { wordsFrom } from "./words.ts";

/** A channel in a list. */
export function showChannel(channel: Channel): ChannelView {
  const { settings, session, group } = channel;
  const { approvals, check, archivers, timerMs, sunsetAt } = decodePolicy(group.extensions);
  return {
    name: settings.name,
    id: channel.id,
    relay: settings.relay,
    label: labelOf(channel, group.ownLeaf) ?? "",
    epoch: epochOf(channel),
    state: session.state,
    approvals,
    check,
    archivers,
    timerMs,
    sunsetAt,
    members: members(group).length,
    unread: countUnread(channel),
  };
}

function countUnread({ segments, session }: Channel): number {
  let unread = 0;
  for (const segment of segments.values()) {
    const [first, last] = [segment.messages[0], segment.messages.at(-1)];
    if (first === undefined || last === undefined || last.number < session.readUpTo) continue;
    unread +=
      first.number >= session.readUpTo
        ? countOthers(segment)
        : countFrom(segment, session.readUpTo);
  }
  return unread;
}

function countFrom({ messages }: Segment, from: number): number {
  return messages.filter(({ mine, number }) => !mine && number >= from).length;
}

/** A segment never changes in place, and a channel is listed far more often than it grows. */
const othersIn = new WeakMap<Segment, number>();

function countOthers(segment: Segment): number {
  const known = othersIn.get(segment);
  if (known !== undefined) return known;
  const others = segment.messages.filter(({ mine }) => !mine).length;
  othersIn.set(segment, others);
  return others;
}

/** The seats, with who vouched for them and when they were last heard. */
export function showMembers(channel: Channel): MemberView[] {
  const { group, session } = channel;
  const seats = members(group).map((seat) => ({ ...seat, ...decodeIdentity(seat.identity) }));
  return seats.map(({ leaf, label, person, extensions }) => {
    const peer = session.peers.find((one) => one.leaf === leaf);
    return {
      leaf,
      label,
      person: hex(person),
      otherSeats: seats
        .filter((other) => other.leaf !== leaf && equalBytes(other.person, person))
        .map((other) => other.label),
      self: leaf === group.ownLeaf,
      archives: decodeDeclaration(extensions).archives,
      admittedBy: peer?.admitted?.by ?? [],
      admittedAt: peer?.admitted?.at ?? null,
      admittedEpoch: peer?.admitted?.epoch ?? null,
      heard: leaf === group.ownLeaf || session.heard.includes(leaf),
      lastHeardEpoch: peer?.lastHeardEpoch ?? null,
      receipt: peer?.receipt ? { epoch: peer.receipt.epoch, seq: peer.receipt.position } : null,
    };
  });
}

const wordsLabel = utf8("Backchannel v1 epoch words\0");
const wordCount = 12;

/**
 * Twelve words to compare by voice: SHA-512(label ‖ epoch authenticator), four octets a word. Members
 * of one epoch see the same ones; two halves of a split group do not.
 */
export function epochWords(channel: Channel): string[] {
  return wordsFrom(sha512(concat(wordsLabel, epochAuthenticator(channel.group))), wordCount);
}

/** Whether everything that the relay holds of this epoch has been read. */
export function isCaughtUp(channel: Channel): boolean {
  return channel.link.up && channel.link.live.includes(channel.keys.name);
}

/** Whether nothing waits but for its slot: all is read, said and acked, and no change of ours is under way. */
export function isSettled(channel: Channel): boolean {
  const { session, plans, pending, link, late } = channel;
  const isPosted = session.kept.every(({ seq, isStale }) => seq !== null || isStale);
  if (session.state !== "open") return isPosted || session.state !== "halted";
  return (
    isCaughtUp(channel) &&
    late.every(({ keys: [read] }) => read === undefined || link.live.includes(read.name)) &&
    isPosted &&
    session.outbox.every((entry) => awaitsSlot(channel, entry)) &&
    plans.wishes.length === 0 &&
    pending === null
  );
}

export function showStatus(channel: Channel, now: number): StatusView {
  const freeze = freezeAt(channel, now);
  const policy = decodePolicy(channel.group.extensions);
  const { session, group, reports } = channel;
  const silent = silentLabels(channel);
  const others = members(group).filter(({ leaf }) => leaf !== group.ownLeaf);
  const heardFrom = others
    .filter(({ leaf }) => session.heard.includes(leaf))
    .map(({ leaf }) => labelOf(channel, leaf) ?? "");
  const covers = session.outbox.filter((entry) => isCover(channel, entry));
  const coverFrames = new Set(covers.map(({ frameId }) => frameId && hex(frameId)));
  const waitingFrames = session.kept.filter(({ seq, isStale, frameId }) => {
    return seq === null && !isStale && !coverFrames.has(hex(frameId));
  }).length;
  const released = channel.retired.known.filter(({ seed }) => seed !== null).length;
  return {
    ...showChannel(channel),
    connected: channel.link.up,
    caughtUp: isCaughtUp(channel),
    words: isGone(channel) ? [] : epochWords(channel),
    heardFrom,
    silent,
    splitSuspectedAt: session.state === "open" ? splitSuspectedAt(channel) : null,
    frozen: freeze && { by: freeze.by, until: freeze.at + limits.freezeMsMax },
    gaps: reports.gaps,
    alarms: reports.alarms,
    receipts: session.receipts.isOn,
    slotMs: session.slots?.everyMs ?? null,
    outbox: Math.max(session.outbox.length - covers.length, waitingFrames),
    updateDueAt: updateDueAt(channel),
    deniable: policy.deniable,
    late: {
      epochs: policy.lateEpochs,
      windowMs: policy.lateWindowMs,
      kept: session.late.map(({ epoch, until }) => ({ epoch, until })),
    },
    formerKeys: { released, unreleased: channel.retired.known.length - released },
  };
}
