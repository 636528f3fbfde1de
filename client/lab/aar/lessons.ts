import type { ExerciseEvent } from "../exercise/event.ts";
import { growsWithLeak } from "../metric.ts";
import { numberText } from "../report/words.ts";
import type { AfterAction, Choice, DefenceRow, Prediction } from "./after-action.ts";
import { changeText } from "./defences.ts";
import { effectOf } from "./timeline.ts";

type EventOf<Type extends ExerciseEvent["type"]> = Extract<ExerciseEvent, { type: Type }>;

function eventsOf<Type extends ExerciseEvent["type"]>(
  events: readonly ExerciseEvent[],
  type: Type,
): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

export interface Lessons {
  readonly events: readonly ExerciseEvent[];
  readonly predictions: readonly Prediction[];
  readonly choices: readonly Choice[];
  readonly defences: readonly DefenceRow[];
}

/** What went well: what people wrote down, then what the log and the measurements show. */
export function strengthsOf({ events, predictions, choices }: Lessons): string[] {
  const answers = eventsOf(events, "answer");
  const of = (outcome: EventOf<"answer">["outcome"]) =>
    answers.filter((event) => event.outcome === outcome);
  return [
    ...notesOf(events, "strength"),
    ...predictions
      .filter(({ gap }) => gap !== null && gap <= 0.1)
      .map(
        ({ team, predicted, measured }) => `${team} predicted ${predicted}; measured: ${measured}`,
      ),
    ...of("right")
      .filter(({ attempt, phase }) => attempt === 1 && phase !== "predict")
      .map(({ team, question }) => `${team} answered "${question}" at the first attempt`),
    ...of("abstained").map(({ team, question }) => `${team} accused nobody in "${question}"`),
    ...choices
      .filter(({ verdict, budget }) => verdict === "less leaks" && !budget.startsWith("over"))
      .map(
        ({ team, chosen, metric, before, after, seeds }) =>
          `${team} chose ${chosen}: ${metric} ${changeText(before, after)} on ${seeds} seeds`,
      ),
  ];
}

/** What did not: the same way, with what was spent on nothing and what nobody chose. */
export function improvementsOf({ events, choices, defences }: Lessons): string[] {
  const accused = eventsOf(events, "answer")
    .filter(({ outcome }) => outcome === "false accusation")
    .map(({ team, question, said }) => `${team} accused ${said} in "${question}", falsely`);
  const shown = eventsOf(events, "solution").map(
    ({ team, question }) => `${team} looked the solution of "${question}" up`,
  );
  const useless = choices
    .filter(({ verdict }) => verdict === "no effect seen" || verdict === "more leaks")
    .map(
      ({ team, chosen, metric, verdict, price }) =>
        `${team} chose ${chosen}: ${verdict} on ${metric}, at the price of ${price}`,
    );
  const over = choices
    .filter(({ budget }) => budget.startsWith("over budget"))
    .map(({ team, chosen, budget }) => `${team} chose ${chosen}, ${budget}`);
  return [
    ...notesOf(events, "improve"),
    ...accused,
    ...shown,
    ...over,
    ...useless,
    ...missedOf(choices, defences),
  ];
}

/** The defence that took most away, where teams chose and none chose it. */
function missedOf(choices: readonly Choice[], defences: readonly DefenceRow[]): string[] {
  if (choices.length === 0) return [];
  const fall = ({ metric, without, with: withIt }: DefenceRow): number =>
    without === null || withIt === null
      ? 0
      : growsWithLeak(metric)
        ? without - withIt
        : withIt - without;
  const best = defences
    .filter((row) => fall(row) > 0 && ["less leaks", "one pair only"].includes(row.verdict))
    .sort((a, b) => fall(b) - fall(a))[0];
  if (best === undefined || best.chosenBy.length > 0) return [];
  const { defence, metric, without, with: withIt, seeds, price } = best;
  const from = seeds === 1 ? "one pair" : `${seeds} seeds`;
  return [
    `nobody chose ${defence}, which took most away: ${metric} ${changeText(without, withIt)} (${from}), at the price of ${price}`,
  ];
}

function notesOf(events: readonly ExerciseEvent[], about: "strength" | "improve"): string[] {
  return eventsOf(events, "note")
    .filter((note) => note.about === about)
    .map(({ team, words }) => (team === null ? words : `${team}: ${words}`));
}

/** An objective with its last rating, and what the log has to go by: injects aimed at it, and questions. */
export function objectivesOf(
  objectives: readonly string[],
  events: readonly ExerciseEvent[],
  aimed: ReadonlyMap<string, number>,
): AfterAction["objectives"] {
  return objectives.map((objective, index) => {
    const rated = eventsOf(events, "rating").findLast((each) => each.objective === index + 1);
    return {
      objective,
      // How well it was met is for people to say: the log only tells what there is to go by.
      rating: rated?.rating ?? null,
      words: rated?.words ?? "",
      evidence: evidenceOf(index + 1, events, aimed),
    };
  });
}

function evidenceOf(
  objective: number,
  events: readonly ExerciseEvent[],
  aimed: ReadonlyMap<string, number>,
): string {
  const injects = eventsOf(events, "inject").filter((event) => event.objective === objective);
  const expected = injects.map(({ inject, expectedAction }) =>
    expectedAction === null ? inject : `${inject}: expected ${expectedAction}`,
  );
  const last = new Map(
    eventsOf(events, "answer")
      .filter(({ question }) => aimed.get(question) === objective)
      .map((answer) => [`${answer.team} ${answer.question}`, answer]),
  );
  const answered = [...last.values()].map((answer) => {
    const { team, question, outcome, earned, of } = answer;
    const points = earned === null ? "" : `, ${numberText(earned)} of ${numberText(of)} points`;
    return `${team} on "${question}": ${effectOf(answer, events) ?? `${outcome}${points}`}`;
  });
  const lines = [...expected, ...answered];
  return lines.length === 0 ? "no inject or answer of this exercise aimed at it" : lines.join("; ");
}
