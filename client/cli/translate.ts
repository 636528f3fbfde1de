import type { Client } from "#client/core/client.ts";
import type {
  AlarmView,
  ChannelView,
  GapView,
  MemberView,
  MessageView,
  MotionView,
  Notice,
} from "#client/core/view.ts";
import type { EpochLine, Line, MemberLine, MotionFields, MotionLine } from "./lines.ts";
import { alarmHint } from "./terminal.ts";

/** The core's views as the lines that a script sees. */
export function channelLine(view: ChannelView, current: boolean): Line {
  const { name, label, epoch, approvals, relay, state, members, unread, timerMs } = view;
  const sunsetAt = timeOrNull(view.sunsetAt);
  return {
    type: "channel",
    ...{ name, label, epoch, approvals, relay, state, members, unread, timerMs, sunsetAt },
    current,
  };
}

export function messageLine(view: MessageView): Line {
  const { channel, id, from, epoch, seq, body, cursor } = view;
  const receivedAt = new Date(view.receivedAt).toISOString();
  return { type: "message", channel, id, from, epoch, seq, body, cursor, receivedAt };
}

export function memberLine(channel: string, view: MemberView): MemberLine {
  const { label, self, archives, leaf, person, otherSeats, heard, lastHeardEpoch } = view;
  return {
    type: "member",
    channel,
    label,
    self,
    archives,
    seat: leaf,
    person,
    otherSeats,
    admittedBy: view.admittedBy.map((sponsor) => sponsor.label),
    sponsors: view.admittedBy,
    admittedAt: timeOrNull(view.admittedAt),
    admittedEpoch: view.admittedEpoch,
    heard,
    lastHeardEpoch,
    receipt: view.receipt,
  };
}

/** A channel's state; `open` are its alarms that nobody has answered by comparing words. */
export function statusLine(client: Client, channel: string, open: readonly AlarmView[]): Line {
  const view = client.status(channel);
  const { label, relay, connected, caughtUp, state, epoch, members, approvals, words } = view;
  return {
    type: "status",
    channel,
    ...{ label, relay, connected, caughtUp, state, epoch, members, approvals },
    check: view.check,
    archivers: view.archivers,
    archiving: client
      .who(channel)
      .filter(({ archives }) => archives)
      .map((seat) => seat.label),
    pending: client.pending(channel).filter((one) => one.ended === null && one.granted === null)
      .length,
    frozen:
      view.frozen === null ? null : { by: view.frozen.by, until: timeOrNull(view.frozen.until) },
    words,
    heardFrom: view.heardFrom,
    silent: view.silent,
    gaps: view.gaps.map(gapFields),
    alarms: view.alarms.map((alarm) => ({
      ...alarmFields(alarm),
      open: open.some((one) => isSame(one, alarm)),
    })),
    outbox: view.outbox,
    receipts: view.receipts,
    slotMs: view.slotMs,
    unread: view.unread,
    timerMs: view.timerMs,
    sunsetAt: timeOrNull(view.sunsetAt),
    updateDueAt: timeOrNull(view.updateDueAt),
    deniable: view.deniable,
    late: {
      ...view.late,
      kept: view.late.kept.map(({ epoch, until }) => ({ epoch, until: timeOrNull(until) })),
    },
    formerKeys: view.formerKeys,
  };
}

/** A motion as it stands, with the labels of those whose approval would count. */
export function motionFields(client: Client, channel: string, view: MotionView): MotionFields {
  const { id, op, label, change, by, given, needed, ended, endedBy, lookAlike } = view;
  const { against, granted, mine, approved, archives, otherSeats } = view;
  const seats = client.who(channel);
  const personsOf = (labels: readonly string[]): Set<string> =>
    new Set(seats.filter((seat) => labels.includes(seat.label)).map(({ person }) => person));
  const own = op === "admit" || op === "policy" ? [by] : [by, label];
  const done = personsOf([...given, ...own]);
  const waitsFor = seats.filter(({ person }) => !done.has(person)).map((seat) => seat.label);
  const seenAt = new Date(view.seenAt).toISOString();
  return {
    ...{ channel, id, op, label, change, by, given, needed, waitsFor, seenAt, ended, endedBy },
    ...{ against, granted, lookAlike, mine, approved, archives, otherSeats },
  };
}

/** What a notice says to somebody who follows one channel; null for what does not concern them. */
export function noticeLine(client: Client, notice: Notice, channel: string): Line | null {
  if (notice.type === "connection") {
    const { relay, up, detail } = notice;
    return { type: "connection", relay, up, detail };
  }
  if (notice.channel !== channel) return null;
  switch (notice.type) {
    case "gap":
      return { type: "gap", channel, ...gapFields(notice) };
    case "alarm":
      return { type: "alarm", channel, ...alarmFields(notice) };
    case "cleared": {
      const { code, from, detail } = notice;
      return { type: "cleared", code, channel, from, detail };
    }
    case "epoch":
      return epochLine(notice);
    case "motion":
      return motionLine(client, notice);
    case "freeze":
      return { type: "freeze", channel, by: notice.by, on: notice.on };
    default:
      return null;
  }
}

/** What became of a motion, with what the channel's members are called. */
export function motionLine(
  client: Client,
  notice: Extract<Notice, { type: "motion" }>,
): MotionLine {
  const { channel, state } = notice;
  return { type: "motion", state, ...motionFields(client, channel, notice) };
}

/** What began an epoch. */
export function epochLine(notice: Extract<Notice, { type: "epoch" }>): EpochLine {
  const { channel, epoch, committer, joined, removed, declared, rotated } = notice;
  return {
    type: "epoch",
    ...{ channel, epoch, committer },
    joined: joined.map(({ label }) => label),
    admissions: joined.map(({ label, admittedBy }) => ({ label, sponsors: admittedBy })),
    ...{ removed, declared, rotated },
  };
}

function isSame(one: AlarmView, other: AlarmView): boolean {
  const { code, epoch, from, detail } = one;
  const isOfOne = code === other.code && epoch === other.epoch && from === other.from;
  return isOfOne && detail === other.detail;
}

function gapFields({ from, epoch, missing, detail }: GapView) {
  return { from, epoch, missing, detail };
}

function alarmFields({ code, epoch, from, detail }: AlarmView) {
  return { code, epoch, from, detail, hint: alarmHint(code) };
}

/** Far-off times are the core's way to say "never"; a date cannot hold them. */
function timeOrNull(atMs: number | null): string | null {
  return atMs === null || !Number.isFinite(atMs) || atMs > 8e15
    ? null
    : new Date(atMs).toISOString();
}
