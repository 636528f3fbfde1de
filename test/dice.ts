/** Seeded randomness for tests: the same seed gives the same numbers, everywhere and for ever. */
export interface Dice {
  /** Uniform in 0 .. 2^32 - 1. */
  word(): number;
  /** Uniform in 0 .. bound - 1. */
  below(bound: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** Some of a list, at most `count`, without repetition, in random order. */
  some<T>(list: readonly T[], count: number): T[];
  bytes(count: number): Uint8Array;
}

/** Dice of one seed: sfc32 (Chris Doty-Humphrey, PractRand), warmed up as its author advises. */
export function dice(seed: number): Dice {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88 | 0;
  let c = seed | 0;
  let counter = 1;
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) word();

  const below = (bound: number) => Math.floor((word() / 2 ** 32) * bound);
  const some = <T>(list: readonly T[], count: number) => {
    const rest = [...list];
    const taken: T[] = [];
    while (taken.length < count && rest.length > 0) {
      taken.push(...rest.splice(below(rest.length), 1));
    }
    return taken;
  };
  return {
    word,
    below,
    chance: (probability) => word() / 2 ** 32 < probability,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    some,
    bytes: (count) => Uint8Array.from({ length: count }, () => word() >>> 24),
  };
}
