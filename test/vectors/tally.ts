import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { unhex } from "#shared/bytes.ts";

/** Counts what a vector set really did. */
export interface Tally {
  ran(): void;
  skip(reason: string, times?: number): void;
  /** Prints one line and fails unless exactly `expected` ran, so that a set cannot shrink unseen. */
  report(expected: number): void;
}

export function tally(set: string): Tally {
  let count = 0;
  const skipped = new Map<string, number>();
  return {
    ran() {
      count++;
    },
    skip(reason, times = 1) {
      skipped.set(reason, (skipped.get(reason) ?? 0) + times);
    },
    report(expected) {
      const reasons = [...skipped].map(([reason, times]) => `${times} (${reason})`);
      console.log(`vectors ${set}: ${count} ran, skipped ${reasons.join(", ") || "none"}`);
      expect(count, `${set}: number of vectors that ran`).toBe(expected);
    },
  };
}

/** A vector file's JSON. Its shape is the caller's claim: the file is part of this repository. */
export function readVectors<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as Shape;
}

/** Bytes of hexadecimal in either case; throws for anything else. */
export function bytesOf(text: string): Uint8Array {
  const bytes = unhex(text.toLowerCase());
  if (bytes === null) throw new Error(`not hexadecimal: ${text.slice(0, 20)}`);
  return bytes;
}
