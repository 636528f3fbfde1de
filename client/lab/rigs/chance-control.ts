import type { Control, ScoredRun } from "../result.ts";
import { chanceTail } from "../statistics.ts";

/** By chance alone a control fails once in a thousand runs. */
export const controlLevel = 0.001;

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
