import type {
  AlarmView,
  ChannelView,
  GapView,
  MemberView,
  MessageView,
  Notice,
  StatusView,
} from "#client/core/view.ts";
import type { Line } from "./lines.ts";
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

export function memberLine(channel: string, view: MemberView): Line {
  const { label, self, leaf, person, admittedBy, heard, lastHeardEpoch } = view;
  return {
    type: "member",
    channel,
    label,
    self,
    seat: leaf,
    person,
    admittedBy,
    heard,
    lastHeardEpoch,
  };
}

export function statusLine(view: StatusView): Line {
  const { label, relay, connected, caughtUp, state, epoch, members, approvals, words } = view;
  return {
    type: "status",
    channel: view.name,
    ...{ label, relay, connected, caughtUp, state, epoch, members, approvals, words },
    heardFrom: view.heardFrom,
    silent: view.silent,
    gaps: view.gaps.map(gapFields),
    alarms: view.alarms.map(alarmFields),
    outbox: view.outbox,
    unread: view.unread,
    timerMs: view.timerMs,
    sunsetAt: timeOrNull(view.sunsetAt),
    updateDueAt: timeOrNull(view.updateDueAt),
  };
}

/** What a notice says to somebody who follows one channel; null for what does not concern them. */
export function noticeLine(notice: Notice, channel: string): Line | null {
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
    case "epoch": {
      const { epoch, committer, joined, removed, rotated } = notice;
      return { type: "epoch", channel, epoch, committer, joined, removed, rotated };
    }
    default:
      return null;
  }
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
