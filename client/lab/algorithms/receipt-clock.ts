import { mean } from "simple-statistics";

/** Two kinds of answers: the share, mean and deviation of each, of the logarithm of the delay. */
export interface Mixture {
  readonly slow: { readonly share: number; readonly mean: number; readonly deviation: number };
  readonly fast: { readonly share: number; readonly mean: number; readonly deviation: number };
}

const roundsMax = 200;
/** Below this the likelihood could grow without bound on answers that are all alike. */
const deviationMin = 0.05;

/**
 * A mixture of two normal distributions over the logarithms of delays, by expectation and maximisation from
 * the lower and the upper half on; null for fewer than four delays.
 */
export function fitMixture(logs: readonly number[]): Mixture | null {
  if (logs.length < 4) return null;
  const sorted = [...logs].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  let fast = partOf(
    sorted.slice(0, half),
    sorted.slice(0, half).map(() => 1),
    0.5,
  );
  let slow = partOf(
    sorted.slice(half),
    sorted.slice(half).map(() => 1),
    0.5,
  );
  let before = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < roundsMax; round++) {
    const odds = logs.map((value) => {
      const [a, b] = [density(value, slow), density(value, fast)];
      return {
        slow: a + b === 0 ? 0.5 : a / (a + b),
        likelihood: Math.log(Math.max(1e-300, a + b)),
      };
    });
    const likelihood = odds.reduce((sum, each) => sum + each.likelihood, 0);
    if (likelihood - before < 1e-9) break;
    before = likelihood;
    const share = mean(odds.map((each) => each.slow));
    slow = partOf(
      logs,
      odds.map((each) => each.slow),
      share,
    );
    fast = partOf(
      logs,
      odds.map((each) => 1 - each.slow),
      1 - share,
    );
  }
  return slow.mean >= fast.mean ? { slow, fast } : { slow: fast, fast: slow };
}

type Part = Mixture["slow"];

function partOf(values: readonly number[], weights: readonly number[], share: number): Part {
  const total = Math.max(
    1e-12,
    weights.reduce((a, b) => a + b, 0),
  );
  const centre = values.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0) / total;
  const spread = values.reduce((sum, value, at) => {
    return sum + (value - centre) ** 2 * (weights[at] ?? 0);
  }, 0);
  return { share, mean: centre, deviation: Math.max(deviationMin, Math.sqrt(spread / total)) };
}

function density(value: number, { share, mean: centre, deviation }: Part): number {
  return (share / deviation) * Math.exp(-0.5 * ((value - centre) / deviation) ** 2);
}

/** The chance that an answer is of the slow kind. */
export function slowness(mixture: Mixture, log: number): number {
  const [a, b] = [density(log, mixture.slow), density(log, mixture.fast)];
  return a + b === 0 ? 0.5 : a / (a + b);
}

/**
 * The one stretch [from, until) whose values are higher than the rest, by least squares: two change points.
 * Null when no stretch of at least `least` values is.
 */
export function slowStretch(
  logs: readonly number[],
  least: number,
): { readonly from: number; readonly until: number; readonly gain: number } | null {
  const sums = [0];
  for (const value of logs) sums.push((sums.at(-1) ?? 0) + value);
  const total = sums.at(-1) ?? 0;
  let best: { from: number; until: number; gain: number } | null = null;
  for (let from = 0; from + least <= logs.length; from++) {
    for (let until = from + least; until <= logs.length; until++) {
      const inside = until - from;
      const outside = logs.length - inside;
      if (outside < least) continue;
      const sum = (sums[until] ?? 0) - (sums[from] ?? 0);
      const difference = sum / inside - (total - sum) / outside;
      if (difference <= 0) continue;
      const gain = (difference ** 2 * inside * outside) / logs.length;
      if (best === null || gain > best.gain) best = { from, until, gain };
    }
  }
  return best;
}

/** The mean of the shares that are right among those that are so and among those that are not; null where one is empty. */
export function balancedAccuracy(
  truth: readonly boolean[],
  guess: readonly boolean[],
): number | null {
  const shareOf = (kind: boolean) => {
    const of = truth.filter((each) => each === kind).length;
    const hits = truth.filter((each, at) => each === kind && guess[at] === kind).length;
    return of === 0 ? null : hits / of;
  };
  const [yes, no] = [shareOf(true), shareOf(false)];
  return yes === null || no === null ? null : (yes + no) / 2;
}
