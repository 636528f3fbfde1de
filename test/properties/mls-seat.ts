import type { Extension } from "#client/mls/group.ts";

/** What a committer is asked to do, in the terms of the wire. */
export interface Wish {
  readonly add: readonly Uint8Array[];
  readonly remove: readonly number[];
  readonly extensions: readonly Extension[] | null;
  readonly newSignatureKey: boolean;
}

export interface Heard {
  readonly text: string;
  /** Leaf of the author; null where an implementation does not say. */
  readonly sender: number | null;
}

/** One member of a life, on any implementation. Everything that passes between seats is encoded bytes. */
export interface Seat {
  readonly kind: "ours" | "oracle";
  /** Makes a commit and keeps what follows from it until it has won or lost. */
  commit(wish: Wish): Promise<{ message: Uint8Array; welcome: Uint8Array | null }>;
  /** The own commit came back first. */
  win(): Promise<void>;
  /** Another's commit came first: any commit of one's own is dropped. Rejects what it does not accept. */
  apply(message: Uint8Array): Promise<void>;
  protect(text: string): Promise<Uint8Array>;
  /** Reads a message of this epoch. */
  unprotect(message: Uint8Array): Promise<Heard>;
  /** Reads a message of the epoch before. */
  unprotectLate(message: Uint8Array): Promise<Heard>;
  /** Saves everything, forgets it, and goes on from what was saved. */
  reload(): Promise<void>;
  authenticator(): Promise<Uint8Array>;
  exported(): Promise<Uint8Array>;
  members(): readonly { leaf: number; identity: string }[];
}

/** Somebody who has a KeyPackage and no group yet. */
export interface Newcomer {
  readonly kind: "ours" | "oracle";
  readonly keyPackage: Uint8Array;
  join(welcome: Uint8Array): Promise<Seat>;
}

/** The application's GroupContext extension type in these lives (private use, RFC 9420 section 17.3). */
export const topicType = 0xf1a0;

/** Operations counted over all lives of a file, printed at its end: a fuzz must show that it did something. */
export type Tally = Map<string, number>;

export function count(tally: Tally, what: string, times = 1): void {
  tally.set(what, (tally.get(what) ?? 0) + times);
}

export function printTally(title: string, tally: Tally): void {
  const width = Math.max(...[...tally.keys()].map((key) => key.length));
  const lines = [...tally].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = lines.map(([what, times]) => `  ${what.padEnd(width)} ${String(times).padStart(7)}`);
  console.log([title, ...rows].join("\n"));
}
