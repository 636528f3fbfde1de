import type { Suite } from "#client/crypto/suite.ts";

/** What the core asks of its host. Node, a browser, the simulator and the lab each bring their own. */

/** Time. Nothing in the core sleeps: `wakeAt` asks for one `tick` event no earlier than the given time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `wake` once at or after `atMs`; the returned function cancels it. */
  wakeAt(atMs: number, wake: () => void): () => void;
}

/** Cryptographic randomness: `bytes` fresh uniform bytes. */
export type Random = (bytes: number) => Uint8Array;

/** What fresh keys are made with: a client has one suite, and there is no negotiation. */
export interface Means {
  readonly random: Random;
  readonly suite: Suite;
}

/**
 * When a receipt that is owed from `now` on leaves; both in milliseconds since 1970. The lab stages receipts
 * that answer at once by another implementation; the product has `batchedReceipts` alone (receipt.ts).
 */
export type ReceiptTimes = (now: number, random: Random) => number;

/** One record of a vault: a key path such as `channel/3f…/session`, and its new bytes, or null to forget it. */
export interface Change {
  readonly key: string;
  readonly bytes: Uint8Array | null;
  /**
   * `hot` records are small, live in the vault's root and are rewritten by every save; `cold` records
   * are segments with keys of their own, rewritten only when they change (DESIGN section 3, Forgetting).
   */
  readonly tier: "hot" | "cold";
}

/**
 * What a vault is told of a step from one state of a channel to the next. The product has `changesBetween`
 * (persist.ts) alone. The lab writes nothing down for people whose device nobody gets: their state lives as
 * long as their process, and nobody will open it again.
 */
export type Bookkeeping<State> = (before: State, after: State) => readonly Change[];

/**
 * The durable store. `save` is atomic and returns after everything is on the disk; what a record held
 * before is unreadable from then on. Failures: `disk-full`, `vault-damaged`, `internal`; a failed save
 * changes nothing.
 */
export interface Store {
  keys(prefix: string): Promise<readonly string[]>;
  read(key: string): Promise<Uint8Array | null>;
  save(changes: readonly Change[]): Promise<void>;
}

/** A bare duplex to a relay. The protocol that runs over it is the core's (client/core/relay.ts). */
export interface Link {
  send(data: string | Uint8Array): void;
  close(): void;
}

export interface LinkEvents {
  opened(): void;
  message(data: string | Uint8Array): void;
  /** Called once, also when the link never opened; nothing is called after it. */
  closed(reason: string): void;
}

/** Dials a relay: address is `host:port` or a `https://…` origin; path is the relay's endpoint. */
export interface Dialer {
  dial(address: string, path: "socket" | "rendezvous", events: LinkEvents): Link;
}
