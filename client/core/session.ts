import { Failure } from "#shared/failure.ts";
import type { Cipher } from "./cipher.ts";
import type { Event } from "./event.ts";
import { forgetChannel, isGone } from "./farewell.ts";
import { freezeAt } from "./freeze.ts";
import { parseCursor } from "./history.ts";
import { lateEpochs } from "./late.ts";
import { isOpening, noteOpening } from "./link.ts";
import { nextSeq } from "./log.ts";
import type { MailboxKeys } from "./mailbox.ts";
import { closeMended, lastOwn, mendEarlier, mendingSecrets } from "./mend.ts";
import type { Content } from "./message.ts";
import { goOn, takeMotionEvent } from "./motion-own.ts";
import { enqueue, postKept, requireOpen } from "./outbox.ts";
import type { Random, ReceiptTimes } from "./ports.ts";
import { takeAck, takeFrame, takeLive, takeOpened, takeRefusal } from "./reading.ts";
import { batchedReceipts, payReceipt, switchReceipts } from "./receipt.ts";
import { sayRetired } from "./release.ts";
import { protectDue, sayPause, switchSlots } from "./slot.ts";
import { type Channel, type Log, linkDown } from "./state.ts";
import { announce } from "./transition.ts";
import { type Effect, type Turn, withSession } from "./turn.ts";
import { keepTime } from "./watch.ts";
import { addWish, holdKey, makeLeave, planCommit } from "./wish.ts";

/** Where a step happens. */
export interface Surroundings {
  readonly now: number;
  readonly random: Random;
  readonly cipher: Cipher;
  /** When receipts leave; the product's own by default. */
  readonly receiptTimes?: ReceiptTimes;
}

export interface Stepped {
  readonly channel: Channel;
  /** To be carried out in order, after the channel is saved. */
  readonly effects: readonly Effect[];
  /** To be wiped after that. */
  readonly spent: readonly Uint8Array[];
}

/**
 * The messenger in one function: state and event in, next state and effects out. Nothing else happens
 * here; the caller saves the state, then carries out the effects, then wipes what is spent. A Failure
 * refuses the event and changes nothing.
 */
export function step(
  channel: Channel,
  event: Event,
  { now, random, cipher, receiptTimes = batchedReceipts }: Surroundings,
): Stepped {
  const turn: Turn = { now, random, cipher, receiptTimes, effects: [], spent: [] };
  // Time comes first: what an event brings is read by the windows that are open now.
  const read = keepTime(turn, react(turn, keepTime(turn, channel), event));
  const isOver = isGone(read) && !isGone(channel);
  if (isOver) return stepped(turn, forgetChannel(turn, read));
  // Passing over a frame is all that such a step may do.
  if (event.type === "unreadable") return stepped(turn, read);
  return stepped(turn, event.type === "frame" ? pumpOn(turn, read) : pump(turn, read));
}

/** What was read stands, even if what comes next fails: that is tried again, and told to whoever asks. */
function pumpOn(turn: Turn, read: Channel): Channel {
  const [effects, spent] = [turn.effects.length, turn.spent.length];
  try {
    return pump(turn, read);
  } catch {
    turn.effects.length = effects;
    turn.spent.length = spent;
    return read;
  }
}

function stepped(turn: Turn, next: Channel): Stepped {
  return { channel: next, effects: turn.effects, spent: turn.spent };
}

function react(turn: Turn, channel: Channel, event: Event): Channel {
  switch (event.type) {
    case "up":
      return mendEarlier({ ...channel, link: { ...linkDown, up: true, upAt: turn.now } });
    case "down":
      turn.spent.push(...mendingSecrets(channel));
      return { ...channel, link: linkDown };
    case "opened":
      return takeOpened(turn, channel, event);
    case "live":
      return takeLive(turn, channel, event);
    case "frame":
    case "unreadable":
      return takeFrame(turn, channel, event);
    case "acked":
      return takeAck(turn, channel, event);
    case "refused":
      return takeRefusal(turn, channel, event);
    case "tick":
      return channel;
    case "arrive":
      return announce(turn, channel);
    case "read":
      return withSession(channel, {
        readUpTo: Math.max(channel.session.readUpTo, parseCursor(event.cursor) + 1),
      });
    case "receipts":
      return switchReceipts(channel, event.on);
    case "slots":
      return switchSlots(turn, channel, event.everyMs);
    case "pause":
      return sayPause(turn, channel);
    case "move":
    case "fill":
    case "check":
    case "consent":
    case "end":
    case "freeze":
      return takeMotionEvent(turn, channel, event);
    default:
      return takeRequest(turn, channel, event);
  }
}

function takeRequest(
  turn: Turn,
  channel: Channel,
  event: Extract<Event, { type: "say" | "wish" | "leave" | "hold" | "taken" | "withdraw" }>,
): Channel {
  const { plans } = channel;
  switch (event.type) {
    case "say":
      requireOpen(channel);
      requireThawed(turn, channel, event.content);
      return enqueue(turn, channel, event.content, event.id);
    case "leave":
      requireOpen(channel);
      return enqueue(turn, channel, makeLeave(channel), event.id);
    case "wish":
      requireOpen(channel);
      return addWish(channel, event.wish);
    case "hold":
      return holdKey(channel, event.invite, event.on);
    case "withdraw": {
      if (channel.pending?.meta.wish === event.wish) return channel;
      const wishes = plans.wishes.filter(({ id }) => id !== event.wish);
      return { ...channel, plans: { ...plans, wishes } };
    }
    case "taken": {
      const grants = plans.grants.filter(({ id }) => id !== event.invite);
      return { ...channel, plans: { ...plans, grants } };
    }
  }
}

/** Does what the state asks for next: open, commit, protect, post. */
function pump(turn: Turn, channel: Channel): Channel {
  const { link, session } = channel;
  if (!link.up || session.state === "stranded" || isGone(channel)) return channel;
  if (link.retryAt !== null && turn.now < link.retryAt) return channel;
  const rested = link.retryAt === null ? channel : { ...channel, link: { ...link, retryAt: null } };
  let next = openMailboxes(turn, closeMended(turn, rested));
  if (next.link.live.includes(next.keys.name) && session.state === "open") {
    if (next.pending === null) next = planCommit(turn, goOn(turn, next));
    // While a commit is under way a message would only lose the race against it.
    if (next.pending === null) next = protectDue(turn, sayRetired(turn, payReceipt(turn, next)));
  }
  return postKept(turn, next);
}

/** Failure `frozen`: what is no text is said all the same. */
function requireThawed(turn: Turn, channel: Channel, content: Content): void {
  const freeze = content.kind === "text" ? freezeAt(channel, turn.now) : null;
  if (freeze !== null) throw new Failure("frozen", `${freeze.by} has frozen the channel`);
}

function openMailboxes(turn: Turn, channel: Channel): Channel {
  const { link, session } = channel;
  const fromOf = (log: Log, { name }: MailboxKeys): number => {
    return Math.max(1, nextSeq(log) - (link.exact.includes(name) ? 0 : 1));
  };
  const wanted = [{ keys: channel.keys, from: fromOf(session.log, channel.keys) }];
  for (const { late, read } of lateEpochs(channel)) {
    const [keys] = late.keys;
    if (keys !== undefined) wanted.push({ keys, from: fromOf(read.log, keys) });
  }
  for (const one of link.mending) wanted.push({ keys: one.keys, from: lastOwn(channel, one) });
  let next = link;
  for (const { keys, from } of wanted) {
    if (isOpening(link, keys.name)) continue;
    next = noteOpening(next, keys.name);
    turn.effects.push({ type: "open", keys, from, opening: next.openings });
  }
  return next === link ? channel : { ...channel, link: next };
}
