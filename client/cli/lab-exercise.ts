import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  type Answered,
  answer,
  beginExercise,
  checkChoice,
  choiceName,
  hint,
  type LateRule,
  lateRules,
  nextPhase,
  phaseAfter,
  priceOf,
  type QuestionState,
  spending,
  statusOf,
  type TeamState,
} from "#client/lab/exercise/door.ts";
import { Failure } from "#shared/failure.ts";
import { shellWord } from "./command.ts";
import { mustBeSure, type Seat, tableOf, typedAt } from "./lab-exercise-place.ts";
import { status } from "./lab-exercise-status.ts";
import { paintOfStdout, print, textColumns } from "./lab-page.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { oneLine, type Paint, wrap } from "./paint.ts";
import { exercisesFolder } from "./places.ts";

const now = () => Date.now();

/** Makes an exercise for a team. Failures: those of the lab. */
export async function begin(
  options: {
    readonly scenario: string;
    readonly team: string;
    readonly out: string | null;
    readonly record: string | null;
    readonly seed: number | null;
    readonly minutes: number | null;
    readonly late: string | null;
    readonly signal: AbortSignal;
  },
  output: Output,
): Promise<void> {
  const { scenario, team, seed, minutes } = options;
  const name = (scenario.split("/").at(-1) ?? scenario).replace(/\.ya?ml$/, "");
  const folder = resolve(options.out ?? `${name}-${team}`);
  const record = resolve(options.record ?? freeRecord(name));
  const late = options.late === null ? null : lateRuleOf(options.late);
  let progress = progressLine(output);
  const begun = await beginExercise({
    scenario: /[./\\]/.test(scenario) ? { path: scenario } : { id: scenario },
    ...{ team, folder, record, seed, minutes, late, now },
    onProgress({ step, done, of }) {
      if (options.signal.aborted) throw new Failure("interrupted", "nothing was made");
      // Prices are another series, at another pace.
      if (done === 0) progress = progressLine(output);
      progress.show(step, done, of);
    },
  });
  progress.end();
  output.object(begun);
  if (output.json) return;
  const paint = paintOfStdout();
  const short = relative(process.cwd(), folder) || ".";
  print(`${paint.good("✓")} ${begun.questions} questions, ${begun.points} points`);
  print(`\nfor the team         ${folder}`);
  print(`for the facilitator  ${record}  ${paint.faint("(answers inside: keep it to yourself)")}`);
  if (seed !== null) {
    print(
      paint.faint(
        "\n--seed is for demonstrations: a team that knows it can stage its world and look.",
      ),
    );
  }
  print(`\nThe team:       cd ${shellWord(short)} && less BRIEF.md`);
  print(`You:            cd ${shellWord(record)} && ./backchannel lab exercise board --watch`);
  print(
    `Another team:   backchannel lab exercise new ${shellWord(scenario)} --team NAME --record ${shellWord(record)}`,
  );
}

/** A name under which no record lies yet. */
function freeRecord(name: string): string {
  const parent = exercisesFolder(process.env);
  for (let number = 1; ; number++) {
    const folder = join(parent, number === 1 ? name : `${name}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}

function lateRuleOf(text: string): LateRule {
  const rule = lateRules.find((each) => each === text);
  if (rule === undefined) throw new Failure("usage", `--late: one of ${lateRules.join(", ")}`);
  return rule;
}

/** Gives an answer and says what came of it. */
export async function give(
  seat: Seat,
  question: string,
  said: string,
  output: Output,
): Promise<void> {
  const table = await tableOf(seat);
  const answered = await answer(table, question, said);
  output.object({ v: 1, type: "exercise-answer", question, ...answered });
  if (output.json) return;
  const paint = paintOfStdout();
  for (const row of wordsOf(answered, paint)) print(row);
  const { state } = await statusOf(table);
  const open = openIn(state);
  if (open.length > 0) print(paint.faint(`open: ${open.join(", ")}`));
  else {
    const isLast = phaseAfter(table.exercise.scenario.questions, state.phase) === null;
    const verb = isLast ? "score" : "next";
    print(paint.faint(`phase ${state.phase} is done:  ${typedAt(seat, verb)}`));
  }
}

/** What is not answered yet in the phase in which a team is. */
function openIn(state: TeamState): string[] {
  return state.questions
    .filter(({ question }) => question.phase === state.phase)
    .filter(({ question, closed, answers }) =>
      question.phase === "predict" ? answers.length === 0 : !closed,
    )
    .map(({ question: { id } }) => id);
}

function againWords(left: number): string {
  return `Wrong. You can try again, for ${left} points at most.`;
}

function wordsOf(answered: Answered, paint: Paint): string[] {
  const { outcome, earned, of, pauseMs, feedback, phase, closed, late, left } = answered;
  const points = `${earned ?? 0} of ${of} points`;
  const rows =
    phase === "predict"
      ? ["Noted; until you go on you may say something else. `score` shows later how close it was."]
      : outcome === "right"
        ? [paint.good(`Right: ${points}.`)]
        : outcome === "close"
          ? [`Partly right: ${points}.`]
          : outcome === "abstained"
            ? [`You accuse nobody: ${points}. Nobody is harmed; somebody did it.`]
            : outcome === "false accusation"
              ? [paint.bad(`A false accusation: ${points}.`)]
              : outcome === "waiting"
                ? ["Noted. It waits to be judged or measured by the facilitator."]
                : [paint.bad(closed ? `Wrong: ${points}.` : againWords(left))];
  if (late) rows.push("The time is over: this answer is marked as late.");
  if (feedback !== null && phase !== "predict") rows.push(...wrap(feedback, textColumns));
  if (pauseMs > 0) rows.push(`The next try is taken in ${Math.ceil(pauseMs / 1_000)} s.`);
  return rows;
}

/** Opens a hint. */
export async function openHint(seat: Seat, question: string, output: Output): Promise<void> {
  const opened = await hint(await tableOf(seat), question);
  output.object({ v: 1, type: "exercise-hint", question, ...opened });
  if (output.json) return;
  for (const row of wrap(oneLine(opened.text), textColumns)) print(row);
  const more = opened.left === 0 ? "the last one" : `${opened.left} more`;
  print(paintOfStdout().faint(`${opened.costPct} %, ${opened.costPoints} points; ${more}`));
}

/** Says what a choice of defences costs of the budget; it is no answer. */
export async function price(seat: Seat, said: string, output: Output): Promise<void> {
  const table = await tableOf(seat);
  const { scenario } = table.exercise;
  const { state } = await statusOf(table);
  const asked = scenario.questions.find(({ answer: { type } }) => type === "switches");
  if (asked?.answer.type !== "switches" || state.phase !== asked.phase) {
    throw new Failure("usage", "prices are asked for where defences are chosen");
  }
  const chosen = checkChoice(scenario, said);
  output.talk(output.paint.faint("staging a world with it, if nobody has yet"));
  const costs = await priceOf(table.exercise, chosen);
  const spent = spending(asked.answer.budget, costs);
  const name = choiceName(scenario, chosen) || "nothing";
  output.object({ v: 1, type: "exercise-price", choice: name, costs, spent });
  if (output.json) return;
  const paint = paintOfStdout();
  for (const { words, isOver } of spent) {
    print(`${name}: ${isOver ? paint.bad(`${words}, too much`) : words}`);
  }
}

/** Goes on to the next phase, and asks first where questions would stay open. */
export async function goOn(seat: Seat, yes: boolean, output: Output): Promise<void> {
  const table = await tableOf(seat);
  const { state, clock } = await statusOf(table);
  const open = openIn(state);
  if (open.length > 0 && (clock.state === "running" || clock.state === "not started")) {
    const loss = `not answered, and closed for good once you go on: ${open.join(", ")}`;
    await mustBeSure({ yes, loss, question: "Go on?", verb: "next" }, output);
  }
  const phase = await nextPhase(table);
  output.object({ v: 1, type: "exercise-phase", phase });
  if (output.json) return;
  if (phase === null) {
    print("That was the last phase.");
    return score(seat, output);
  }
  await status(seat, output);
}

const order = ["predict", "investigate", "defend", "explain"];

/** Points, question by question; what would tell an open answer stays sealed. */
export async function score(seat: Seat, output: Output): Promise<void> {
  const { state, truths } = await statusOf(await tableOf(seat));
  const rows = [...state.questions]
    .sort((a, b) => order.indexOf(a.question.phase) - order.indexOf(b.question.phase))
    .map((each) => rowOf(each, truths));
  const earned = rows.reduce((sum, row) => sum + (row.earned ?? 0), 0);
  output.object({
    ...{ v: 1, type: "exercise-score", team: state.team, phase: state.phase },
    ...{ earned, of: state.of, waiting: state.waiting, questions: rows },
  });
  if (output.json) return;
  const paint = paintOfStdout();
  for (const { id, phase, words, earned: points, of } of rows) {
    const mark = `${points ?? "–"} of ${of}`;
    print(`${phase.padEnd(12)} ${id.padEnd(16)} ${mark.padStart(12)}  ${paint.faint(words)}`);
  }
  print(`\n${paint.strong(`${earned} of ${state.of} points`)}`);
  if (rows.some(({ sealed }) => sealed)) {
    print(
      paint.faint("predictions are not counted yet: their points would tell what is still asked"),
    );
  }
  if (state.waiting > 0) {
    const answers = state.waiting === 1 ? "one answer waits" : `${state.waiting} answers wait`;
    print(paint.faint(`${answers} for the facilitator, who judges words and measures defences`));
  }
}

function rowOf(each: QuestionState, truths: ReadonlyMap<string, number | null>) {
  const { question, of, answers, earned, judged, sealed, closed } = each;
  const last = answers.at(-1);
  const head = { id: question.id, phase: question.phase, of };
  if (last === undefined) {
    return { ...head, sealed: false, words: closed ? "not answered" : "open", earned };
  }
  const said = oneLine(last.said);
  if (sealed) return { ...head, sealed, words: `noted: ${said}`, earned: null };
  const parts = [judged === null ? last.outcome : judgedWords(judged)];
  const truth = truths.get(question.id);
  if (truth !== undefined && (question.phase === "predict" || last.outcome !== "right")) {
    parts.push(truth === null ? "it did not happen" : `it was ${Number(truth.toPrecision(3))}`);
  }
  if (last.late === true) parts.push("late");
  return { ...head, sealed, words: `${said}: ${parts.join(", ")}`, earned };
}

/** What the facilitator said, or what was measured. */
function judgedWords({ by, words, before, after, seeds }: NonNullable<QuestionState["judged"]>) {
  if (by === "facilitator") return words === "" ? "judged" : `judged: ${oneLine(words)}`;
  const numbers = `${before?.toFixed(3) ?? "–"} → ${after?.toFixed(3) ?? "–"}`;
  return [`measured ${numbers} over ${seeds} seeds`, oneLine(words)]
    .filter((part) => part !== "")
    .join(", ");
}
