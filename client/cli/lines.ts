import type { Excerpt } from "#client/core/excerpt.ts";
import type { AlarmCode, ChannelState } from "#client/core/view.ts";
import type { FailureCode } from "#shared/failure.ts";
import type { LateRule } from "./late-words.ts";
import type {
  CheckLine,
  DecidedLine,
  MotionLine,
  PendingLine,
  SponsorFields,
} from "./lines-motion.ts";

export type * from "./lines-motion.ts";

/**
 * Every object that a verb may print with `--json`, one a line, each with `v: 1` in front. Fields are
 * only ever added (DESIGN section 5). Times are ISO 8601 in UTC, lengths of time are milliseconds.
 */
export type Line =
  | ChannelLine
  | InviteLine
  | JoinedLine
  | SentLine
  | MessageLine
  | GapLine
  | AlarmLine
  | ClearedLine
  | EpochLine
  | ConnectionLine
  | MemberLine
  | StatusLine
  | ChangedLine
  | PendingLine
  | MotionLine
  | CheckLine
  | DecidedLine
  | ListeningLine
  | InspectLine
  | ErrorLine;

export interface ChannelLine {
  readonly type: "channel";
  readonly name: string;
  readonly label: string;
  readonly epoch: number;
  readonly approvals: number;
  readonly relay: string;
  readonly state: ChannelState;
  readonly members: number;
  readonly unread: number;
  readonly timerMs: number | null;
  readonly sunsetAt: string | null;
  /** Whether verbs without `--channel` mean this one. */
  readonly current: boolean;
}

export interface InviteLine {
  readonly type: "invite";
  readonly channel: string;
  readonly label: string;
  readonly code: string;
  readonly relay: string;
  readonly expiresAt: string;
  /** Persons who must agree, the one who invites included. */
  readonly needed: number;
  /** Whether the newcomer needs a code of each sponsor. */
  readonly check: "words" | "two-codes";
  /** True for the code that a second sponsor gives out. */
  readonly second: boolean;
}

export interface JoinedLine {
  readonly type: "joined";
  readonly channel: string;
  readonly label: string;
  readonly epoch: number;
  readonly admittedBy: readonly string[];
  /** The same persons, and how each has made sure. */
  readonly sponsors: readonly SponsorFields[];
}

export interface SentLine {
  readonly type: "sent";
  readonly channel: string;
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

export interface MessageLine {
  readonly type: "message";
  readonly channel: string;
  readonly id: string;
  readonly from: string;
  readonly epoch: number;
  readonly seq: number;
  readonly body: string;
  readonly cursor: string;
  readonly receivedAt: string;
}

export interface GapLine {
  readonly type: "gap";
  readonly channel: string;
  readonly from: string | null;
  readonly epoch: number;
  readonly missing: number;
  readonly detail: string;
}

export interface AlarmLine {
  readonly type: "alarm";
  readonly code: AlarmCode;
  readonly channel: string;
  readonly epoch: number;
  readonly from: string | null;
  readonly detail: string;
  readonly hint: string;
}

/** An alarm that is over by itself. */
export interface ClearedLine {
  readonly type: "cleared";
  readonly code: AlarmCode;
  readonly channel: string;
  readonly from: string | null;
  readonly detail: string;
}

export interface EpochLine {
  readonly type: "epoch";
  readonly channel: string;
  readonly epoch: number;
  readonly committer: string;
  readonly joined: readonly string[];
  readonly admissions: readonly {
    readonly label: string;
    readonly sponsors: readonly SponsorFields[];
  }[];
  readonly removed: readonly string[];
  /** Whose client says since this epoch that it keeps copies elsewhere, or no longer does. */
  readonly declared: readonly { readonly label: string; readonly archives: boolean }[];
  readonly rotated: boolean;
}

export interface ConnectionLine {
  readonly type: "connection";
  readonly relay: string;
  readonly up: boolean;
  readonly detail: string;
}

export interface MemberLine {
  readonly type: "member";
  readonly channel: string;
  readonly label: string;
  readonly self: boolean;
  /** Whether its client says that it keeps copies elsewhere. */
  readonly archives: boolean;
  readonly seat: number;
  readonly person: string;
  /** Labels of other seats of the same person. */
  readonly otherSeats: readonly string[];
  readonly admittedBy: readonly string[];
  readonly sponsors: readonly SponsorFields[];
  /** When this client saw the admission; null for the founder and for whoever was here before. */
  readonly admittedAt: string | null;
  readonly admittedEpoch: number | null;
  readonly heard: boolean;
  readonly lastHeardEpoch: number | null;
  /** How far this seat confirms that it has received; null when it sends no receipts. */
  readonly receipt: { readonly epoch: number; readonly seq: number } | null;
}

export interface StatusLine {
  readonly type: "status";
  readonly channel: string;
  readonly label: string;
  readonly relay: string;
  readonly connected: boolean;
  readonly caughtUp: boolean;
  readonly state: ChannelState;
  readonly epoch: number;
  readonly members: number;
  readonly approvals: number;
  readonly check: "words" | "two-codes";
  readonly archivers: "shown" | "refused";
  /** Labels of the seats whose client says that it keeps copies elsewhere. */
  readonly archiving: readonly string[];
  /** Motions that wait for somebody. */
  readonly pending: number;
  /** Who has frozen sending, and until when; null when nobody has. */
  readonly frozen: { readonly by: string; readonly until: string | null } | null;
  readonly words: readonly string[];
  readonly heardFrom: readonly string[];
  readonly silent: readonly string[];
  readonly gaps: readonly Omit<GapLine, "type" | "channel">[];
  readonly alarms: readonly StatusAlarm[];
  readonly outbox: number;
  /** Whether this seat confirms what it receives. */
  readonly receipts: boolean;
  /** Length of the slots in each of which this seat posts one frame while it is connected; null when off. */
  readonly slotMs: number | null;
  readonly unread: number;
  readonly timerMs: number | null;
  readonly sunsetAt: string | null;
  readonly updateDueAt: string | null;
  /** Whether retired signature keys are released, so that talk can be denied. */
  readonly deniable: boolean;
  /** The rule for late messages, and the past epochs whose keys are kept for them now. */
  readonly late: LateRule & {
    readonly kept: readonly { readonly epoch: number; readonly until: string | null }[];
  };
  readonly formerKeys: { readonly released: number; readonly unreleased: number };
}

export interface StatusAlarm extends Omit<AlarmLine, "type" | "channel"> {
  /** Whether it asks to compare words by voice, and nobody has said yet that they agree. */
  readonly open: boolean;
}

/** What a verb that changes something answers when it is done. */
export type ChangedLine =
  | { readonly type: "rotated"; readonly channel: string; readonly epoch: number }
  | {
      readonly type: "removed";
      readonly channel: string;
      readonly label: string;
      readonly epoch: number;
    }
  | { readonly type: "left"; readonly channel: string }
  /** A line that was never said: saved as JSON, it is what `inspect` verifies. */
  | Omit<Excerpt, "v">
  | { readonly type: "receipts"; readonly channel: string; readonly on: boolean }
  | {
      readonly type: "archives";
      readonly channel: string;
      readonly on: boolean;
      readonly epoch: number;
    }
  | { readonly type: "slots"; readonly channel: string; readonly everyMs: number | null }
  | {
      readonly type: "timer";
      readonly channel: string;
      readonly timerMs: number | null;
      readonly epoch: number;
    }
  | { readonly type: "using"; readonly channel: string }
  | { readonly type: "wiped"; readonly channel: string | null };

export interface ListeningLine {
  readonly type: "listening";
  readonly address: string;
  /** The database file, null when the relay keeps everything in memory. */
  readonly data: string | null;
}

/** One fact that `inspect` found in a file. */
export interface InspectLine {
  readonly type: "inspect";
  readonly file: string;
  readonly kind: string;
  readonly name: string;
  readonly value: string | number | boolean | null;
}

export interface ErrorLine {
  readonly type: "error";
  readonly code: FailureCode;
  readonly exit: number;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterMs: number | null;
}
