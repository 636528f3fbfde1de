import { mean, sum } from "simple-statistics";
import { assert } from "#shared/failure.ts";
import type { Cell } from "../matrix/cell.ts";
import { type Pair, pairedEffect, pairsMin } from "../matrix/effect.ts";
import { wilson } from "../statistics.ts";
import type { Claim } from "./finding.ts";

/** What an arm came to over the seeds. */
export interface Measured {
  readonly words: string;
  readonly metric: string;
  /** Seed by seed; null where there was nothing to measure. */
  readonly values: readonly (number | null)[];
  /** Mean of the values; null without any. */
  readonly mean: number | null;
  /** Of a share: how many of how many, of all seeds together. */
  readonly hits: number | null;
  readonly of: number | null;
}

/** `holds` and `does not hold` are said only of what the interval decides. */
export type Verdict = "holds" | "does not hold" | "not decided";

export interface Judged {
  readonly words: string;
  readonly verdict: Verdict;
  /** What the number is, in words. */
  readonly what: string;
  /** Whether it is the mean difference of paired seeds; else a share of all seeds together. */
  readonly isDifference: boolean;
  readonly value: number | null;
  /** 95 %. */
  readonly interval: readonly [number, number] | null;
  /** What the interval has to keep to. */
  readonly bound: string;
}

/** The cells of one arm, one for each seed. */
export function armOf(words: string, metric: string, cells: readonly Cell[]): Measured {
  const values = cells.map((cell) => cell.metrics[metric] ?? null);
  const known = values.filter((value) => value !== null);
  const shares = cells.flatMap((cell) => {
    const share = cell.shares[metric];
    return share === undefined ? [] : [share];
  });
  const isShare = shares.length === cells.length && cells.length > 0;
  return {
    words,
    metric,
    values,
    mean: known.length === 0 ? null : mean(known),
    hits: isShare ? sum(shares.map(([hits]) => hits)) : null,
    of: isShare ? sum(shares.map(([, of]) => of)) : null,
  };
}

/** Compares a claim with what was measured. */
export function judge(claim: Claim, arms: Readonly<Record<string, Measured>>): Judged {
  const arm = (name: string): Measured => {
    const found = arms[name];
    assert(found !== undefined, "a claim speaks of its finding's arms");
    return found;
  };
  const { words } = claim;
  const own = arm(claim.arm);
  switch (claim.kind) {
    case "less":
    case "more":
    case "same": {
      const other = arm(claim.kind === "same" ? claim.as : claim.than);
      const pairs = other.values.map((without, at) => ({ without, with: own.values[at] ?? null }));
      return {
        words,
        what: `${own.words}, less ${other.words}`,
        isDifference: true,
        ...(claim.kind === "same"
          ? around(pairs, claim.margin)
          : claim.kind === "less"
            ? { ...within(pairs, [-Infinity, 0]), bound: "below 0" }
            : { ...within(pairs, [0, Infinity]), bound: "above 0" }),
      };
    }
    case "at": {
      const pairs = own.values.map((value) => ({ without: claim.value, with: value }));
      return {
        words,
        what: `${own.words}, less guessing`,
        isDifference: true,
        ...around(pairs, claim.margin),
      };
    }
    case "above":
    case "below": {
      const { hits, of } = own;
      const interval = hits === null || of === null ? null : wilson(hits, of);
      const value = hits === null || of === null || of === 0 ? null : hits / of;
      const range: [number, number] =
        claim.kind === "above" ? [claim.bound, Infinity] : [-Infinity, claim.bound];
      return {
        words,
        what: own.words,
        isDifference: false,
        value,
        interval,
        verdict: decide(interval, range),
        bound: `${claim.kind} ${claim.bound}`,
      };
    }
  }
}

/** Being the same is shown by an interval that lies within the margin, and not by one that holds 0. */
function around(pairs: readonly Pair[], margin: number) {
  return { ...within(pairs, [-margin, margin]), bound: `within ±${margin}` };
}

function within(pairs: readonly Pair[], range: readonly [number, number]) {
  const { n, difference, interval } = pairedEffect(pairs);
  const known = n < pairsMin ? null : interval;
  return { value: difference, interval: known, verdict: decide(known, range) };
}

/** An interval inside the range decides for a claim, one outside against it. */
function decide(
  interval: readonly [number, number] | null,
  [from, to]: readonly [number, number],
): Verdict {
  if (interval === null) return "not decided";
  const [low, high] = interval;
  if (low > from && high < to) return "holds";
  return low >= to || high <= from ? "does not hold" : "not decided";
}
