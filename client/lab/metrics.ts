import type { Badge, Metric } from "./metric.ts";
import { wilson } from "./statistics.ts";

interface Share {
  readonly id: string;
  readonly hits: number;
  readonly of: number;
  readonly words: string;
  readonly chance?: number | null;
  readonly badge?: Badge;
}

/** A share with its Wilson interval; null when there was nothing to count. */
export function share({ id, hits, of, words, chance = null, badge = "EXECUTED" }: Share): Metric {
  return {
    id,
    value: of === 0 ? null : hits / of,
    unit: "share",
    hits,
    of,
    interval: wilson(hits, of),
    chance,
    badge,
    words,
  };
}

/** A plain number, or null for what did not happen. */
export function count(
  id: string,
  value: number | null,
  words: string,
  unit: Metric["unit"] = "messages",
): Metric {
  return {
    id,
    value,
    unit,
    hits: null,
    of: null,
    interval: null,
    chance: null,
    badge: "EXECUTED",
    words,
  };
}

/** The value of one metric; null when it is absent or has none. */
export function metricValue(
  metrics: readonly Pick<Metric, "id" | "value">[],
  id: string,
): number | null {
  return metrics.find((metric) => metric.id === id)?.value ?? null;
}
