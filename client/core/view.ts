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
  /** How a second sponsor authenticates a newcomer. */
  readonly check: "words" | "two-codes";
  /** Whether clients that say that they keep copies elsewhere are let in and shown, or refused. */
  readonly archivers: "shown" | "refused";
  readonly timerMs: number | null;
  readonly sunsetAt: number | null;
  readonly members: number;
  readonly unread: number;
}

/** A sponsor by label, and how the newcomer was authenticated. */
export interface Provenance {
  readonly label: string;
  readonly check: "code" | "words";
}

/** A change that needs several persons. */
export interface MotionView {
  /** 32 hex digits. */
  readonly id: string;
  readonly op: "admit" | "remove" | "policy" | "renew";
  /** Of the newcomer or of the seat concerned; empty for a policy. */
  readonly label: string;
  /** Label of who moved it. */
  readonly by: string;
  /** Labels of those whose approval is known and holds. */
  readonly given: readonly string[];
  readonly needed: number;
  readonly seenAt: number;
  /** Why it ended without being carried out; null while it is open or when it was granted. */
  readonly ended: "denied" | "words" | "expired" | "withdrawn" | "code" | "archiver" | null;
  readonly endedBy: string | null;
  /** Labels of those who said no and could not end it. */
  readonly against: readonly string[];
  /** The epoch that its commit has made. */
  readonly granted: number | null;
  /** The member for whom the newcomer's label could be mistaken. */
  readonly lookAlike: string | null;
  /** The policy that is asked for; null for other motions. */
  readonly change: {
    readonly approvals: number;
    readonly check: "words" | "two-codes";
    readonly archivers: "shown" | "refused";
  } | null;
  /** Of an admission: labels of the seats that the newcomer's person has already; empty for other motions. */
  readonly otherSeats: readonly string[];
  /** Whether the newcomer's client says that it keeps copies elsewhere; false for other motions. */
  readonly archives: boolean;
  readonly mine: boolean;
  /** Whether this person has approved it. */
  readonly approved: boolean;
}

export interface MemberView {
  readonly leaf: number;
  readonly label: string;
  /** Person id fixed at admission, lower-case hex: two seats of one person share it. */
  readonly person: string;
  /** Labels of this person's other seats, in the order of the tree: the devices that are taken for theirs. */
  readonly otherSeats: readonly string[];
  readonly self: boolean;
  /** Whether its client says that it keeps copies elsewhere. One that hides it says nothing. */
  readonly archives: boolean;
  /** Who approved this seat and by which check; empty for the founder and where nobody has said. */
  readonly admittedBy: readonly Provenance[];
  /** When this client saw it come in, milliseconds since 1970, and the epoch; null when it was there before. */
  readonly admittedAt: number | null;
  readonly admittedEpoch: number | null;
  /** Whether anything of this seat was read in the current epoch. */
  readonly heard: boolean;
  /** Last epoch in which anything of this seat was read; null when never. */
  readonly lastHeardEpoch: number | null;
  /** How far this seat says that it has received; null when it sends no receipts. */
  readonly receipt: { readonly epoch: number; readonly seq: number } | null;
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
  | "slots-missed"
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
  /** Who has frozen the sending of texts, and until when at most. */
  readonly frozen: { readonly by: string; readonly until: number } | null;
  readonly gaps: readonly GapView[];
  readonly alarms: readonly AlarmView[];
  /** Things kept here that the relay has not acked. */
  readonly outbox: number;
  /** Whether this seat confirms what it receives. */
  readonly receipts: boolean;
  /** Length of the slots in each of which this seat posts one frame while it is connected; null when off. */
  readonly slotMs: number | null;
  readonly updateDueAt: number;
  /** Whether retired signature keys are released, so that talk can be denied. */
  readonly deniable: boolean;
  /**
   * Of how many past epochs late messages are read at most, of each for how long at most, and of which epochs
   * their keys are kept now.
   */
  readonly late: {
    readonly epochs: number;
    readonly windowMs: number;
    readonly kept: readonly { readonly epoch: number; readonly until: number }[];
  };
  /** Former signature keys by what they are now: released, or known and not released. */
  readonly formerKeys: { readonly released: number; readonly unreleased: number };
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
  /** An alarm is over by itself: `detail` says what has become of it. */
  | ({ readonly type: "cleared"; readonly channel: string } & AlarmView)
  | {
      readonly type: "epoch";
      readonly channel: string;
      readonly epoch: number;
      readonly committer: string;
      readonly joined: readonly {
        readonly label: string;
        readonly admittedBy: readonly Provenance[];
      }[];
      readonly removed: readonly string[];
      /** Seats whose client says since this epoch that it keeps copies elsewhere, or no longer does. */
      readonly declared: readonly { readonly label: string; readonly archives: boolean }[];
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
  | {
      readonly type: "receipt";
      readonly channel: string;
      readonly from: string;
      /** Everything up to this position of this epoch has arrived there, and the epochs before. */
      readonly epoch: number;
      readonly seq: number;
    }
  | {
      readonly type: "released";
      readonly channel: string;
      readonly from: string;
      /** The last epoch of the signature key that everybody has now. */
      readonly epoch: number;
    }
  | { readonly type: "state"; readonly channel: string; readonly state: ChannelState }
  | {
      readonly type: "connection";
      readonly relay: string;
      readonly up: boolean;
      readonly detail: string;
    }
  | ({
      readonly type: "motion";
      readonly channel: string;
      readonly state: "moved" | "seconded" | "checked" | "opposed" | "ended" | "granted";
    } & MotionView)
  | {
      readonly type: "freeze";
      readonly channel: string;
      /** Label of whose freeze it is. */
      readonly by: string;
      readonly on: boolean;
    }
  | { readonly type: "forgotten"; readonly channel: string; readonly messages: number };
