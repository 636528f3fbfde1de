/** How a number came about (LEAKLAB, "What the lab is"). */
export type Badge = "EXECUTED" | "EXTRAPOLATED" | "ASSUMED";

export type Unit =
  | "share"
  | "area"
  | "messages"
  | "bits"
  | "bytes"
  | "count"
  | "tries"
  | "per-second"
  | "dollars"
  | "days"
  | "seconds";

/** One measured number with what is needed to read it. */
export interface Metric {
  readonly id: string;
  /** Null when there was nothing to measure, or the event did not happen: `words` says which. */
  readonly value: number | null;
  readonly unit: Unit;
  readonly hits: number | null;
  readonly of: number | null;
  /** 95 % interval: Wilson's for a share; for others as `words` says. In the metric's unit. */
  readonly interval: readonly [number, number] | null;
  /** What guessing would reach; null where guessing makes no sense. */
  readonly chance: number | null;
  readonly badge: Badge;
  readonly words: string;
}

/** Metrics of which more is better for those who are attacked: what the adversary needs, or what he is met with. */
const needed: ReadonlySet<string> = new Set([
  "ident.n95",
  "crack.rank",
  "crack.cost",
  "crack.cost.last",
  "anon.effective",
  "attrib.correct",
  "naive.correct",
  "signature.caught",
  "commitment.caught",
  "proof.forged",
  "keys.released",
  "suppressed.recall",
  "suppressed.precision",
  "minutes.readable",
]);

/** Whether a metric grows with the leak. */
export function growsWithLeak(id: string): boolean {
  return !needed.has(id);
}
