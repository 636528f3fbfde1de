import { relative, resolve } from "node:path";
import {
  type Answered,
  answer,
  beginExercise,
  choicesOf,
  type ExerciseClock,
  hint,
  nextPhase,
  publicQuestion,
  type QuestionState,
  statusOf,
  type TeamState,
  tableAt,
} from "#client/lab/exercise/door.ts";
import { shellWord } from "./command.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { createPaint, oneLine, type Paint, wantsColours, wrap } from "./paint.ts";

const textColumns = 76;
const now = () => Date.now();

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function paintOfStdout(): Paint {
  return createPaint(wantsColours(process.stdout, process.env));
}

/** Makes an exercise for a team. Failures: those of the lab. */
export async function begin(
  options: {
    readonly scenario: string;
    readonly team: string;
    readonly out: string | null;
    readonly record: string | null;
    readonly seed: number | null;
    readonly minutes: number | null;
  },
  output: Output,
): Promise<void> {
  const { scenario, team, seed, minutes } = options;
  const name = (scenario.split("/").at(-1) ?? scenario).replace(/\.ya?ml$/, "");
  const folder = resolve(options.out ?? `${name}-${team}`);
  const record = resolve(options.record ?? `${name}-record`);
  const progress = progressLine(output);
  const begun = await beginExercise({
    scenario: /[./\\]/.test(scenario) ? { path: scenario } : { id: scenario },
    ...{ team, folder, record, seed, minutes, now },
    onProgress: ({ step, done, of }) => progress.show(step, done, of),
  });
  progress.end();
  output.object(begun);
  if (output.json) return;
  const paint = paintOfStdout();
  const short = relative(process.cwd(), folder) || ".";
  print(`${paint.good("✓")} ${begun.questions} questions, ${begun.points} points`);
  print(`\nfor the team         ${folder}`);
  print(`for the facilitator  ${record}  ${paint.faint("(answers inside: keep it to yourself)")}`);
  print(`\nNext:  cd ${shellWord(short)} && less BRIEF.md`);
}

/** Says where a team is and what it can do. */
export async function status(folder: string, output: Output): Promise<void> {
  const table = await tableAt(folder, now);
  const { state, clock, events } = await statusOf(table);
  const { scenario } = table.exercise;
  output.object({
    ...{ v: 1, type: "exercise-status", scenario: scenario.id, team: state.team },
    ...{ phase: state.phase, clock, earned: state.earned, of: state.of, waiting: state.waiting },
    questions: state.questions.map((each) => ({
      ...publicQuestion(each.question, each.of),
      ...{ answers: each.answers.length, hintsOpen: each.hints, closed: each.closed },
    })),
  });
  if (output.json) return;
  const paint = paintOfStdout();
  print(
    `${paint.strong(scenario.title)}  ${paint.faint(`team ${state.team} · ${clockWords(clock)}`)}`,
  );
  print(`phase ${paint.strong(state.phase)} · ${state.earned} of ${state.of} points so far`);
  for (const event of events) {
    if (event.type !== "inject" || event.to !== "all") continue;
    print("");
    for (const row of wrap(`${event.via}: ${oneLine(event.body)}`, textColumns)) {
      print(paint.strong(`│ ${row}`));
    }
  }
  const here = state.questions.filter(({ question }) => question.phase === state.phase);
  for (const each of here) showQuestion(each, paint);
  if (here.some(({ question }) => question.answer.type === "switches")) {
    print("");
    for (const [name, { values, default: off, cost_note }] of Object.entries(choicesOf(scenario))) {
      const shown = values.map((value) => (value === off ? `(${value})` : value));
      print(`  ${name}=${shown.join("|")}  ${paint.faint(oneLine(cost_note).slice(0, 60))}`);
    }
  }
  const open = here.filter(({ closed }) => !closed);
  print("");
  const first = open[0];
  if (state.phase === "investigate" && first !== undefined) {
    print(
      paint.faint(`look:    backchannel lab attack ${scenario.attack.algorithm} evidence | less`),
    );
  }
  if (first !== undefined) {
    print(paint.faint(`answer:  backchannel lab exercise answer ${first.question.id} "..."`));
    if (first.hints.length < (first.question.hints ?? []).length) {
      print(paint.faint(`a hint:  backchannel lab exercise hint ${first.question.id}`));
    }
  }
  const isLast = !scenario.questions.some(({ phase }) => isLater(phase, state.phase));
  if (open.length === 0 || state.phase === "investigate") {
    const words = isLast ? "score" : "next";
    print(paint.faint(`go on:   backchannel lab exercise ${words}`));
  }
}

const order = ["predict", "investigate", "defend", "explain"];

function isLater(phase: string, than: string): boolean {
  return order.indexOf(phase) > order.indexOf(than);
}

function showQuestion(state: QuestionState, paint: Paint): void {
  const { question, of, closed, answers } = state;
  const shown = publicQuestion(question, of);
  const mark = closed ? paint.good("✓") : paint.strong("?");
  print(`\n${mark} ${paint.strong(question.id)} ${paint.faint(`${of} points`)}`);
  for (const row of wrap(oneLine(question.prompt), textColumns)) print(`  ${row}`);
  if (closed) {
    const said = answers.at(-1)?.said;
    print(paint.faint(`  ${said === undefined ? "not answered" : `you said: ${oneLine(said)}`}`));
    return;
  }
  for (const { value, words } of shown.options) {
    const text = `· ${oneLine(value)}${value === words ? "" : `: ${oneLine(words)}`}`;
    for (const [at, row] of wrap(text, textColumns).entries())
      print(`  ${at === 0 ? "" : "  "}${row}`);
  }
  print(paint.faint(`  ${shown.answer}`));
  for (const [at, { title, text, cost_pct }] of (question.hints ?? []).entries()) {
    const isOpen = state.hints.includes(at + 1);
    const price = `${cost_pct} %`;
    print(
      isOpen
        ? `  hint ${at + 1}: ${oneLine(text)}`
        : paint.faint(`  hint ${at + 1} (${price}): ${oneLine(title ?? "closed")}`),
    );
  }
}

export function clockWords({ state, atMs, endMs }: ExerciseClock): string {
  const minutes = Math.floor(atMs / 60_000);
  const seconds = Math.floor(atMs / 1_000) % 60;
  const words = `${minutes}:${String(seconds).padStart(2, "0")} of ${Math.round(endMs / 60_000)} minutes`;
  if (state === "running") return atMs > endMs ? `${words}, over time` : words;
  return `${words}, ${state}`;
}

/** Gives an answer and says what came of it. */
export async function give(
  folder: string,
  question: string,
  said: string,
  output: Output,
): Promise<void> {
  const table = await tableAt(folder, now);
  const answered = await answer(table, question, said);
  output.object({ v: 1, type: "exercise-answer", question, ...answered });
  if (output.json) return;
  const paint = paintOfStdout();
  for (const row of wordsOf(answered, paint)) print(row);
  const { state } = await statusOf(table);
  const open = state.questions.filter(
    (each) => each.question.phase === state.phase && !each.closed,
  );
  if (open.length > 0) {
    print(paint.faint(`open: ${open.map(({ question: { id } }) => id).join(", ")}`));
  } else {
    print(paint.faint(`phase ${state.phase} is done:  backchannel lab exercise next`));
  }
}

function wordsOf(answered: Answered, paint: Paint): string[] {
  const { outcome, earned, of, pauseMs, feedback, phase, closed } = answered;
  const points = `${earned ?? 0} of ${of} points`;
  const rows =
    phase === "predict"
      ? ["Noted. `score` shows how close it was once you are past this phase."]
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
                : [paint.bad(closed ? `Wrong: ${points}.` : "Wrong. You can try again.")];
  if (feedback !== null && phase !== "predict") rows.push(...wrap(feedback, textColumns));
  if (pauseMs > 0) rows.push(`The next try is taken in ${Math.ceil(pauseMs / 1_000)} s.`);
  return rows;
}

/** Opens a hint. */
export async function openHint(folder: string, question: string, output: Output): Promise<void> {
  const opened = await hint(await tableAt(folder, now), question);
  output.object({ v: 1, type: "exercise-hint", question, ...opened });
  if (output.json) return;
  for (const row of wrap(oneLine(opened.text), textColumns)) print(row);
  const more = opened.left === 0 ? "the last one" : `${opened.left} more`;
  print(paintOfStdout().faint(`${opened.costPct} %, ${opened.costPoints} points; ${more}`));
}

/** Goes on to the next phase. */
export async function goOn(folder: string, output: Output): Promise<void> {
  const phase = await nextPhase(await tableAt(folder, now));
  output.object({ v: 1, type: "exercise-phase", phase });
  if (output.json) return;
  if (phase === null) {
    print("That was the last phase.");
    return score(folder, output);
  }
  await status(folder, output);
}

/** Points, question by question; predictions of the present phase stay closed. */
export async function score(folder: string, output: Output): Promise<void> {
  const { state } = await statusOf(await tableAt(folder, now));
  const rows = state.questions.map((each) => rowOf(each, state));
  output.object({
    ...{ v: 1, type: "exercise-score", team: state.team, phase: state.phase },
    ...{ earned: state.earned, of: state.of, waiting: state.waiting, questions: rows },
  });
  if (output.json) return;
  const paint = paintOfStdout();
  for (const { id, phase, words, earned, of } of rows) {
    const points = `${earned === null ? "–" : earned} of ${of}`;
    print(`${phase.padEnd(12)} ${id.padEnd(16)} ${points.padStart(12)}  ${paint.faint(words)}`);
  }
  print(`\n${paint.strong(`${state.earned} of ${state.of} points`)}`);
  if (state.waiting > 0) {
    const answers = state.waiting === 1 ? "one answer waits" : `${state.waiting} answers wait`;
    print(paint.faint(`${answers} to be judged by the facilitator, or measured:`));
    print(paint.faint("  backchannel lab exercise measure --seeds 3"));
  }
}

function rowOf(each: QuestionState, state: TeamState) {
  const { question, of, answers, earned } = each;
  const last = answers.at(-1);
  const isSealed = question.phase === "predict" && state.phase === "predict";
  const words =
    last === undefined
      ? each.closed
        ? "not answered"
        : "open"
      : isSealed
        ? "noted"
        : `${oneLine(last.said)}: ${last.outcome === "waiting" && earned !== null ? "judged" : last.outcome}`;
  const hidden = isSealed && last !== undefined;
  return { id: question.id, phase: question.phase, words, earned: hidden ? null : earned, of };
}
