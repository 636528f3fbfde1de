import type { Figure } from "#client/charts/figure.ts";
import type { Rating } from "../exercise/event.ts";
import type { Badge, Metric } from "../metric.ts";

/** What was played, with what, and when. */
export interface ExerciseFacts {
  readonly difficulty: number;
  readonly risk: readonly string[];
  /** What the adversary gets. */
  readonly capability: string;
  readonly incidents: readonly {
    readonly name: string;
    readonly date: string;
    readonly source: string;
    readonly confidence: string;
  }[];
  /** From which each team's seed comes; null where seeds were given one by one. */
  readonly exerciseSeed: number | null;
  /** Versions and commits: of the record, and of what ran the teams' worlds. */
  readonly recordedBy: string | null;
  readonly ranWith: readonly string[];
  readonly createdAt: string | null;
  /** When this report was made, ISO: the one line that a replay does not make again. */
  readonly writtenAt: string;
  /** Minutes as planned, extensions with them; milliseconds of exercise time, and of pauses. */
  readonly plannedMinutes: number;
  readonly playedMs: number;
  readonly pausedMs: number | null;
  /** Lines of the event log that this report was made from. */
  readonly events: number;
}

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

/** An inject, what teams did until the next one, and what that was measured to do. */
export interface Thread {
  readonly atMs: number;
  readonly inject: string;
  readonly via: string;
  readonly words: string;
  readonly expected: string;
  readonly effect: string;
  readonly actions: readonly TimelineEntry[];
}

/** A choice of defences as a team made it, measured on seeds that no team has. */
export interface Choice {
  readonly team: string;
  readonly chosen: string;
  readonly metric: string;
  readonly before: number | null;
  readonly after: number | null;
  /** 95 % interval of `after - before`; null for too few pairs. */
  readonly interval: readonly [number, number] | null;
  readonly seeds: number;
  readonly verdict: string;
  readonly price: string;
  readonly budget: string;
  readonly earned: number;
  readonly of: number;
}

/** By which way messages were read, of all messages. */
export interface Cause {
  readonly cause: string;
  readonly hits: number;
  readonly of: number;
  readonly interval: readonly [number, number] | null;
  readonly badge: Badge;
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
  /** Empty where what leaks is not what was said. */
  readonly causes: readonly Cause[];
  /** Secrets of the world, and whether their exact words were read. */
  readonly secrets: readonly { readonly name: string; readonly read: boolean }[];
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
  readonly facts: ExerciseFacts | null;
  readonly teams: readonly string[];
  readonly summary: string;
  readonly objectives: readonly {
    readonly objective: string;
    readonly rating: Rating | null;
    /** What the rater said, and what the log has to go by. */
    readonly words: string;
    readonly evidence: string;
  }[];
  readonly threads: readonly Thread[];
  readonly timeline: readonly TimelineEntry[];
  readonly leaks: readonly TeamLeak[];
  readonly predictions: readonly Prediction[];
  readonly choices: readonly Choice[];
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
  /** What was given by fiat or computed from a rate, and not executed. */
  readonly assumed: readonly string[];
  /** What no run shows. */
  readonly limits: readonly string[];
  readonly prompts: readonly string[];
  readonly flags: readonly string[];
  /** Files of the record that this report was made from, and the teams' evidence. */
  readonly sources: readonly { readonly path: string; readonly sha256: string }[];
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
