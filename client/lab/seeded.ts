import { createHash } from "node:crypto";

/** A reproducible source of choices: traffic, names, shuffles. Never of keys. */
export interface Seeded {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [0, below). */
  below(bound: number): number;
  pick<T>(from: readonly T[]): T;
  shuffle<T>(values: readonly T[]): T[];
}

/** Choices that depend on the purpose and the seed alone: SHA-256 in counter mode. */
export function seeded(purpose: string, seed: number): Seeded {
  let block = new Uint8Array(0);
  let at = 0;
  let counter = 0;
  const word = (): number => {
    if (at + 4 > block.length) {
      const input = `backchannel lab\0${purpose}\0${seed}\0${counter++}`;
      block = new Uint8Array(createHash("sha256").update(input).digest());
      at = 0;
    }
    const value = new DataView(block.buffer, block.byteOffset).getUint32(at);
    at += 4;
    return value;
  };
  const next = () => (word() * 0x20_0000 + (word() >>> 11)) / 2 ** 53;
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    shuffle: (values) => {
      const shuffled = [...values];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
  };
}
