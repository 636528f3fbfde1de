import type { BarsFigure } from "#client/charts/figure.ts";
import type { RunResult, ScoredRun } from "../result.ts";
import { settingText } from "./words.ts";

/** A run's leak beside the same seed's with each defence; null where nothing was compared or measured. */
export function leakBars(result: RunResult): BarsFigure | null {
  const runs = [
    { name: "as it is", run: result.baseline },
    ...result.paired
      .filter(({ circumstance }) => !circumstance)
      .map(({ change, run }) => ({ name: settingText(change), run })),
  ];
  const bars = runs.flatMap(({ name, run }) => {
    const metric = metricOf(run, result.leak);
    if (metric === undefined || metric.value === null) return [];
    const [low, high] = metric.interval ?? [null, null];
    return [{ name, value: metric.value, low, high }];
  });
  if (bars.length < 2) return null;
  const metric = metricOf(result.baseline, result.leak);
  return {
    kind: "bars",
    id: "leak-by-defence",
    title: "The leak with each defence",
    caption: `Of one seed, ${result.seed}: ${metric?.words ?? result.leak}. Lines are 95 % intervals. As it is: ${settingText(result.baseline.defences)}.`,
    y: { label: result.leak, scale: "linear" },
    bars,
    chance: metric?.chance ?? null,
  };
}

function metricOf(run: ScoredRun, id: string) {
  return run.metrics.find((metric) => metric.id === id);
}
