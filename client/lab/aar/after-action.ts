import type { Figure } from "#client/charts/figure.ts";
import type { Metric } from "../metric.ts";

/** HSEEP's ratings: performed without challenges, with some, with major ones, unable to be performed. */
export type Rating = "P" | "S" | "M" | "U";

/** One thing that happened, on the exercise's own clock. */
export interface TimelineEntry {
  /** Milliseconds of exercise time; pauses do not count. */
  readonly atMs: number;
  readonly kind: "clock" | "phase" | "inject" | "answer" | "hint" | "defence" | "reset" | "note";
  /** Null for what concerns everybody. */
  readonly team: string | null;
  readonly words: string;
  /** What it did, as far as it was measured: `correct, 80 points`, `recovered.future 1 → 0.2`. */
  readonly effect: string;
}

/** What somebody expected before the run, beside what was measured. */
export interface Prediction {
  readonly team: string;
  readonly question: string;
  readonly predicted: string;
  readonly measured: string;
  /** 0 when it was right, 1 when it was as far off as it could be; null where distance means nothing. */
  readonly gap: number | null;
}

/** What a defence did and what it cost; those that did nothing stand here too. */
export interface DefenceRow {
  readonly defence: string;
  readonly metric: string;
  readonly without: number | null;
  readonly with: number | null;
  /** 95 % interval of the difference over paired seeds; null for a single pair. */
  readonly interval: readonly [number, number] | null;
  readonly seeds: number;
  readonly verdict: string;
  readonly price: string;
  /** Teams that chose it. */
  readonly chosenBy: readonly string[];
}

/** One choice of a chain of scenarios, and what the other choice would have changed. */
export interface Counterfactual {
  readonly stage: string;
  readonly chosen: string;
  readonly otherwise: string;
  readonly metric: string;
  readonly withChosen: number | null;
  readonly withOther: number | null;
  readonly words: string;
}

/** What one team's run leaked. */
export interface TeamLeak {
  readonly team: string;
  readonly scenario: string;
  readonly seed: number;
  readonly sentence: string;
  readonly metrics: readonly Metric[];
  readonly score: number | null;
  readonly scoreOf: number | null;
}

/** Everything that an after-action report says, from the event log and the runs; its renderings add nothing. */
export interface AfterAction {
  readonly v: 1;
  readonly type: "lab-after-action";
  readonly title: string;
  readonly scenario: string;
  readonly version: string;
  /** Version of the program, and the commit it was built from where that is known. */
  readonly software: string;
  /** ISO times; null while it runs. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly teams: readonly string[];
  readonly summary: string;
  readonly objectives: readonly {
    readonly objective: string;
    readonly rating: Rating | null;
    readonly evidence: string;
  }[];
  readonly timeline: readonly TimelineEntry[];
  readonly leaks: readonly TeamLeak[];
  readonly predictions: readonly Prediction[];
  readonly defences: readonly DefenceRow[];
  readonly counterfactuals: readonly Counterfactual[];
  readonly figures: readonly Figure[];
  readonly strengths: readonly string[];
  readonly improvements: readonly string[];
  readonly plan: readonly {
    readonly action: string;
    readonly owner: string;
    readonly due: string;
  }[];
  /** What was assumed and not executed, and what no run shows. */
  readonly limits: readonly string[];
  readonly prompts: readonly string[];
  readonly flags: readonly string[];
  readonly hashes: readonly { readonly path: string; readonly sha256: string }[];
  /** The command that makes every number again, except speeds. */
  readonly replay: string;
}

/** Exercise time as people say it: `T+12:05`. */
export function clockText(atMs: number): string {
  const seconds = Math.round(atMs / 1_000);
  const minutes = Math.floor(seconds / 60);
  return `T+${String(minutes).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

export const ratingWords: Readonly<Record<Rating, string>> = {
  P: "performed without challenges",
  S: "performed with some challenges",
  M: "performed with major challenges",
  U: "unable to be performed",
};
