import type { FailureCode } from "#shared/failure.ts";
import type { Append, LogLimits } from "./log.ts";

/** What the relay's thread and its log's worker say to each other. */

export interface WorkerOptions {
  readonly path: string | null;
  readonly limits: LogLimits;
}

/** Appends end to end, so that one buffer changes threads and nothing is copied twice. */
export interface Packed {
  /** For each append: mailbox 32 ‖ frame id 16 ‖ frame. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly frameBytes: readonly number[];
}

export type LogRequest = { readonly id: number } & (
  | { readonly kind: "open" | "checkpoint" | "close" }
  | { readonly kind: "append"; readonly appends: Packed; readonly expiresHour: number }
  | { readonly kind: "extent"; readonly mailbox: Uint8Array }
  | {
      readonly kind: "read";
      readonly mailbox: Uint8Array;
      readonly from: number;
      readonly bytesMax: number;
    }
  | { readonly kind: "expire"; readonly hour: number }
);

export type Answer = { readonly id: number } & (
  | { readonly value: unknown }
  | {
      readonly failure: {
        readonly code: FailureCode;
        readonly message: string;
        readonly retryAfterMs: number | null;
      };
    }
);

const headBytes = 32 + 16;

/** Copies appends into one buffer of their own; a view sent as it is would drag its whole socket buffer along. */
export function pack(appends: readonly Append[]): Packed {
  const frameBytes = appends.map((append) => append.frame.length);
  const size = frameBytes.reduce((sum, length) => sum + headBytes + length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { mailbox, frameId, frame } of appends) {
    bytes.set(mailbox, at);
    bytes.set(frameId, at + 32);
    bytes.set(frame, at + headBytes);
    at += headBytes + frame.length;
  }
  return { bytes, frameBytes };
}

export function unpack({ bytes, frameBytes }: Packed): Append[] {
  let at = 0;
  return frameBytes.map((length) => {
    const append = {
      mailbox: bytes.subarray(at, at + 32),
      frameId: bytes.subarray(at + 32, at + headBytes),
      frame: bytes.subarray(at + headBytes, at + headBytes + length),
    };
    at += headBytes + length;
    return append;
  });
}
