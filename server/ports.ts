/** What the relay asks of its host; the same shapes as the client's. Nothing in `server` reads another clock. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `wake` once at or after `atMs`; the returned function cancels it. */
  wakeAt(atMs: number, wake: () => void): () => void;
}

/** Cryptographic randomness: `bytes` fresh uniform bytes. */
export type Random = (bytes: number) => Uint8Array;

/** One connection as a session sees it: a WebSocket, or a pair of functions within the process. */
export interface Socket {
  send(data: string | Uint8Array): void;
  /** Ends the connection with a WebSocket close code; what was sent before is still delivered. */
  close(code: number, reason: string): void;
  /** Bytes sent and not yet taken by the network. */
  bufferedBytes(): number;
  /** Calls `wake` once, as soon as `bufferedBytes` has fallen to `bytes`. */
  whenDrained(bytes: number, wake: () => void): void;
}

/** What a connection's protocol does with what arrives. */
export interface Session {
  receive(data: string | Uint8Array): void;
  closed(): void;
}

/**
 * One line of an access log. There is none by default: a relay that writes one keeps what the
 * schema takes care not to keep, and the lab measures the difference.
 */
export interface AccessEntry {
  readonly atMs: number;
  /** Which connection of this process, counted from 1. */
  readonly connection: number;
  readonly event: "connect" | "open" | "append" | "disconnect";
  /** Network address of the client; null within the process. */
  readonly from: string | null;
  /** Mailbox name in hexadecimal. */
  readonly mailbox: string | null;
  readonly frameBytes: number | null;
}

export type AccessLog = (entry: AccessEntry) => void;
