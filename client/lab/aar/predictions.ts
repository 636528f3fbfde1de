import type { BarsFigure } from "#client/charts/figure.ts";
import { numberIn } from "../exercise/answer-text.ts";
import type { TeamState } from "../exercise/state.ts";
import { numberText } from "../report/words.ts";
import { factOf, type Question } from "../scenario-question.ts";
import type { Prediction } from "./after-action.ts";
import type { TeamRun } from "./leaks.ts";

type Fact = string | number | null;

/** What each team expected, beside what its own world came out at. */
export function predictionsOf(
  { team, result }: Pick<TeamRun, "team" | "result">,
  state: TeamState,
): Prediction[] {
  return state.questions
    .filter(({ question }) => question.phase === "predict")
    .flatMap(({ question, answers }) => {
      const said = answers.at(-1)?.said;
      const fact = factOf(question.answer);
      if (said === undefined || fact === null) return [];
      const measured = result.facts[fact] ?? null;
      const gap = gapOf(question, said, measured);
      return [
        { team, question: question.prompt, predicted: said, measured: measuredText(measured), gap },
      ];
    });
}

function measuredText(measured: Fact): string {
  if (measured === null) return "did not happen";
  return typeof measured === "number" ? numberText(measured) : measured;
}

/**
 * How far a number was off: of shares the difference itself, of others its share of the larger one. Of a
 * range, how far the number lies outside.
 */
function gapOf({ answer }: Question, said: string, measured: Fact): number | null {
  if (typeof measured !== "number") return null;
  if (answer.type === "interval") {
    const [low, high] = said.split(/\.\.|\bto\b/).map(numberIn);
    if (low === undefined || low === null || high === undefined || high === null) return null;
    if (measured >= low && measured <= high) return 0;
    return distance(measured < low ? low : high, measured);
  }
  const predicted = numberIn(said);
  return answer.type === "number" && predicted !== null ? distance(predicted, measured) : null;
}

function distance(predicted: number, measured: number): number {
  const difference = Math.abs(predicted - measured);
  const isShare = measured >= 0 && measured <= 1 && predicted >= 0 && predicted <= 1;
  const scale = isShare ? 1 : Math.max(Math.abs(predicted), Math.abs(measured));
  return scale === 0 ? 0 : Math.min(1, difference / scale);
}

/** Each numeric prediction as bars: what a team said, and what its world was measured at. */
export function predictionFigures(
  runs: readonly TeamRun[],
  states: readonly TeamState[],
): BarsFigure[] {
  const questions = states[0]?.questions.map(({ question }) => question) ?? [];
  return questions.flatMap((question) => {
    const { answer, phase, id, prompt } = question;
    if (phase !== "predict" || answer.type !== "number") return [];
    const bars = states.flatMap(({ team, questions: own }) => {
      const said = own.find((each) => each.question.id === id)?.answers.at(-1)?.said;
      const predicted = said === undefined ? null : numberIn(said);
      const result = runs.find((each) => each.team === team)?.result;
      const measured = result?.facts[answer.fact];
      if (predicted === null || typeof measured !== "number") return [];
      const metric = result?.baseline.metrics.find((each) => each.id === answer.fact);
      const [low, high] = metric?.interval ?? [null, null];
      return [
        { name: `${team} predicted`, value: predicted, low: null, high: null },
        { name: `${team} measured`, value: measured, low, high },
      ];
    });
    if (bars.length === 0) return [];
    return [
      {
        ...{ kind: "bars", id: `predicted-${id}`, title: "Prediction against measure" },
        caption: `${prompt.trim()} Lines are 95 % intervals.`,
        y: { label: answer.fact, scale: "linear" },
        ...{ bars, chance: null },
      } satisfies BarsFigure,
    ];
  });
}
