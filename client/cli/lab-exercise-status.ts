import {
  choicesOf,
  type Exercise,
  type ExerciseClock,
  isOverTime,
  newsFor,
  phaseAfter,
  pricedChoices,
  publicQuestion,
  type QuestionState,
  readPrices,
  statusOf,
  timeText,
} from "#client/lab/exercise/door.ts";
import { type Seat, tableOf, typedAt } from "./lab-exercise-place.ts";
import { paintOfStdout, print, textColumns } from "./lab-page.ts";
import type { Output } from "./output.ts";
import { oneLine, type Paint, wrap } from "./paint.ts";

type Status = Awaited<ReturnType<typeof statusOf>>;

/** Says where a team is and what it can do. */
export async function status(seat: Seat, output: Output): Promise<void> {
  const table = await tableOf(seat);
  const shown = await statusOf(table);
  const { state, clock, events, domains } = shown;
  const { exercise, team } = table;
  const { scenario } = exercise;
  const { fresh, earlier } = await newsFor(exercise, team, events);
  const here = state.questions.filter(({ question }) => question.phase === state.phase);
  output.object({
    ...{ v: 1, type: "exercise-status", scenario: scenario.id, team: state.team },
    ...{ phase: state.phase, clock, of: state.of, waiting: state.waiting },
    earned: earnedOpenly(state.questions),
    news: fresh.map(({ inject, via, body, atMs }) => ({ inject, via, body, atMs })),
    questions: here.map((each) => ({
      ...publicQuestion(each.question, each.of, domains.get(each.question.id)),
      ...{ answers: each.answers.length, hintsOpen: each.hints, closed: each.closed },
    })),
  });
  if (output.json) return;
  const paint = paintOfStdout();
  const time = clockWords(clock);
  print(`${paint.strong(scenario.title)}  ${paint.faint(`team ${state.team} · ${time}`)}`);
  const points = `${earnedOpenly(state.questions)} of ${state.of} points so far`;
  print(`phase ${paint.strong(state.phase)} · ${points}`);
  for (const { via, body } of fresh) {
    print("");
    for (const row of wrap(`${via}: ${oneLine(body.trim())}`, textColumns)) {
      print(paint.strong(`│ ${row}`));
    }
  }
  if (earlier > 0) print(paint.faint(`${earlier} earlier in inbox/`));
  for (const each of here) showQuestion(each, shown, paint);
  if (here.some(({ question }) => question.answer.type === "switches")) {
    await showChoices(exercise, seat, paint);
  }
  showWays(seat, shown, exercise, paint);
}

/** Points that give nothing away. */
function earnedOpenly(questions: readonly QuestionState[]): number {
  return questions.reduce((sum, { earned, sealed }) => sum + (sealed ? 0 : (earned ?? 0)), 0);
}

async function showChoices(exercise: Exercise, seat: Seat, paint: Paint): Promise<void> {
  const { scenario } = exercise;
  print("");
  for (const [name, { values, default: off, cost_note }] of Object.entries(choicesOf(scenario))) {
    print(`  ${name}=${values.map((value) => (value === off ? `(${value})` : value)).join("|")}`);
    for (const row of wrap(oneLine(cost_note), textColumns - 4)) print(paint.faint(`    ${row}`));
  }
  const priced = pricedChoices(scenario, await readPrices(exercise.folder));
  if (priced.length === 0) return;
  print(paint.faint("\n  Each alone costs, as one world of this exercise showed:"));
  for (const { choice, price } of priced) print(`  ${choice.padEnd(28)} ${price}`);
  print(paint.faint(`  several together:  ${typedAt(seat, "price NAME=VALUE NAME=VALUE")}`));
}

/** What can be typed next. */
function showWays(
  seat: Seat,
  { state, clock }: Status,
  { scenario, late }: Exercise,
  paint: Paint,
): void {
  const say = (words: string, verb: string) => print(paint.faint(`${words.padEnd(9)}${verb}`));
  print("");
  if (clock.state === "ended" || clock.state === "paused") {
    print(
      paint.faint(clock.state === "ended" ? "the exercise is over" : "listen to the facilitator"),
    );
    say("points:", typedAt(seat, "score"));
    return;
  }
  const isLate = isOverTime(clock);
  if (isLate && late === "refused") {
    print(paint.faint("the time is over: answers are not taken unless the facilitator gives more"));
  }
  const here = state.questions.filter(({ question }) => question.phase === state.phase);
  const first = here.find(({ closed }) => !closed);
  if (first !== undefined && !(isLate && late === "refused")) {
    if (state.phase === "investigate" && seat.team === null) {
      const program = typedAt(seat, "").replace(/ lab exercise .*$/, "");
      say("look:", `${program} lab attack ${scenario.attack.algorithm} evidence | less`);
    }
    say("answer:", typedAt(seat, `answer ${first.question.id} "..."`));
    if (first.hints.length < (first.question.hints ?? []).length) {
      say("a hint:", typedAt(seat, `hint ${first.question.id}`));
    }
  }
  const isLast = phaseAfter(scenario.questions, state.phase) === null;
  say("go on:", typedAt(seat, isLast ? "score" : "next"));
}

function showQuestion(state: QuestionState, { domains }: Status, paint: Paint): void {
  const { question, of, closed, answers, wrong } = state;
  const shown = publicQuestion(question, of, domains.get(question.id));
  const said = answers.at(-1)?.said;
  const mark = closed ? paint.good("✓") : paint.strong("?");
  print(`\n${mark} ${paint.strong(question.id)} ${paint.faint(`${of} points`)}`);
  for (const row of wrap(oneLine(question.prompt), textColumns)) print(`  ${row}`);
  if (closed) {
    print(paint.faint(`  ${said === undefined ? "not answered" : `you said: ${oneLine(said)}`}`));
    return;
  }
  for (const { value, words } of shown.options) {
    const text = `· ${oneLine(value)}${value === words ? "" : `: ${oneLine(words)}`}`;
    for (const [at, row] of wrap(text, textColumns).entries())
      print(`  ${at === 0 ? "" : "  "}${row}`);
  }
  print(paint.faint(`  ${shown.answer}`));
  if (question.phase === "predict" && said !== undefined) {
    print(`  you said ${oneLine(said)}; another answer takes its place`);
  }
  if (shown.wrongPct > 0) {
    const spent = wrong === 0 ? "" : `; ${wrong} so far`;
    print(paint.faint(`  a wrong try takes ${shown.wrongPct} % of the points${spent}`));
  }
  for (const [at, { title, text, cost_pct }] of (question.hints ?? []).entries()) {
    const isOpen = state.hints.includes(at + 1);
    const name = `hint ${at + 1}`;
    if (isOpen) for (const row of wrap(`${name}: ${oneLine(text)}`, textColumns)) print(`  ${row}`);
    else
      print(
        paint.faint(
          `  ${name}${title === undefined ? "" : `, ${oneLine(title)}`}: takes ${cost_pct} %`,
        ),
      );
  }
}

/** The clock in words. */
export function clockWords(clock: ExerciseClock): string {
  if (clock.state !== "running") return `${timeText(clock)}, ${clock.state}`;
  return isOverTime(clock) ? `${timeText(clock)}, over time` : timeText(clock);
}
