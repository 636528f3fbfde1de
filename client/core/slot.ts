import { hex, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Content } from "./message.ts";
import { enqueue, protectEntry, protectWaiting } from "./outbox.ts";
import type { Channel, Entry } from "./state.ts";
import { type Turn, withSession } from "./turn.ts";

/*
 * Cover traffic at constant slots. A seat that has switched it on posts one frame of the smallest size in
 * each slot while it is connected, whether or not there is something to say. Slots begin at multiples of
 * their length since 1970, for everybody: a phase of its own would be a tag that a frame carries from its
 * author's line through the relay to everybody whose line it comes out of.
 */

/** What waits for a slot. Whatever belongs to a change of the group, or warns, leaves at once. */
const slotKinds: readonly Content["kind"][] = [
  "text",
  "receipt",
  "presence",
  "leave",
  "release",
  "cover",
];

/** The start of the slot after this moment. */
function slotAfter(now: number, everyMs: number): number {
  return (Math.floor(now / everyMs) + 1) * everyMs;
}

/**
 * Turns slots of this seat on, of so many milliseconds each, or off (null). Failures: `usage` for a length
 * out of bounds, `too-large` while a text waits that would not fit into a slot.
 */
export function switchSlots(turn: Turn, channel: Channel, everyMs: number | null): Channel {
  const { outbox, slots } = channel.session;
  if (everyMs === (slots?.everyMs ?? null)) return channel;
  if (everyMs === null) return withSession(sayPause(turn, channel), { slots: null });
  const { slotMsMin, slotMsMax, slotTextBytesMax } = limits;
  if (!Number.isInteger(everyMs) || everyMs < slotMsMin || everyMs > slotMsMax) {
    throw new Failure("usage", `slots: of ${slotMsMin} to ${slotMsMax} ms, in whole milliseconds`);
  }
  const isLong = outbox.some((entry) => {
    const content = contentOf(channel, entry);
    return content?.kind === "text" && utf8(content.text).length > slotTextBytesMax;
  });
  if (isLong) throw new Failure("too-large", "slots: a longer text is on its way; once it is said");
  return withSession(channel, { slots: { everyMs, nextAt: slotAfter(turn.now, everyMs) } });
}

/**
 * Says that the slots end, so that the silence that follows alarms nobody. It leaves at once: that the
 * connection ends, or that frames no longer come, shows all the same. Nothing while slots are off.
 */
export function sayPause(turn: Turn, channel: Channel): Channel {
  const { session, link } = channel;
  if (session.slots === null || session.state !== "open" || !link.up) return channel;
  return enqueue(turn, channel, { kind: "pause" });
}

/**
 * Lets slots pass that nothing could be posted in: what was missed is never made up for, or a return would
 * show as a burst. A clock that was set back begins anew.
 */
export function passSlots(turn: Turn, channel: Channel): Channel {
  const { slots } = channel.session;
  if (slots === null) return channel;
  const isMissed = !channel.link.up && slots.nextAt <= turn.now;
  const isAhead = slots.nextAt > turn.now + slots.everyMs;
  return isMissed || isAhead ? nextSlot(turn, channel) : channel;
}

function nextSlot(turn: Turn, channel: Channel): Channel {
  const { slots } = channel.session;
  if (slots === null) return channel;
  const { everyMs } = slots;
  return withSession(channel, { slots: { everyMs, nextAt: slotAfter(turn.now, everyMs) } });
}

/** When the next slot begins; null while slots are off. */
export function slotDueAt({ session }: Channel): number | null {
  return session.slots?.nextAt ?? null;
}

/** Whether something waits for its slot, and for nothing else. */
export function awaitsSlot(channel: Channel, entry: Entry): boolean {
  const isOn = channel.session.slots !== null && entry.frameId === null;
  return isOn && isOfSlot(channel, entry);
}

/** How long what waits now takes at most to get its slot while the relay is there, in milliseconds. */
export function slotWaitMs(channel: Channel): number {
  const { outbox, slots } = channel.session;
  const waiting = outbox.filter((entry) => awaitsSlot(channel, entry)).length;
  return waiting * (slots?.everyMs ?? 0);
}

function contentOf(channel: Channel, { id }: Entry): Content | undefined {
  return channel.contents.get(hex(id));
}

function isOfSlot(channel: Channel, entry: Entry): boolean {
  const content = contentOf(channel, entry);
  return content !== undefined && slotKinds.includes(content.kind);
}

/**
 * Protects what leaves now: everything, or with slots what cannot wait, and in a slot the oldest thing that
 * waits for one, or else cover. The slot is used up by the same save that keeps its frame.
 */
export function protectDue(turn: Turn, channel: Channel): Channel {
  if (channel.session.slots === null) return protectWaiting(turn, channel);
  const next = protectUrgent(turn, channel);
  const { slots } = next.session;
  return slots === null || turn.now < slots.nextAt ? next : fillSlot(turn, nextSlot(turn, next));
}

/** What has a number already goes before what cannot wait, or its readers would miss it. */
function protectUrgent(turn: Turn, channel: Channel): Channel {
  const waiting = channel.session.outbox.filter(({ frameId }) => frameId === null);
  const urgent = waiting.filter((entry) => !isOfSlot(channel, entry));
  if (urgent.length === 0) return channel;
  const leaving = waiting.filter((entry) => entry.counter !== null || urgent.includes(entry));
  return leaving.reduce((next, entry) => protectEntry(turn, next, entry), channel);
}

function fillSlot(turn: Turn, channel: Channel): Channel {
  const { outbox, slots } = channel.session;
  if (slots === null) return channel;
  // A relay that takes nothing in, or shows none of it, is not given more and more of it.
  const isFull = outbox.filter(({ frameId }) => frameId !== null).length >= limits.slotsInFlightMax;
  if (isFull) return channel;
  const isWaiting = outbox.some(({ frameId }) => frameId === null);
  const filled = isWaiting
    ? channel
    : enqueue(turn, channel, { kind: "cover", everyMs: slots.everyMs });
  const first = filled.session.outbox.find(({ frameId }) => frameId === null);
  return first === undefined ? filled : protectEntry(turn, filled, first);
}

/** Whether an own frame waits that holds nothing a person has said. */
export function isCover(channel: Channel, entry: Entry): boolean {
  return contentOf(channel, entry)?.kind === "cover";
}
