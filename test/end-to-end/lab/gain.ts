import type { Metric } from "#client/lab/metric.ts";

/** What an attack has achieved, as one number that may only fall when it is given less. */
export interface Gain {
  readonly name: string;
  /** The metrics that it is made of. */
  readonly ids: readonly string[];
  /** What guessing reaches; 0 where nothing can be guessed. */
  chance(metrics: readonly Metric[]): number;
  of(metrics: readonly Metric[]): number;
}

const found = (metrics: readonly Metric[], id: string) => metrics.find((each) => each.id === id);

/** A metric's value; where it has none, nothing was gained. */
export function value(id: string): Gain {
  return {
    name: id,
    ids: [id],
    chance: (metrics) => found(metrics, id)?.chance ?? 0,
    of: (metrics) => found(metrics, id)?.value ?? found(metrics, id)?.chance ?? 0,
  };
}

/** How many, where a share would rise because there is less to take a share of. */
export function hits(id: string): Gain {
  const of = (metrics: readonly Metric[]) => found(metrics, id)?.hits ?? 0;
  return { name: `hits of ${id}`, ids: [id], chance: () => 0, of };
}

/** How far a check tells two kinds apart: what it catches less what it catches wrongly. */
export function apart(caught: string, wrongly: string): Gain {
  const share = (metrics: readonly Metric[], id: string) => found(metrics, id)?.value ?? 0;
  const of = (metrics: readonly Metric[]) => share(metrics, caught) - share(metrics, wrongly);
  return { name: `${caught} less ${wrongly}`, ids: [caught, wrongly], chance: () => 0, of };
}

/** Gains of several metrics, each its value. */
export function values(...ids: readonly string[]): Gain[] {
  return ids.map(value);
}
