import { assert } from "#shared/failure.ts";

/** How many bytes a message of `length` bytes takes once it is padded. */
export type Padding = (length: number) => number;

/** The next multiple of `step`. */
export function multipleOf(step: number): Padding {
  assert(Number.isInteger(step) && step > 0, "a step of at least one byte");
  return (length) => Math.ceil(Math.max(1, length) / step) * step;
}

/**
 * Padmé (Nikitin and others, PoPETs 2019, section 4.2): E = ⌊log₂ L⌋, S = ⌊log₂ E⌋ + 1, and the last E − S
 * bits rounded up to zeros. Costs at most 12 %, and leaves O(log log L) bits of the length.
 */
export const padme: Padding = (length) => {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - kept);
  return Math.ceil(length / step) * step;
};

/** At least `floor` bytes, then as `above` pads. */
export function floored(floor: number, above: Padding): Padding {
  return (length) => (length <= floor ? floor : above(length));
}

/** Powers of two from `floor` on: what the product's frames do from 1 KiB to 1 MiB. */
export function powersOfTwo(floor: number): Padding {
  return (length) => Math.max(floor, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
}

/**
 * A padding by its name: `none`, `padme`, `256+padme` (a floor, then Padmé), `pow2` (the product's), or a
 * number for its multiples. Null for a name that is none.
 */
export function paddingOf(name: string): Padding | null {
  if (name === "none") return (length) => length;
  if (name === "padme") return padme;
  if (name === "pow2") return powersOfTwo(1_024);
  const floor = /^(\d{1,7})\+padme$/.exec(name)?.[1];
  if (floor !== undefined && Number(floor) > 0) return floored(Number(floor), padme);
  return /^\d{1,7}$/.test(name) && Number(name) > 0 ? multipleOf(Number(name)) : null;
}

/** Shannon entropy of a distribution, in bits; weights need not add up to one. */
export function entropyOf(weights: Iterable<number>): number {
  const positive = [...weights].filter((weight) => weight > 0);
  const total = positive.reduce((sum, weight) => sum + weight, 0);
  return positive.reduce((bits, weight) => bits - (weight / total) * Math.log2(weight / total), 0);
}

/** A distribution of lengths, seen through a padding: the probability of each padded size. */
export function throughPadding(
  lengths: ReadonlyMap<number, number>,
  padding: Padding,
): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>();
  for (const [length, share] of lengths) {
    const size = padding(length);
    sizes.set(size, (sizes.get(size) ?? 0) + share);
  }
  return sizes;
}
