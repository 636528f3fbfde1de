import { binomialDistribution, mean } from "simple-statistics";
import { normalQuantile } from "./algorithms/normal.ts";
import type { Seeded } from "./seeded.ts";

/**
 * Wilson's score interval for a share (Wilson 1927; LEAKLAB section 4, rule 2): 20 of 20 gives 84 to
 * 100 %, 0 of 20 gives 0 to 16 %. Null without any trial.
 */
export function wilson(hits: number, of: number, confidence = 0.95): [number, number] | null {
  if (of === 0) return null;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const share = hits / of;
  const scale = 1 + (z * z) / of;
  const centre = (share + (z * z) / (2 * of)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return [
    hits === 0 ? 0 : Math.max(0, centre - half),
    hits === of ? 1 : Math.min(1, centre + half),
  ];
}

/** Plug-in mutual information of two labellings of the same things, in bits. Biased upward: see below. */
export function mutualInformation(xs: readonly string[], ys: readonly string[]): number {
  const count = (values: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };
  const of = xs.length;
  const alone = { x: count(xs), y: count(ys) };
  let bits = 0;
  for (const [pair, together] of count(xs.map((x, index) => `${x}\0${ys[index]}`))) {
    const [x, y] = pair.split("\0") as [string, string];
    const independent = ((alone.x.get(x) ?? 0) * (alone.y.get(y) ?? 0)) / of;
    bits += (together / of) * Math.log2(together / independent);
  }
  return Math.max(0, bits);
}

export interface Leakage {
  /** Plug-in estimate less its mean over permuted labels: what is left is not chance. */
  readonly bits: number;
  readonly plugIn: number;
  /** Share of permutations that reach the plug-in estimate, one added to both (Phipson and Smyth 2010). */
  readonly p: number;
}

/** `leak.mi` of LEAKLAB section 4. */
export function permutedLeakage(
  xs: readonly string[],
  ys: readonly string[],
  choices: Seeded,
  permutations = 200,
): Leakage | null {
  if (xs.length === 0) return null;
  const plugIn = mutualInformation(xs, ys);
  const chance = Array.from({ length: permutations }, () =>
    mutualInformation(xs, choices.shuffle(ys)),
  );
  const reached = chance.filter((value) => value >= plugIn - 1e-12).length;
  return {
    bits: Math.max(0, plugIn - mean(chance)),
    plugIn,
    p: (reached + 1) / (permutations + 1),
  };
}

/**
 * The probability of at least so many hits by chance alone: the tail of the binomial distribution. What
 * controls are judged by, at 0.1 %.
 */
export function chanceTail(hits: number, of: number, chance: number): number {
  if (hits <= 0 || of === 0) return 1;
  if (chance <= 0 || hits > of) return 0;
  if (chance >= 1) return 1;
  // Misses are counted: the table leaves out what lies beyond its last ten-thousandth, and that must not be our tail.
  const misses = binomialDistribution(of, 1 - chance) ?? [];
  const tail = misses.slice(0, of - hits + 1).reduce((sum, each) => sum + each, 0);
  return Math.min(1, tail);
}
