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

/** What is left of a question after wrong tries and hints: a quarter goes for each wrong pick from a list. */
export function worthLeft(question: Question, wrong: number, hintPct: number): number {
  const isPick = question.answer.type === "actor" || question.answer.type === "choice";
  const tried = isPick && canTryAgain(question) ? Math.max(0, 1 - wrong / 4) : 1;
  return tried * (1 - Math.min(60, hintPct) / 100);
}
