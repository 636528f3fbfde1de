import { sha256 } from "#client/crypto/hash.ts";
import { equalBytes, hex, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { frameIdBytes } from "#shared/records.ts";
import { storeMessage } from "./history.ts";
import { lateEpochs } from "./late.ts";
import { type Content, composeBody, messageIdBytes } from "./message.ts";
import { decodePolicy } from "./policy.ts";
import { learnSeed } from "./retired.ts";
import { type Channel, type Entry, type Kept, keptAckedMax, type Session } from "./state.ts";
import { epochOf, labelOf, notify, stop, type Turn, without, withSession } from "./turn.ts";

const refusals: Record<
  Exclude<Session["state"], "open">,
  [ConstructorParameters<typeof Failure>[0], string]
> = {
  halted: ["halted", "this seat halted at a bad commit and must be admitted again"],
  stranded: [
    "stranded",
    "this seat was away longer than the relay keeps frames and must be admitted again",
  ],
  "rolled-back": ["rolled-back", "this vault is an old copy; nothing is sent from it"],
  left: ["removed", "this seat has left the channel"],
  removed: ["removed", "this seat was removed from the channel"],
  closed: ["closed", "the channel's sunset has passed"],
};

/** Refuses whatever needs a seat in good standing. */
export function requireOpen(channel: Channel): void {
  const { state } = channel.session;
  if (state !== "open") throw new Failure(...refusals[state]);
}

/** Puts content into the outbox under a message id; `protectWaiting` goes on. Failures `too-many`, `too-large`. */
export function enqueue(
  turn: Turn,
  channel: Channel,
  content: Content,
  id: Uint8Array = turn.random(messageIdBytes),
): Channel {
  const { session } = channel;
  if (session.outbox.length >= limits.outboxMax) {
    throw new Failure("too-many", `outbox: ${limits.outboxMax} messages are waiting already`);
  }
  if (content.kind === "text") checkText(session, content.text);
  const entry: Entry = { id, counter: null, createdAt: turn.now, frameId: null };
  const listed = withSession(channel, { outbox: [...session.outbox, entry] });
  return { ...listed, contents: new Map(channel.contents).set(hex(id), content) };
}

function checkText({ slots }: Session, text: string): void {
  const most = slots === null ? limits.textBytesMax : limits.slotTextBytesMax;
  if (utf8(text).length <= most) return;
  const place = slots === null ? "" : " fit into a slot";
  throw new Failure("too-large", `text: no more than ${most} octets${place}`);
}

/**
 * Protects and seals what waits, oldest first. The ratchet that has moved, the frame and the entry
 * that names it are saved together before anything is posted: after a crash the same bytes go out.
 */
export function protectWaiting(turn: Turn, channel: Channel): Channel {
  let next = channel;
  for (const entry of channel.session.outbox) {
    if (entry.frameId === null) next = protectEntry(turn, next, entry);
  }
  return next;
}

/** Protects and seals one thing that waits, and numbers it unless it has its number from an earlier time. */
export function protectEntry(turn: Turn, channel: Channel, entry: Entry): Channel {
  const { session, contents } = channel;
  const counter = entry.counter ?? session.counter;
  const content = contents.get(hex(entry.id));
  if (content === undefined) throw new Failure("vault-damaged", "outbox: a message is missing");
  const { position, head } = session.log.chain;
  const body = composeBody({
    v: limits.version,
    id: entry.id,
    counter,
    seen: { position, head },
    previous: session.previous,
    content,
  });
  const { group, message, spent } = turn.cipher.protect(channel.group, body, turn.random);
  turn.spent.push(...spent);
  const kept = keepFrame(
    turn,
    { ...channel, group },
    turn.cipher.seal(channel.keys, message, turn.random),
  );
  const outbox = session.outbox.map((one) => {
    return one === entry ? { ...one, counter, frameId: kept.frameId } : one;
  });
  const isText = content.kind === "text" ? 1 : 0;
  return withSession(kept.channel, {
    counter: Math.max(session.counter, counter + 1),
    outbox,
    sinceUpdate: session.sinceUpdate + isText,
  });
}

/** Keeps an own frame under a fresh frame id, to be posted until it is acked. */
export function keepFrame(
  turn: Turn,
  channel: Channel,
  frame: Uint8Array,
): { readonly channel: Channel; readonly frameId: Uint8Array } {
  const frameId = turn.random(frameIdBytes);
  const kept: Kept = {
    epoch: epochOf(channel),
    overflow: channel.session.log.overflow,
    frameId,
    hash: sha256(frame),
    seq: null,
    isStale: false,
  };
  const listed = boundKept(withSession(channel, { kept: [...channel.session.kept, kept] }));
  return {
    channel: { ...listed, frames: new Map(listed.frames).set(hex(frameId), frame) },
    frameId,
  };
}

/**
 * A long epoch does not fill the vault: of the frames that the relay has acked only the latest are kept.
 * A relay that loses its log loses the end of it.
 */
function boundKept(channel: Channel): Channel {
  const { kept, outbox } = channel.session;
  // One that has not come back from the log is still wanted: it is known by its hash.
  const waiting = new Set(outbox.map(({ frameId }) => frameId && hex(frameId)));
  if (channel.pending !== null) waiting.add(hex(channel.pending.meta.frameId));
  const acked = kept.filter(({ seq, frameId }) => seq !== null && !waiting.has(hex(frameId)));
  const spare = new Set(acked.slice(0, Math.max(0, acked.length - keptAckedMax)));
  return dropFrames(channel, (one) => spare.has(one));
}

/** The relay has an own frame durably, by its ack or because the frame came back from the log. */
export function confirmFrame(
  turn: Turn,
  channel: Channel,
  frameId: Uint8Array,
  seq: number,
): Channel {
  const { session } = channel;
  const found = session.kept.find((kept) => equalBytes(kept.frameId, frameId));
  if (found === undefined || found.seq !== null) return channel;
  const next = withSession(channel, {
    kept: session.kept.map((kept) => (kept === found ? { ...kept, seq } : kept)),
  });
  const entry = session.outbox.find(
    (one) => one.frameId !== null && equalBytes(one.frameId, frameId),
  );
  const content = entry && channel.contents.get(hex(entry.id));
  if (entry === undefined || content?.kind !== "text") return next;
  // Overflow mailboxes are read in order, so a frame's mailbox is the one that is being read.
  const sent = { id: hex(entry.id), epoch: found.epoch, seq: session.log.base + seq };
  notify(turn, { type: "sent", channel: channel.settings.name, ...sent });
  turn.effects.push({ type: "done", id: sent.id, result: sent });
  return next;
}

/** An own message stands in the log before any commit: it is said, and part of the history. */
export function landEntry(turn: Turn, channel: Channel, frameId: Uint8Array): Channel {
  const { session } = channel;
  const entry = session.outbox.find(
    (one) => one.frameId !== null && equalBytes(one.frameId, frameId),
  );
  if (entry === undefined) return channel;
  const content = channel.contents.get(hex(entry.id));
  const landed: Channel = {
    ...withSession(channel, { outbox: session.outbox.filter((one) => one !== entry) }),
    contents: without(channel.contents, [entry.id]),
  };
  const position = session.log.chain.position;
  if (content?.kind === "leave") {
    const id = hex(entry.id);
    turn.effects.push({ type: "done", id, result: { id, epoch: epochOf(channel), seq: position } });
    return stop(turn, landed, "left");
  }
  if (content?.kind === "release") {
    // Now everybody has it, and this seat no less.
    const retired = learnSeed(landed.retired, landed.group.ownLeaf, content.seed);
    return retired === null ? landed : { ...landed, retired };
  }
  if (content?.kind !== "text") return landed;
  const message = {
    id: entry.id,
    from: labelOf(channel, channel.group.ownLeaf) ?? "",
    mine: true,
    epoch: epochOf(channel),
    seq: position,
    receivedAt: turn.now,
    text: content.text,
  };
  return storeMessage(landed, message, decodePolicy(channel.group.extensions).timerMs).channel;
}

/** Messages that the log has not taken in time are protected again, under the same id and counter. */
export function requeueUnlanded(channel: Channel): Channel {
  const { session, pending } = channel;
  const outbox = session.outbox.map((entry) => ({ ...entry, frameId: null }));
  // Whether they have landed behind the end is not known; they must not be taken for somebody else's.
  const kept = session.kept.map((one) => {
    const isPending = pending !== null && equalBytes(pending.meta.frameId, one.frameId);
    const isGivenUp = one.seq === null && !isPending && !isMended(channel, one);
    return isGivenUp ? { ...one, isStale: true } : one;
  });
  return withSession(channel, { outbox, kept });
}

/** Whether an own frame waits for an earlier mailbox of this epoch that the relay has lost. */
export function isMended(channel: Channel, { epoch, overflow }: Kept): boolean {
  const isHere = channel.link.mending.some((one) => {
    return one.epoch === epoch && one.overflow === overflow;
  });
  return isHere && epoch === epochOf(channel);
}

/** Forgets own frames: those of closed windows, and those that will never be posted again. */
export function dropFrames(channel: Channel, isDropped: (kept: Kept) => boolean): Channel {
  const dropped = channel.session.kept.filter(isDropped);
  if (dropped.length === 0) return channel;
  return {
    ...withSession(channel, { kept: channel.session.kept.filter((kept) => !isDropped(kept)) }),
    frames: without(
      channel.frames,
      dropped.map(({ frameId }) => frameId),
    ),
  };
}

/** Posts what the relay has not acked and this connection has not yet carried. */
export function postKept(turn: Turn, channel: Channel): Channel {
  const { session, link } = channel;
  const places = [
    { epoch: epochOf(channel), overflow: session.log.overflow, keys: channel.keys },
    ...lateEpochs(channel).map(({ epoch, late, read }) => {
      return { epoch, overflow: read.log.overflow, keys: late.keys[0] };
    }),
    ...link.mending,
  ];
  const posted: string[] = [];
  for (const kept of session.kept) {
    if (kept.seq !== null || kept.isStale) continue;
    const name = hex(kept.frameId);
    const place = places.find((one) => one.epoch === kept.epoch && one.overflow === kept.overflow);
    const frame = channel.frames.get(name);
    if (!place?.keys || frame === undefined) continue;
    if (!link.live.includes(place.keys.name) || link.posted.includes(name)) continue;
    turn.effects.push({ type: "post", mailbox: place.keys.name, frameId: kept.frameId, frame });
    posted.push(name);
  }
  if (posted.length === 0) return channel;
  return { ...channel, link: { ...link, posted: [...link.posted, ...posted] } };
}
