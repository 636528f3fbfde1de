/** What the core shows to its hosts: plain values, nothing secret except the texts of messages. */

/**
 * Where this seat stands in a channel. Only `open` may send. `halted`: a commit's private part failed;
 * `stranded`: the relay has pruned positions that were not read; `rolled-back`: this vault is an old
 * copy; `left`, `removed`: no longer a member; `closed`: the sunset has passed.
 */
export type ChannelState =
  | "open"
  | "halted"
  | "stranded"
  | "rolled-back"
  | "left"
  | "removed"
  | "closed";

export interface ChannelView {
  /** The local name; nobody else knows it. */
  readonly name: string;
  /** Random local id of the channel in this vault, lower-case hex. */
  readonly id: string;
  readonly relay: string;
  /** Our own label, as our sponsor chose it. */
  readonly label: string;
  readonly epoch: number;
  readonly state: ChannelState;
  readonly approvals: number;
  readonly timerMs: number | null;
  readonly sunsetAt: number | null;
  readonly members: number;
  readonly unread: number;
}

export interface MemberView {
  readonly leaf: number;
  readonly label: string;
  /** Person id fixed at admission, lower-case hex: two seats of one person share it. */
  readonly person: string;
  readonly self: boolean;
  /** Labels of those who approved this seat, as far as this client saw it happen. */
  readonly admittedBy: readonly string[];
  /** Whether anything of this seat was read in the current epoch. */
  readonly heard: boolean;
  /** Last epoch in which anything of this seat was read; null when never. */
  readonly lastHeardEpoch: number | null;
}

export type AlarmCode =
  | "fork"
  | "replay"
  | "reordered"
  | "short-log"
  | "stranded"
  | "rolled-back"
  | "halted"
  | "complaint"
  | "split-suspected"
  | "look-alike"
  | "freeze-refused";

export interface AlarmView {
  readonly code: AlarmCode;
  readonly epoch: number;
  /** Label of the seat that the alarm names; null when it names none. */
  readonly from: string | null;
  readonly detail: string;
}

/** What is missing or could not be read: `from` null when not even the sender is known. */
export interface GapView {
  readonly from: string | null;
  readonly epoch: number;
  /** Position in the epoch's log, null when the sender's counter revealed the gap. */
  readonly seq: number | null;
  readonly missing: number;
  readonly detail: string;
}

export interface StatusView extends ChannelView {
  readonly connected: boolean;
  /** Whether everything that the relay holds has been read. */
  readonly caughtUp: boolean;
  /** Twelve words of the epoch authenticator, to be compared by voice; none once the seat is gone. */
  readonly words: readonly string[];
  /** "Heard from m of n": labels of the other seats, read and not yet read in this epoch. */
  readonly heardFrom: readonly string[];
  readonly silent: readonly string[];
  /** When a silence that goes on raises `split-suspected`; null when nobody owes an answer. */
  readonly splitSuspectedAt: number | null;
  readonly gaps: readonly GapView[];
  readonly alarms: readonly AlarmView[];
  /** Things kept here that the relay has not acked. */
  readonly outbox: number;
  readonly updateDueAt: number;
}

export interface MessageView {
  readonly channel: string;
  /** Random message id, lower-case hex; the same when the message had to be sent again. */
  readonly id: string;
  readonly from: string;
  readonly mine: boolean;
  readonly epoch: number;
  /** Position in the epoch's log. */
  readonly seq: number;
  /** When this client read it, milliseconds since 1970. */
  readonly receivedAt: number;
  readonly body: string;
  readonly cursor: string;
}

/** What happened, in the order in which it happened. `channel` is the local name. */
export type Notice =
  | ({ readonly type: "message" } & MessageView)
  | ({ readonly type: "gap"; readonly channel: string } & GapView)
  | ({ readonly type: "alarm"; readonly channel: string } & AlarmView)
  | {
      readonly type: "epoch";
      readonly channel: string;
      readonly epoch: number;
      readonly committer: string;
      readonly joined: readonly string[];
      readonly removed: readonly string[];
      readonly rotated: boolean;
    }
  | {
      readonly type: "sent";
      readonly channel: string;
      readonly id: string;
      readonly epoch: number;
      readonly seq: number;
    }
  | {
      readonly type: "heard";
      readonly channel: string;
      readonly from: string;
      readonly epoch: number;
    }
  | { readonly type: "state"; readonly channel: string; readonly state: ChannelState }
  | {
      readonly type: "connection";
      readonly relay: string;
      readonly up: boolean;
      readonly detail: string;
    }
  | { readonly type: "forgotten"; readonly channel: string; readonly messages: number };
