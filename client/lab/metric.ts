/** How a number came about (LEAKLAB, "What the lab is"). */
export type Badge = "EXECUTED" | "EXTRAPOLATED" | "ASSUMED";

/** One measured number with what is needed to read it. */
export interface Metric {
  readonly id: string;
  /** Null when there was nothing to measure, or the event did not happen: `words` says which. */
  readonly value: number | null;
  readonly unit: "share" | "messages" | "bits" | "count" | "seconds";
  readonly hits: number | null;
  readonly of: number | null;
  /** 95 % interval (Wilson) for a share. */
  readonly interval: readonly [number, number] | null;
  /** What guessing would reach; null where guessing makes no sense. */
  readonly chance: number | null;
  readonly badge: Badge;
  readonly words: string;
}

/** Metrics that the scorer makes, by id; scenario files may name no other. */
export const metricIds = [
  "recovered.fraction",
  "recovered.key",
  "recovered.stored",
  "recovered.plain",
  "recovered.past",
  "recovered.past.key",
  "recovered.past.stored",
  "recovered.future",
  "recovered.future.key",
  "recovered.late",
  "recovered.late.anew",
  "recovered.by_epoch",
  "recovered.by_session",
  "recovered.labels",
  "recovered.wrong",
  "heal.messages",
  "heal.by",
  "expired.read",
  "expired.in_files",
  "edges.precision",
  "edges.recall",
  "kind.accuracy",
  "leak.mi",
  "withheld.epochs",
  "withheld.read",
  "fork.members",
  "fork.placed",
  "fork.messages",
  "fork.detected_by",
  "detect.seconds",
  "detect.halves",
  "alarm.false",
  "guest.admitted",
  "dwell.messages",
  "dwell.share",
  "recovered.before",
  "recovered.after",
] as const;

export type MetricId = (typeof metricIds)[number];
