import type { Figure } from "#client/charts/figure.ts";
import { assert } from "#shared/failure.ts";
import type { Findings, Way } from "./attacks/findings.ts";
import type { Metric } from "./metric.ts";

/** What became of one true message. */
export interface ScoredMessage {
  readonly id: string;
  readonly epoch: number;
  readonly session: number;
  readonly from: string;
  readonly atMs: number;
  readonly way: Way | null;
}

export interface Tally {
  readonly name: number;
  readonly hits: number;
  readonly of: number;
}

/** Message by message, what of a talk was read; indexes count its messages. */
export interface TalkExposure {
  readonly byEpoch: readonly Tally[];
  readonly bySession: readonly Tally[];
  readonly messages: readonly ScoredMessage[];
  readonly stolenAt: number | null;
  /** What happened there: `device copied`, `guest let in`. */
  readonly stolenWord: string;
  readonly healedAt: number | null;
  readonly healedBy: string | null;
  readonly healedHow: string | null;
}

/** The one number at the head of a report. */
export interface Headline {
  readonly value: string;
  readonly words: string;
  /** Whether it is bad news. */
  readonly leaks: boolean;
}

/** One attack on one bundle, scored. */
export interface ScoredRun {
  /** Defence settings of this run, by name. */
  readonly defences: Readonly<Record<string, string>>;
  /** Folder of the evidence bundle. */
  readonly bundle: string;
  readonly findings: Findings;
  readonly metrics: readonly Metric[];
  readonly headline: Headline;
  readonly figures: readonly Figure[];
  /** Null where what leaks is not what was said. */
  readonly talk: TalkExposure | null;
  /** What questions are answered with: every metric's value, and names that no number holds. */
  readonly facts: Readonly<Record<string, string | number | null>>;
  /** Secrets of the scenario and whether their exact text was read. */
  readonly secrets: Readonly<Record<string, boolean>>;
  /** The price: `frames`, `frameBytes`, `commits`, `delaySeconds`, `clicks`, `cpuMs`. */
  readonly cost: Readonly<Record<string, number>>;
  readonly hashes: readonly { readonly path: string; readonly sha256: string }[];
}

/** The talk of a run whose leak is what was said. */
export function talkOf(run: ScoredRun): TalkExposure {
  assert(run.talk !== null, "this rig scores a talk");
  return run.talk;
}

/** A control: a run whose outcome is known beforehand. */
export interface Control {
  readonly kind: "positive" | "null";
  readonly name: string;
  readonly expected: string;
  readonly measured: string;
  readonly ok: boolean;
  readonly bundle: string;
}

/** A defence switched on alone, paired with the baseline of the same seed. */
export interface Paired {
  readonly change: Readonly<Record<string, string>>;
  readonly run: ScoredRun;
  /** Metric by metric: baseline, with the defence, difference; null where one has no value. */
  readonly effects: readonly {
    readonly metric: string;
    readonly baseline: number | null;
    readonly value: number | null;
    readonly difference: number | null;
  }[];
  /** What happened in this run, in one sentence. */
  readonly sentence: string;
  readonly costNote: string;
  /** Whether nothing but circumstances differs: then it is no defence. */
  readonly circumstance: boolean;
}

export interface ExpectationResult {
  readonly words: string;
  readonly ok: boolean;
  readonly measured: number | null;
  readonly against: number | null;
}

/** Everything that a run of a scenario found. What `--json` prints, and what reports are made of. */
export interface RunResult {
  readonly v: 1;
  readonly type: "lab-run";
  readonly scenario: string;
  readonly title: string;
  readonly version: string;
  /** SHA-256 of the scenario file, hex. */
  readonly file: string;
  /** What made it: version and commit. */
  readonly software: string;
  readonly summary: string;
  readonly risk: readonly string[];
  readonly capability: string;
  readonly incidents: readonly {
    readonly name: string;
    readonly date: string;
    readonly source: string;
    readonly confidence: string;
  }[];
  readonly seed: number;
  /** `rig broken` when a control did not come out as it must: then no number here means anything. */
  readonly verdict: "measured" | "rig broken";
  /** One sentence: what happened and why. */
  readonly sentence: string;
  /** The metric that stands for the scenario's leak: the first of its file. */
  readonly leak: string;
  readonly baseline: ScoredRun;
  readonly paired: readonly Paired[];
  /** What this world ran with and nobody chose: things of the adversary or of the world. */
  readonly circumstances: readonly {
    readonly name: string;
    readonly value: string;
    readonly words: string;
  }[];
  readonly controls: readonly Control[];
  readonly expectations: readonly ExpectationResult[];
  readonly limits: readonly string[];
  /** What questions are answered with: the baseline's facts, and what only the comparison tells. */
  readonly facts: ScoredRun["facts"];
  readonly prompts: readonly string[];
  readonly out: string;
}
