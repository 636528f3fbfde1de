import type { Control, ScoredRun } from "../result.ts";
import { chanceTail } from "../statistics.ts";

/** By chance alone a control fails once in a thousand runs. */
export const controlLevel = 0.001;

/** What is counted where chance can do nothing: everything of it must be hit, or nothing. */
export interface Exact {
  readonly kind: Control["kind"];
  readonly name: string;
  readonly bundle: string;
  readonly hits: number;
  readonly of: number;
  /** What the hits are: `messages read`. */
  readonly what: string;
}

/** Judges what nobody hits by chance: a positive control must hit all of it, a null control nothing. */
export function exactControl({ kind, name, bundle, hits, of, what }: Exact): Control {
  const measured = `${hits} of ${of} ${what}`;
  const isNone = kind === "null" && hits === 0 && of > 0;
  return {
    ...{ kind, name, bundle },
    expected: kind === "positive" ? `all ${what}` : `no ${what}`,
    measured: isNone ? `${measured}; ${excluded(of)}` : measured,
    ok: of > 0 && hits === (kind === "positive" ? of : 0),
  };
}

/** The largest share of which nothing is seen in so many once in a thousand runs (Clopper and Pearson 1934). */
export function noneAtMost(of: number): number {
  return 1 - controlLevel ** (1 / of);
}

function excluded(of: number): string {
  return `a share above ${(100 * noneAtMost(of)).toPrecision(2)} % is excluded at 0.1 %`;
}

/** Judges a share whose chance is known: a positive control must beat it, a null control must not. */
export function chanceControl(
  kind: Control["kind"],
  name: string,
  run: ScoredRun,
  metric: string,
): Control {
  const found = run.metrics.find(({ id }) => id === metric);
  const [hits, of, chance] = [found?.hits ?? 0, found?.of ?? 0, found?.chance ?? 0];
  return levelControl(
    { kind, name, run },
    chanceTail(hits, of, chance),
    `${hits} of ${of}`,
    of > 0,
  );
}

/** Judges any measurement by the probability that chance alone comes out at least as far. */
export function levelControl(
  { kind, name, run }: { kind: Control["kind"]; name: string; run: ScoredRun },
  p: number,
  measured: string,
  isMeasured = true,
): Control {
  const beats = p < controlLevel;
  return {
    ...{ kind, name, bundle: run.bundle },
    expected:
      kind === "positive" ? "better than chance at 0.1 %" : "no better than chance at 0.1 %",
    measured: `${measured}, p = ${p.toPrecision(2)}`,
    ok: isMeasured && (kind === "positive" ? beats : !beats),
  };
}
