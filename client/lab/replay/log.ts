import { Failure } from "#shared/failure.ts";
import type { Sheet } from "../exercise/answer.ts";
import { exerciseTime } from "../exercise/clock.ts";
import type { ExerciseEvent } from "../exercise/event.ts";
import { type Marked, markAnswer } from "../exercise/marking.ts";
import { type HiddenWorlds, measureChoice } from "../exercise/measure.ts";
import type { Exercise } from "../exercise/record.ts";
import type { QuestionState } from "../exercise/state.ts";
import { stateOf } from "../exercise/table.ts";
import { compared, comparedWhole, type ReplayedNumber } from "./number.ts";

type EventOf<Type extends ExerciseEvent["type"]> = Extract<ExerciseEvent, { type: Type }>;

/**
 * Works every number of a log out again from the lines before it: exercise time from the wall clock, what
 * each answer earned from its sheet, what hints cost.
 */
export function replayLog(
  exercise: Exercise,
  events: readonly ExerciseEvent[],
  sheets: ReadonlyMap<string, Readonly<Record<string, Sheet>>>,
): ReplayedNumber[] {
  return events.flatMap((event, at) => {
    const before = events.slice(0, at);
    const line = `log line ${event.n}`;
    const atMs = exerciseTime(before, Date.parse(event.wall));
    const clock = compared(line, "exercise time", event.atMs, atMs);
    if (event.type === "answer") {
      return [clock, ...replayAnswer(line, exercise, before, event, sheets)];
    }
    if (event.type !== "hint") return [clock];
    const question = exercise.scenario.questions.find(({ id }) => id === event.question);
    const cost = event.granted ? 0 : (question?.hints?.[event.hint - 1]?.cost_pct ?? null);
    return [clock, compared(line, `${event.team} hint ${event.question}`, event.costPct, cost)];
  });
}

function replayAnswer(
  line: string,
  exercise: Exercise,
  before: readonly ExerciseEvent[],
  event: EventOf<"answer">,
  sheets: ReadonlyMap<string, Readonly<Record<string, Sheet>>>,
): ReplayedNumber[] {
  const { team, question, said } = event;
  const state = questionAt(exercise, before, team, question);
  const sheet = sheets.get(team)?.[question];
  const marked =
    state === undefined || sheet === undefined
      ? null
      : markOrNull(() => markAnswer(exercise, team, sheet, state, said));
  const { attempt, outcome, earned, of, closed } = event;
  const recorded = { attempt, outcome, earned, of, closed };
  return comparedWhole(line, `${team} ${question}`, recorded, marked ?? {});
}

/** An answer that nobody could have given has no mark: its numbers do not come out again. */
function markOrNull(mark: () => Marked): Marked | null {
  try {
    return mark();
  } catch (error) {
    if (error instanceof Failure && error.code === "usage") return null;
    throw error;
  }
}

function questionAt(
  exercise: Exercise,
  before: readonly ExerciseEvent[],
  team: string,
  question: string,
): QuestionState | undefined {
  return stateOf(exercise, before, team).questions.find((each) => each.question.id === question);
}

/** Measures every choice of defences again, on the same hidden seeds, in worlds staged anew. */
export async function replayMeasurements(
  exercise: Exercise,
  events: readonly ExerciseEvent[],
  worlds: HiddenWorlds,
  onProgress: (words: string, done: number, of: number) => void,
): Promise<ReplayedNumber[]> {
  const numbers: ReplayedNumber[] = [];
  for (const [at, event] of events.entries()) {
    if (event.type !== "judged" || event.by !== "measurement") continue;
    const { team, question, seeds, before, after, earned, of, interval = null, spent = {} } = event;
    const state = questionAt(exercise, events.slice(0, at), team, question);
    const said = state?.answers.at(-1)?.said;
    const again =
      state === undefined || said === undefined
        ? {}
        : await measureChoice(worlds, state, said, seeds, (done) =>
            onProgress(`${team}: ${question}`, done, seeds),
          );
    const recorded = { before, after, interval, earned, of, words: event.words };
    const { spent: cost = {}, ...rest } = { spent: undefined, ...again };
    const line = `log line ${event.n}`;
    numbers.push(...comparedWhole(line, `${team} ${question}`, recorded, rest));
    for (const [name, amount] of Object.entries(spent)) {
      const isSpeed = name === "cpuMs";
      const now = (cost as Readonly<Record<string, number>>)[name] ?? null;
      numbers.push(compared(line, `${team} ${question} ${name}`, amount, now, isSpeed));
    }
  }
  return numbers;
}
