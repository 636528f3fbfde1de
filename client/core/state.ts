import { z } from "zod";
import type { Group, PastEpoch } from "#client/mls/group.ts";
import { limits } from "#shared/limits.ts";
import { frameIdBytes } from "#shared/records.ts";
import { chainSchema, headBytes, marksMax, shortBytes } from "./chain.ts";
import { checkedOnce, count, fixed, leafIndex, timeMs, upTo, version } from "./field.ts";
import { personBytes } from "./identity.ts";
import type { MailboxKeys } from "./mailbox.ts";
import { type Content, messageIdBytes } from "./message.ts";
import { motionSchema } from "./motion-schema.ts";
import { peerSchema } from "./peer.ts";
import type { Retired } from "./retired.ts";

/** Bounds of what is remembered for `status`. */
export const gapsMax = 64;
export const alarmsMax = 64;
/** Own frames that the relay has acked and that could be appended again. */
export const keptAckedMax = 128;

/** Where one epoch's log is being read. Positions count over all its overflow mailboxes. */
export const logSchema = z.strictObject({
  overflow: count,
  /** Frames in the mailboxes that are complete: position = base + the mailbox's own sequence. */
  base: count,
  /** The hash chain's head there. */
  baseHead: fixed(headBytes),
  /** Frame bytes read in the current mailbox. */
  bytes: count,
  chain: chainSchema,
  /** Frames that were read and that the relay then lost: known again when somebody appends them anew. */
  lost: z.array(fixed(shortBytes)).max(marksMax),
  /** The position up to which the log had been read when the relay lost it; 0 when it never did. */
  rereadTo: count,
});
export type Log = z.infer<typeof logSchema>;

/**
 * A message on its way: `counter` null until it is protected for the first time, so that numbers follow the
 * order of leaving; `frameId` null until it is protected in the current epoch.
 */
const entrySchema = z.strictObject({
  id: fixed(messageIdBytes),
  counter: count.nullable(),
  createdAt: timeMs,
  frameId: fixed(frameIdBytes).nullable(),
});
export type Entry = z.infer<typeof entrySchema>;

/**
 * An own frame. It is kept until its epoch's late window has closed, so that it can be posted again,
 * byte for byte, to a relay that did not ack it or has lost it.
 */
const keptSchema = checkedOnce(
  z.strictObject({
    epoch: count,
    overflow: count,
    frameId: fixed(frameIdBytes),
    /** SHA-256 of the frame. */
    hash: fixed(32),
    /** Sequence in its mailbox, null while the relay has not acked it. */
    seq: count.nullable(),
    /** Its message goes out in another frame: this one is only known again, should it have landed. */
    isStale: z.boolean(),
  }),
);
export type Kept = z.infer<typeof keptSchema>;

/** How far a past epoch's log is read for late messages, and when that ends at the latest. */
const lateLogSchema = z.strictObject({
  epoch: count,
  log: logSchema,
  until: timeMs,
  /** Leaves that were removed since: what they posted after it is not read, nor said in their successors' names. */
  gone: z.array(leafIndex).max(128),
});
export type LateLog = z.infer<typeof lateLogSchema>;

/** Small and rewritten by nearly every save. */
export const sessionSchema = z.strictObject({
  v: version,
  state: z.enum(["open", "halted", "stranded", "rolled-back", "left", "removed", "closed"]),
  log: logSchema,
  /** Head of the previous epoch's log at its winning commit. */
  previous: fixed(headBytes).nullable(),
  epochStartedAt: timeMs,
  /** Leaves of which something was read in this epoch. */
  heard: z.array(leafIndex).max(128),
  /** Seats that owed an answer before this epoch began, or whose silence was reported. */
  silence: z
    .array(z.strictObject({ leaf: leafIndex, since: timeMs, isReported: z.boolean() }))
    .max(128),
  /** The own counter's next value. */
  counter: count.min(1),
  outbox: z.array(entrySchema),
  kept: z.array(keptSchema),
  peers: z.array(checkedOnce(peerSchema)).max(128),
  sinceUpdate: count,
  updatedAt: timeMs,
  /** Past epochs that are still read for late messages, oldest first. */
  late: z.array(lateLogSchema).max(limits.lateEpochsMax),
  /** Who has frozen the sending of texts, and when that was read. */
  freeze: z.strictObject({ person: fixed(personBytes), by: z.string(), at: timeMs }).nullable(),
  /** Persons who have used their right to freeze. */
  frozenBy: z.array(fixed(personBytes)).max(128),
  /** Whether this seat confirms what it receives, and when the next receipt leaves; null when none is owed. */
  receipts: z.strictObject({ isOn: z.boolean(), dueAt: timeMs.nullable() }),
  /** The length of this seat's slots and the start of the next one that is not used up; null when off. */
  slots: z
    .strictObject({
      everyMs: timeMs.min(limits.slotMsMin).max(limits.slotMsMax),
      nextAt: timeMs,
    })
    .nullable(),
  nextMessage: count,
  readUpTo: count,
});
export type Session = z.infer<typeof sessionSchema>;

/** Changes that this member wants; one commit carries one of them, and the leaves that are due. */
export const wishSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("rotate"), id: z.string() }),
  z.strictObject({
    kind: z.literal("admit"),
    id: z.string(),
    label: z.string(),
    keyPackage: upTo(1 << 16),
  }),
  z.strictObject({ kind: z.literal("remove"), id: z.string(), seat: fixed(32) }),
  z.strictObject({ kind: z.literal("declare"), id: z.string(), archives: z.boolean() }),
  z.strictObject({
    kind: z.literal("timer"),
    id: z.string(),
    timerMs: timeMs.min(1).max(limits.spanMsMax).nullable(),
  }),
]);
export type Wish = z.infer<typeof wishSchema>;

/** A signed leave that some commit has to carry out. */
const leaveSchema = z.strictObject({
  seat: fixed(32),
  leaf: leafIndex,
  approval: upTo(256),
  seenAt: timeMs,
});
export type Leave = z.infer<typeof leaveSchema>;

/** An admission that has won and whose Welcome the invitation has not yet taken over. */
const grantSchema = z.strictObject({
  id: z.string(),
  epoch: count,
  previous: fixed(headBytes).nullable(),
  welcome: upTo(1 << 20),
});
export type Grant = z.infer<typeof grantSchema>;

export const plansSchema = z.strictObject({
  v: version,
  wishes: z.array(wishSchema).max(limits.wishesMax),
  leaves: z.array(leaveSchema).max(128),
  grants: z.array(grantSchema).max(limits.grantsMax),
  /** Invitations and checks whose newcomer was given our signature key: it must not change meanwhile. */
  holds: z.array(z.string()).max(limits.holdsMax),
  /** Changes that need several persons, open and lately ended, oldest first. */
  motions: z.array(motionSchema).max(limits.motionsMax),
});
export type Plans = z.infer<typeof plansSchema>;

const gapSchema = z.strictObject({
  from: z.string().nullable(),
  epoch: count,
  seq: count.nullable(),
  missing: count,
  detail: z.string(),
});
const alarmSchema = z.strictObject({
  code: z.enum([
    "fork",
    "replay",
    "reordered",
    "short-log",
    "stranded",
    "rolled-back",
    "halted",
    "complaint",
    "split-suspected",
    "slots-missed",
    "look-alike",
    "freeze-refused",
  ]),
  epoch: count,
  from: z.string().nullable(),
  detail: z.string(),
});

/** What went wrong and was shown; the latest of each. */
export const reportsSchema = z.strictObject({
  v: version,
  gaps: z.array(gapSchema).max(gapsMax),
  alarms: z.array(alarmSchema).max(alarmsMax),
});
export type Reports = z.infer<typeof reportsSchema>;

export const settingsSchema = z.strictObject({
  v: version,
  name: z.string(),
  relay: z.string(),
  createdAt: timeMs,
});
export type Settings = z.infer<typeof settingsSchema>;

const vouchSchema = z.strictObject({
  leaf: leafIndex,
  check: z.enum(["code", "words", "none"]),
});

/** The own commit that was posted and has not come back. */
export const pendingSchema = z.strictObject({
  v: version,
  frameId: fixed(frameIdBytes),
  /** The wish, or the motion, that it carries out. */
  wish: z.string().nullable(),
  welcome: upTo(1 << 20).nullable(),
  /** Leaves that it adds, and who vouched for each. */
  admittedBy: z
    .array(z.strictObject({ leaf: leafIndex, by: z.array(vouchSchema).max(limits.seatsMax) }))
    .max(limits.seatsMax),
});
export interface Pending {
  readonly meta: z.infer<typeof pendingSchema>;
  /** The next epoch as its committer holds it. */
  readonly group: Group;
}

const storedMessageSchema = checkedOnce(
  z.strictObject({
    number: count,
    id: fixed(messageIdBytes),
    from: z.string(),
    mine: z.boolean(),
    epoch: count,
    seq: count,
    receivedAt: timeMs,
    /** When the message timer forgets it; null for never. */
    expiresAt: timeMs.nullable(),
    text: z.string(),
  }),
);
export type StoredMessage = z.infer<typeof storedMessageSchema>;

/** A stretch of history that is sealed, and forgotten, as one record. */
export const segmentSchema = z.strictObject({
  v: version,
  messages: z.array(storedMessageSchema).min(1),
});
export type Segment = z.infer<typeof segmentSchema>;

export interface Late {
  readonly past: PastEpoch;
  /** Keys of the mailbox being read and of the one after it. */
  readonly keys: readonly MailboxKeys[];
}

/** A mailbox that was read to its end and is open again. */
export interface Mended {
  readonly epoch: number;
  readonly overflow: number;
  readonly keys: MailboxKeys;
}

/** A connection as the session knows it; never saved. */
export interface LinkState {
  readonly up: boolean;
  /** Since when; null while it is not. */
  readonly upAt: number | null;
  /** Names of mailboxes that were asked for, and of those whose stored frames have all been read. */
  readonly opening: readonly { readonly mailbox: string; readonly number: number }[];
  /** Attempts at opening so far. */
  readonly openings: number;
  readonly live: readonly string[];
  /** Mailboxes opened at the very position wanted: the relay no longer keeps the one before. */
  readonly exact: readonly string[];
  /** Earlier mailboxes of the epoch, to which own frames that the relay has lost are appended again. */
  readonly mending: readonly Mended[];
  /** Frames posted over this connection, by frame id in hex. */
  readonly posted: readonly string[];
  /** No request before this time, after the relay skipped a position or refused something. */
  readonly retryAt: number | null;
  readonly failures: number;
}

/** One channel in one vault. Plain data: every step gives a new value and leaves this one valid. */
export interface Channel {
  readonly id: string;
  readonly settings: Settings;
  readonly session: Session;
  readonly group: Group;
  /** Keys of the current epoch's mailbox that is being read. */
  readonly keys: MailboxKeys;
  /** Keys of the epochs that `session.late` names, in its order. */
  readonly late: readonly Late[];
  readonly pending: Pending | null;
  readonly plans: Plans;
  readonly reports: Reports;
  readonly retired: Retired;
  /** Frames by frame id, contents of the outbox by message id (hex), history by segment number. */
  readonly frames: ReadonlyMap<string, Uint8Array>;
  readonly contents: ReadonlyMap<string, Content>;
  readonly segments: ReadonlyMap<number, Segment>;
  readonly link: LinkState;
}

export const linkDown: LinkState = {
  up: false,
  upAt: null,
  opening: [],
  openings: 0,
  exact: [],
  live: [],
  mending: [],
  posted: [],
  retryAt: null,
  failures: 0,
};

export const emptyPlans: Plans = {
  v: 1,
  wishes: [],
  leaves: [],
  grants: [],
  holds: [],
  motions: [],
};
export const emptyReports: Reports = { v: 1, gaps: [], alarms: [] };

/** Keys of a past epoch's mailboxes, whose exporter is gone: Ed25519 seed and frame key. */
export const lateKeysSchema = z
  .array(z.strictObject({ seed: fixed(32), frameKey: fixed(32) }))
  .max(2);
