import { member } from "#client/mls/group.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { checkApproval, decodeApproval, seatId } from "./approval.ts";
import { hasSameView } from "./chain.ts";
import { storeMessage, viewMessage } from "./history.ts";
import { isReadAgain } from "./log.ts";
import type { Body } from "./message.ts";
import { breakMissed, hearSlots } from "./missed.ts";
import { takeMotion } from "./motion-hear.ts";
import { countMessage, newPeer, type Verdict } from "./peer.ts";
import { decodePolicy } from "./policy.ts";
import { oweReceipt, takeReceipt } from "./receipt.ts";
import { takeReleased } from "./release.ts";
import { breakSilence } from "./silence.ts";
import type { Channel, Log } from "./state.ts";
import { epochOf, labelOf, notify, raiseAlarm, recordGap, type Turn, withSession } from "./turn.ts";

/** A body whose author's signature holds, and where it stood. */
export interface Heard {
  readonly sender: number;
  readonly body: Body;
  readonly epoch: number;
  /** The log in which it stood, read up to it. */
  readonly log: Log;
  readonly isLate: boolean;
}

/** Takes in what a member said: compares views, counts, and shows what is new. */
export function receiveBody(turn: Turn, channel: Channel, heard: Heard): Channel {
  const from = labelOf(channel, heard.sender) ?? "";
  let next = compareViews(turn, channel, heard, from);
  next = markHeard(turn, next, heard, from);
  const peer =
    next.session.peers.find(({ leaf }) => leaf === heard.sender) ?? newPeer(heard.sender, 0, null);
  const counted = countMessage(peer, heard.body);
  const others = next.session.peers.filter(({ leaf }) => leaf !== heard.sender);
  const lastHeardEpoch = Math.max(heard.epoch, peer.lastHeardEpoch ?? 0);
  const heardPeer = hearSlots(counted.peer, heard.body.content, turn.now);
  next = withSession(next, { peers: [...others, { ...heardPeer, lastHeardEpoch }] });
  const missing = counted.verdict.kind === "new" ? counted.verdict.missing : 0;
  next = breakMissed(turn, next, peer, missing);
  next = judge(turn, next, heard, from, counted.verdict);
  const isNew = counted.verdict.kind === "new" || counted.verdict.kind === "filled";
  return isNew ? takeContent(turn, next, heard, from) : next;
}

/** An author who saw another log at a position that we have read too was shown a forked one, or we were. */
function compareViews(turn: Turn, channel: Channel, heard: Heard, from: string): Channel {
  const { body, log, epoch } = heard;
  const { previous } = channel.session;
  const isSame = isReadAgain(log) || hasSameView(log.chain, body.seen) !== false;
  const isSameBefore =
    heard.isLate ||
    previous === null ||
    body.previous === null ||
    equalBytes(previous, body.previous);
  if (isSame && isSameBefore) return channel;
  const where = isSame ? "the epoch before" : `position ${body.seen.position} of this epoch`;
  return raiseAlarm(turn, channel, {
    code: "fork",
    epoch,
    from,
    detail: `was shown another log in ${where}`,
  });
}

function markHeard(turn: Turn, channel: Channel, heard: Heard, from: string): Channel {
  // A relay that keeps old frames back must not put off by them what the silence since then tells.
  const isRecent = heard.epoch >= epochOf(channel) - 1;
  const next = isRecent ? breakSilence(channel, heard.sender) : channel;
  const { session, settings } = next;
  if (heard.isLate || session.heard.includes(heard.sender)) return next;
  notify(turn, { type: "heard", channel: settings.name, from, epoch: heard.epoch });
  return withSession(next, { heard: [...session.heard, heard.sender] });
}

function judge(
  turn: Turn,
  channel: Channel,
  heard: Heard,
  from: string,
  verdict: Verdict,
): Channel {
  const { epoch, log } = heard;
  switch (verdict.kind) {
    case "new": {
      if (verdict.missing === 0) return channel;
      const detail = `${verdict.missing} before position ${log.chain.position} have not arrived`;
      return recordGap(turn, channel, { from, epoch, seq: null, missing: verdict.missing, detail });
    }
    case "filled":
      if (heard.isLate) return channel;
      return raiseAlarm(turn, channel, {
        code: "reordered",
        epoch,
        from,
        detail: `message ${heard.body.counter} arrived behind a later one`,
      });
    case "again":
      return channel;
    case "twisted":
      return raiseAlarm(turn, channel, {
        code: "replay",
        epoch,
        from,
        detail: `two messages bear the number ${heard.body.counter}`,
      });
  }
}

function takeContent(turn: Turn, channel: Channel, heard: Heard, from: string): Channel {
  const { content, id } = heard.body;
  const { epoch, log } = heard;
  switch (content.kind) {
    case "text": {
      const seq = log.chain.position;
      const message = { id, from, mine: false, epoch, seq, receivedAt: turn.now };
      const { timerMs } = decodePolicy(channel.group.extensions);
      const { text } = content;
      const { channel: next, stored } = storeMessage(channel, { ...message, text }, timerMs);
      notify(turn, { type: "message", ...viewMessage(next, stored) });
      const counted = withSession(next, { sinceUpdate: next.session.sinceUpdate + 1 });
      return oweReceipt(turn, counted);
    }
    case "receipt": {
      // Nobody has read what stands behind his own words.
      const position = Math.min(heard.body.seen.position, log.chain.position);
      return takeReceipt(turn, channel, { sender: heard.sender, epoch, position });
    }
    case "presence":
    case "cover":
    case "pause":
      return channel;
    case "complaint": {
      const committer = labelOf(channel, content.committer) ?? "a former member";
      const detail = `could not follow the commit of ${committer} at position ${content.position}`;
      return raiseAlarm(turn, channel, { code: "complaint", epoch, from, detail });
    }
    case "release":
      return takeReleased(turn, channel, { sender: heard.sender, from, in: epoch }, content);
    case "leave":
      return noteLeave(turn, channel, heard.sender, content.approval);
    default:
      return takeMotion(turn, channel, heard.sender, content);
  }
}

/** Remembers a signed leave until some commit carries it out. */
function noteLeave(turn: Turn, channel: Channel, sender: number, bytes: Uint8Array): Channel {
  const seat = member(channel.group, sender);
  if (seat === null) return channel;
  const target = seatId(seat);
  try {
    const approval = decodeApproval(bytes);
    const isOwn = approval.operation === "leave" && approval.signer === sender;
    if (!isOwn || !equalBytes(approval.target, target)) {
      throw new Failure("refused", "leave: is not the author's own");
    }
    checkApproval(channel.group, approval);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const from = labelOf(channel, sender);
    const detail = error.message;
    return recordGap(turn, channel, {
      from,
      epoch: epochOf(channel),
      seq: null,
      missing: 0,
      detail,
    });
  }
  const { leaves } = channel.plans;
  if (leaves.some((leave) => equalBytes(leave.seat, target))) return channel;
  const leave = { seat: target, leaf: sender, approval: bytes, seenAt: turn.now };
  return { ...channel, plans: { ...channel.plans, leaves: [...leaves, leave] } };
}
