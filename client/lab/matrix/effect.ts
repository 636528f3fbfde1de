import { mean, quantileSorted } from "simple-statistics";
import { seeded } from "../seeded.ts";

/** Two values of one seed: without the defence and with it; null where there was nothing to measure. */
export interface Pair {
  readonly without: number | null;
  readonly with: number | null;
}

export interface Effect {
  /** Seeds on which both could be measured. */
  readonly n: number;
  readonly without: number | null;
  readonly with: number | null;
  /** Mean of the paired differences, with less without. */
  readonly difference: number | null;
  /** Its 95 % interval. */
  readonly interval: readonly [number, number] | null;
}

const resamples = 2_000;

/**
 * The effect of a defence: the mean difference over paired seeds, with the percentile bootstrap's 95 %
 * interval over the pairs (Efron and Tibshirani 1993, chapter 13; LEAKLAB section 4, rule 1).
 */
export function pairedEffect(pairs: readonly Pair[]): Effect {
  const whole = pairs.filter(
    (pair): pair is { without: number; with: number } =>
      pair.without !== null && pair.with !== null,
  );
  const side = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : mean(known);
  };
  const sides = {
    n: whole.length,
    without: side(pairs.map((pair) => pair.without)),
    with: side(pairs.map((pair) => pair.with)),
  };
  if (whole.length === 0) return { ...sides, difference: null, interval: null };
  const differences = whole.map((pair) => pair.with - pair.without);
  const means = resamplesOf(differences.length)
    .map((picks) => mean(picks.map((pick) => differences[pick] ?? 0)))
    .sort((a, b) => a - b);
  return {
    ...sides,
    difference: mean(differences),
    interval: [quantileSorted(means, 0.025), quantileSorted(means, 0.975)],
  };
}

const picksBySize = new Map<number, readonly (readonly number[])[]>();

/** Which pairs each resample draws: drawn once for each number of pairs, so that results repeat exactly. */
function resamplesOf(n: number): readonly (readonly number[])[] {
  const known = picksBySize.get(n);
  if (known !== undefined) return known;
  const choices = seeded("bootstrap", n);
  const picks = Array.from({ length: resamples }, () =>
    Array.from({ length: n }, () => choices.below(n)),
  );
  picksBySize.set(n, picks);
  return picks;
}

/**
 * Fewest pairs from which an effect is claimed: of six differences all have one sign by chance once in 32
 * times, of five once in 16, and a bootstrap of so few tells no more than their signs.
 */
export const pairsMin = 6;

/**
 * What may be said of a defence. Never "safe": an interval that holds 0 is `no effect seen`; a leak that
 * was measured without it and could not be reached with it is `not reached`.
 */
export type Verdict = "less leaks" | "more leaks" | "no effect seen" | "not reached" | "too few";

export function verdictOf(
  { n, without, with: withIt, interval }: Effect,
  growsWithLeak: boolean,
): Verdict {
  if (without !== null && withIt === null) return "not reached";
  if (interval === null || n < pairsMin) return "too few";
  const [low, high] = interval;
  if (low <= 0 && high >= 0) return "no effect seen";
  return high < 0 === growsWithLeak ? "less leaks" : "more leaks";
}
