import { quantile } from "simple-statistics";
import type { Seeded } from "../seeded.ts";

/** How well a score tells two groups apart. */
export interface Roc {
  /** The chance that one of the first group scores above one of the second; ties count half. */
  readonly auc: number;
  /** Share of the first group above the threshold that 1 % of the second exceed. */
  readonly tprAt1Pct: number;
}

/** The ROC area (Mann and Whitney's statistic), and the true positives at 1 % false ones. */
export function rocOf(members: readonly number[], others: readonly number[]): Roc {
  const sorted = [...others].sort((a, b) => a - b);
  let wins = 0;
  for (const score of members) {
    const below = lowerBound(sorted, score);
    const upTo = upperBound(sorted, score);
    wins += below + (upTo - below) / 2;
  }
  // At most 1 % of the others may lie above the threshold; who ties with it lies not above.
  const allowed = Math.floor(0.01 * sorted.length);
  const threshold = sorted[sorted.length - 1 - allowed] ?? Number.NEGATIVE_INFINITY;
  const hits = members.filter((score) => score > threshold).length;
  return { auc: wins / (members.length * sorted.length), tprAt1Pct: hits / members.length };
}

function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface RocInterval {
  readonly auc: readonly [number, number];
  readonly tprAt1Pct: readonly [number, number];
}

/**
 * Intervals by the percentile bootstrap, drawing members and others anew (Efron and Tibshirani 1993). With
 * `size` each draw has so many of either: how far a smaller measurement may lie from this one.
 */
export function rocInterval(
  members: readonly number[],
  others: readonly number[],
  choices: Seeded,
  confidence = 0.95,
  size: number | null = null,
): RocInterval {
  const drawn = Array.from({ length: 300 }, () => {
    const again = (scores: readonly number[]) =>
      Array.from({ length: size ?? scores.length }, () => choices.pick(scores));
    return rocOf(again(members), again(others));
  });
  return intervalOf(drawn, confidence);
}

function intervalOf(drawn: readonly Roc[], confidence: number): RocInterval {
  const tail = (1 - confidence) / 2;
  const between = (values: number[]) =>
    [quantile(values, tail), quantile(values, 1 - tail)] as const;
  return {
    auc: between(drawn.map(({ auc }) => auc)),
    tprAt1Pct: between(drawn.map(({ tprAt1Pct }) => tprAt1Pct)),
  };
}

/** Scores that hang together: of one channel, whose members' lines have the same events. */
export interface Cluster {
  readonly members: readonly number[];
  readonly others: readonly number[];
}

/** As `rocInterval`, for scores that hang together: draws whole clusters anew (Davison and Hinkley 1997, 3.8). */
export function clusteredRocInterval(
  clusters: readonly Cluster[],
  choices: Seeded,
  confidence = 0.95,
): RocInterval {
  const drawn = Array.from({ length: 300 }, () => {
    const again = clusters.map(() => choices.pick(clusters));
    return rocOf(
      again.flatMap(({ members }) => members),
      again.flatMap(({ others }) => others),
    );
  });
  return intervalOf(drawn, confidence);
}
