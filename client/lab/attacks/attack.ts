import type { Evidence } from "../evidence.ts";
import type { Findings } from "./findings.ts";

export interface Budget {
  /** How many keys may be tried on frames. A count and not a time, so that findings repeat exactly. */
  readonly trials: number;
  /** The scenario's `attack.params`, as they stand in the manifest; each attack parses its own. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** Says how far an attack has come; `done` and `of` count the same things. */
export type Progress = (step: string, done: number, of: number) => void;

/** A program that reads evidence and nothing else, and says what it found. */
export type Attack = (evidence: Evidence, budget: Budget, progress: Progress) => Promise<Findings>;
