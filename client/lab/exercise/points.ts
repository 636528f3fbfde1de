import { type Phase, phases, type Question } from "../scenario-question.ts";
import type { Scenario } from "../scenario-schema.ts";

/** What a scenario is worth by its difficulty (LEAKLAB 5.2). */
const worthOf = [100, 250, 450, 700, 1_000, 1_350] as const;

/** Percent of a scenario's points by phase; a phase without questions leaves its part to the others. */
const sharePct: Readonly<Record<Phase, number>> = {
  predict: 20,
  investigate: 50,
  defend: 20,
  explain: 10,
};

/** Wrong answers to a question that can be tried again, before a pause of so long. */
export const pauseMs = 60_000;
export const attemptsDefault = 3;

/** What each question is worth, by id: the scenario's points, split by phase and there by weight. */
export function pointsOf(
  scenario: Pick<Scenario, "difficulty" | "questions">,
): ReadonlyMap<string, number> {
  const { questions } = scenario;
  const present = phases.filter((phase) => questions.some((each) => each.phase === phase));
  const shares = present.reduce((sum, phase) => sum + sharePct[phase], 0);
  const worth = worthOf[scenario.difficulty - 1] ?? worthOf[0];
  const exact = questions.map((question) => {
    const siblings = questions.filter(({ phase }) => phase === question.phase);
    const weights = siblings.reduce((sum, { points }) => sum + points, 0);
    return worth * (sharePct[question.phase] / shares) * (question.points / weights);
  });
  // Rounding the running sum instead of each part keeps the whole at what the scenario is worth.
  let sum = 0;
  return new Map(
    questions.map((question, at) => {
      const before = Math.round(sum);
      sum += exact[at] ?? 0;
      return [question.id, Math.round(sum) - before];
    }),
  );
}

/** Whether a wrong answer can be followed by another; the rest close at the first. */
export function canTryAgain(question: Question): boolean {
  const { type } = question.answer;
  const isSearch = type === "flag" || type === "number" || type === "actor" || type === "choice";
  return question.phase === "investigate" && isSearch && question.accuses !== true;
}

/**
 * Percent of a question's points that each wrong try takes. A number within its tolerance, a name of a dozen
 * or an option of four can be guessed: whoever tries one after the other must not earn what he would by work.
 */
export function wrongPct(question: Question): number {
  return canTryAgain(question) ? (question.wrong_pct ?? 20) : 0;
}

/** What is left of a question's points after wrong tries and hints, 0 to 1. */
export function worthLeft(question: Question, wrong: number, hintPct: number): number {
  const tried = Math.max(0, 1 - (wrong * wrongPct(question)) / 100);
  return tried * (1 - Math.min(60, hintPct) / 100);
}
