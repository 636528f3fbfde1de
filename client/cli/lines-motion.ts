import type { LateRule } from "./late-words.ts";

/** How a person has made sure of a newcomer, and what that person is called. */
export interface SponsorFields {
  readonly label: string;
  readonly check: "code" | "words";
}

/** A change that needs several persons, as far as they have agreed to it. */
export interface MotionFields {
  readonly channel: string;
  /** 32 hex digits; verbs take any beginning of four or more that is not ambiguous. */
  readonly id: string;
  readonly op: "admit" | "remove" | "policy" | "renew";
  /** The newcomer or the member that it is about; empty for a policy. */
  readonly label: string;
  /** What a policy would say; null for everything else. */
  readonly change: {
    readonly approvals: number;
    readonly check: "words" | "two-codes";
    readonly archivers: "shown" | "refused";
  } | null;
  /** Labels of the seats that the newcomer's person has already. */
  readonly otherSeats: readonly string[];
  /** Whether the newcomer's client says that it keeps copies elsewhere. */
  readonly archives: boolean;
  readonly by: string;
  readonly given: readonly string[];
  readonly needed: number;
  /** Labels of the members whose approval would count. */
  readonly waitsFor: readonly string[];
  readonly seenAt: string;
  /** Why it came to nothing, and by whom; null while it is open, and when it was granted. */
  readonly ended: "denied" | "words" | "expired" | "withdrawn" | "code" | "archiver" | null;
  readonly endedBy: string | null;
  /** Labels of those who said no and could not end it. */
  readonly against: readonly string[];
  /** The epoch of its commit; null before, and where no commit belongs to it. */
  readonly granted: number | null;
  /** Whether the person of this vault has moved it, and has approved it. */
  readonly mine: boolean;
  readonly approved: boolean;
  /** The label in the channel for which the newcomer's could be mistaken. */
  readonly lookAlike: string | null;
}

/** A motion that waits, from `pending` and from the verb that moved it. */
export interface PendingLine extends MotionFields {
  readonly type: "pending";
  /** What a second person types. */
  readonly next: string;
}

/** What became of a motion, as it happens. */
export interface MotionLine extends MotionFields {
  readonly type: "motion";
  readonly state: "moved" | "seconded" | "checked" | "opposed" | "ended" | "granted";
}

/** The check by voice: what to read aloud, and what to type when the other side has read theirs. */
export interface CheckLine {
  readonly type: "check";
  /** Null on the newcomer's side, who has no channel yet. */
  readonly channel: string | null;
  readonly id: string | null;
  /** Who is on the other side. */
  readonly label: string;
  readonly say: readonly string[];
  readonly next: string;
}

/** What a verb of the second person answers when it is done. */
export type DecidedLine =
  | {
      readonly type: "approved";
      readonly channel: string;
      readonly id: string;
      readonly op: MotionFields["op"];
      readonly label: string;
      /** The epoch that it began; null where no commit belongs to it. */
      readonly epoch: number | null;
    }
  | {
      readonly type: "denied";
      readonly channel: string;
      readonly id: string;
      readonly op: MotionFields["op"];
      readonly label: string;
    }
  /** Also when somebody else does it. */
  | {
      readonly type: "freeze";
      readonly channel: string;
      readonly by: string;
      readonly on: boolean;
    }
  | {
      readonly type: "policy";
      readonly channel: string;
      readonly approvals: number;
      readonly check: "words" | "two-codes";
      readonly late: LateRule;
      readonly archivers: "shown" | "refused";
      readonly epoch: number;
    };
