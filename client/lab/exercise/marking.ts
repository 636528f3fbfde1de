import { type Judgement, judge, type Sheet } from "./answer.ts";
import { canTryAgain, worthLeft } from "./points.ts";
import { type Exercise, teamKey } from "./record.ts";
import type { QuestionState } from "./state.ts";

/** What one answer is worth, as the log keeps it. */
export interface Marked {
  readonly attempt: number;
  readonly outcome: Judgement["outcome"];
  /** Hints and wrong tries taken off; null while it waits to be judged. */
  readonly earned: number | null;
  readonly of: number;
  readonly closed: boolean;
}

/**
 * Marks an answer to a question in the state before it: from the sheet and the log alone, so that a replay
 * comes to the same. Failure `usage` for an answer that cannot be read.
 */
export function markAnswer(
  exercise: Exercise,
  team: string,
  sheet: Sheet,
  state: QuestionState,
  said: string,
): Marked {
  const { question, of, answers } = state;
  const judged = judge(teamKey(exercise, team), exercise.scenario.id, question, sheet, said);
  const { outcome, share } = judged;
  const left = worthLeft(question, state.wrong, state.hintPct);
  // Nothing makes a false accusation cheaper.
  const earned = outcome === "waiting" ? null : Math.round(of * share * (share < 0 ? 1 : left));
  // A prediction may be changed until its phase ends.
  const closed = question.phase !== "predict" && (outcome !== "wrong" || !canTryAgain(question));
  return { attempt: answers.length + 1, outcome, earned, of, closed };
}
