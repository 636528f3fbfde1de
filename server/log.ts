/** The mailbox log, as the relay sees it. Contract tests run against every implementation. */

export interface Append {
  readonly mailbox: Uint8Array;
  readonly frameId: Uint8Array;
  readonly frame: Uint8Array;
}

/** What became of one append: its position (`again` when a retry found it there already), or why not. */
export type Appended =
  | { readonly kind: "stored" | "again"; readonly seq: number }
  | { readonly kind: "refused"; readonly code: "bad-message" | "mailbox-full" };

/** Positions of a mailbox: the last given out (0 for none) and the first kept (`head + 1` for none). */
export interface Extent {
  readonly head: number;
  readonly oldest: number;
}

export interface StoredFrame {
  readonly seq: number;
  readonly frameId: Uint8Array;
  readonly frame: Uint8Array;
}

/** A stretch of a log, dense from the position asked for, and the extent at the moment of reading. */
export interface Stretch extends Extent {
  readonly frames: readonly StoredFrame[];
}

/** Bounds of a log that are the operator's to choose. */
export interface LogLimits {
  readonly mailboxFramesMax: number;
  readonly mailboxBytesMax: number;
  /** What the database file may grow to; null for as large as the disk. */
  readonly dataBytesMax: number | null;
}

/** Requests are carried out in the order of the calls. */
export interface Log {
  /** The file that holds it all; null for memory. */
  readonly path: string | null;
  /**
   * Stores a batch in one transaction and returns once it is on the disk; answers in the order of
   * `appends`. Expired at `expiresHour` (hours since 1970). Failure `relay-full`: nothing was stored.
   */
  append(appends: readonly Append[], expiresHour: number): Promise<readonly Appended[]>;
  extent(mailbox: Uint8Array): Promise<Extent>;
  /** At least one frame if there is one at `from`, then as many as `bytesMax` allows. */
  read(mailbox: Uint8Array, from: number, bytesMax: number): Promise<Stretch>;
  /** Deletes up to `limits.expireFramesMax` frames that expired at or before `hour`; how many. */
  expire(hour: number): Promise<number>;
  /** Gives freed pages back and empties the write-ahead log, where deleted bytes would linger. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

export const hourMs = 3_600_000;
