import { member } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import type { Failure } from "#shared/failure.ts";
import type { Cipher } from "./cipher.ts";
import { decodeIdentity } from "./identity.ts";
import type { MailboxKeys } from "./mailbox.ts";
import type { Random, ReceiptTimes } from "./ports.ts";
import { alarmsMax, type Channel, gapsMax, type Session } from "./state.ts";
import type { AlarmView, GapView, Notice } from "./view.ts";

/** What a step wants done, after the new state is on the disk. */
export type Effect =
  | {
      readonly type: "open";
      readonly keys: MailboxKeys;
      readonly from: number;
      /** Comes back with every event of this opening. */
      readonly opening: number;
    }
  | { readonly type: "close"; readonly mailbox: string }
  | {
      readonly type: "post";
      readonly mailbox: string;
      readonly frameId: Uint8Array;
      readonly frame: Uint8Array;
    }
  | { readonly type: "notice"; readonly notice: Notice }
  /** A request of the host is done, or refused. */
  | { readonly type: "done"; readonly id: string; readonly result: Done }
  | { readonly type: "failed"; readonly id: string; readonly failure: Failure };

export interface Done {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

/** One step's surroundings and what it has collected so far. Lives no longer than the step. */
export interface Turn {
  readonly now: number;
  readonly random: Random;
  readonly cipher: Cipher;
  readonly receiptTimes: ReceiptTimes;
  readonly effects: Effect[];
  /** Secrets to wipe once the new state is saved. */
  readonly spent: Uint8Array[];
}

export function withSession(channel: Channel, change: Partial<Session>): Channel {
  return { ...channel, session: { ...channel.session, ...change } };
}

export function epochOf(channel: Channel): number {
  return Number(channel.group.epoch);
}

/** The label in a leaf; null when nobody sits there. */
export function labelOf(channel: Channel, leaf: number): string | null {
  const seat = member(channel.group, leaf);
  return seat === null ? null : decodeIdentity(seat.identity).label;
}

export function notify(turn: Turn, notice: Notice): void {
  turn.effects.push({ type: "notice", notice });
}

/** Records and shows an alarm; the same one is shown once. */
export function raiseAlarm(turn: Turn, channel: Channel, alarm: AlarmView): Channel {
  const { reports, settings } = channel;
  const isKnown = reports.alarms.some((one) => {
    return one.code === alarm.code && one.epoch === alarm.epoch && one.from === alarm.from;
  });
  if (isKnown) return channel;
  notify(turn, { type: "alarm", channel: settings.name, ...alarm });
  const alarms = [...reports.alarms, alarm].slice(-alarmsMax);
  return { ...channel, reports: { ...reports, alarms } };
}

/** Takes an alarm back that is over by itself, and shows what has become of it. */
export function clearAlarm(
  turn: Turn,
  channel: Channel,
  { code, from, detail }: Pick<AlarmView, "code" | "from" | "detail">,
): Channel {
  const { reports, settings } = channel;
  const isOver = (one: AlarmView) => one.code === code && one.from === from;
  const alarms = reports.alarms.filter((one) => !isOver(one));
  if (alarms.length === reports.alarms.length) return channel;
  notify(turn, {
    type: "cleared",
    channel: settings.name,
    code,
    epoch: epochOf(channel),
    from,
    detail,
  });
  return { ...channel, reports: { ...reports, alarms } };
}

/** Records and shows what is missing or could not be read. */
export function recordGap(turn: Turn, channel: Channel, gap: GapView): Channel {
  const { reports, settings } = channel;
  notify(turn, { type: "gap", channel: settings.name, ...gap });
  const gaps = [...reports.gaps, gap].slice(-gapsMax);
  return { ...channel, reports: { ...reports, gaps } };
}

/** Stops the channel for good in this vault: it reads and sends nothing more. */
export function stop(turn: Turn, channel: Channel, state: Session["state"]): Channel {
  if (channel.session.state === state) return channel;
  notify(turn, { type: "state", channel: channel.settings.name, state });
  return withSession(channel, { state });
}

export function without<Value>(map: ReadonlyMap<string, Value>, ids: readonly Uint8Array[]) {
  if (ids.length === 0) return map;
  const kept = new Map(map);
  for (const id of ids) kept.delete(hex(id));
  return kept as ReadonlyMap<string, Value>;
}
