import { join, resolve } from "node:path";
import {
  type Board,
  boardOf,
  type ClockAct,
  deliverInject,
  type Exercise,
  exportChallenges,
  grantHint,
  isRecord,
  judgeText,
  measureChoices,
  moveClock,
  openRecord,
  readPointer,
  resetTeam,
} from "#client/lab/exercise/door.ts";
import { Failure } from "#shared/failure.ts";
import { clockWords, paintOfStdout, print } from "./lab-exercise.ts";
import { watching } from "./lab-exercise-room.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./paint.ts";

const now = () => Date.now();

/** The exercise of a record's folder, or of a team's. */
export async function exerciseAt(folder: string): Promise<Exercise> {
  return openRecord((await isRecord(folder)) ? folder : (await readPointer(folder)).record);
}

/** Clock, teams, injects and flags on one screen. */
export async function board(
  folder: string,
  options: { readonly watch: boolean; readonly signal: AbortSignal },
  output: Output,
): Promise<void> {
  const exercise = await exerciseAt(folder);
  await watching(options, () => boardRows(exercise, output));
}

async function boardRows(exercise: Exercise, output: Output): Promise<readonly string[]> {
  const { clock: time, teams, injects, flags } = await boardOf(exercise, now);
  output.object({
    ...{ v: 1, type: "exercise-board", clock: time, flags },
    teams: teams.map(({ team, phase, earned, of, waiting, questions }) => ({
      ...{ team, phase, earned, of, waiting },
      closed: questions.filter(({ closedAtMs }) => closedAtMs !== null).length,
      hints: questions.reduce((sum, { hints }) => sum + hints.length, 0),
      wrong: questions.reduce((sum, { wrong }) => sum + wrong, 0),
    })),
    injects: injects.map(({ inject: { id, mode }, delivered, isDue }) => ({
      ...{ id, mode, delivered, isDue },
    })),
  });
  if (output.json) return [];
  const paint = paintOfStdout();
  const rows = [`${paint.strong(exercise.scenario.title)}  ${clockWords(time)}`, ""];
  for (const { team, phase, earned, of, questions } of teams) {
    const marks = questions.map(({ closedAtMs, answers, wrong }) =>
      closedAtMs !== null ? "●" : wrong > 0 ? "◌" : answers.length > 0 ? "◐" : "·",
    );
    const hints = questions.reduce((sum, each) => sum + each.hints.length, 0);
    const last = questions
      .flatMap(({ answers }) => answers)
      .sort((a, b) => a.n - b.n)
      .at(-1);
    const words = last === undefined ? "" : `${last.question}: ${oneLine(last.said)}`;
    rows.push(
      `${team.padEnd(12)} ${phase.padEnd(12)} ${marks.join("")}  ${earned} of ${of}, ${hints} hints  ${paint.faint(words)}`,
    );
  }
  rows.push(paint.faint("· open  ◐ answered  ◌ wrong so far  ● closed"), ...injectRows(injects));
  for (const { team, question, what, other } of flags) {
    const with_ = other === null ? "" : ` (${other})`;
    rows.push(paint.bad(`look at ${team}, ${question}: ${what}${with_}`));
  }
  return rows;
}

/** The list of what is to come, with an arrow at what is to be done next. */
function injectRows(injects: Board["injects"]): string[] {
  const paint = paintOfStdout();
  if (injects.length === 0) return [];
  const waiting = injects.filter(({ delivered }) => !delivered);
  const timed = waiting.filter(({ inject: { at } }) => at !== undefined);
  const next =
    waiting.find(({ isDue }) => isDue) ??
    timed.sort((a, b) => (a.inject.at ?? 0) - (b.inject.at ?? 0))[0];
  const rows = injects.map((each) => {
    const { inject: one, delivered, isDue } = each;
    const when = one.at === undefined ? "on a condition" : `T+${one.at / 60_000}`;
    const state = delivered ? "delivered" : isDue ? paint.strong("due now") : one.mode;
    const arrow = each === next ? paint.strong("→") : " ";
    return `${arrow} ${one.id.padEnd(16)} ${when.padEnd(15)} ${one.via.padEnd(10)} ${state}`;
  });
  return ["", ...rows];
}

const clockActs = ["start", "pause", "resume", "extend", "end"] as const;

/** Moves the clock. */
export async function clock(folder: string, what: string, minutes: number, output: Output) {
  const act: ClockAct | undefined = clockActs.find((each) => each === what);
  if (act === undefined) throw new Failure("usage", `clock: one of ${clockActs.join(", ")}`);
  const time = await moveClock(await exerciseAt(folder), act, minutes, now);
  output.object({ v: 1, type: "exercise-clock", ...time });
  if (!output.json) print(clockWords(time));
}

/** Lists injects, or delivers one. */
export async function inject(folder: string, id: string | null, output: Output): Promise<void> {
  const exercise = await exerciseAt(folder);
  if (id !== null) await deliverInject(exercise, id, now);
  const { injects } = await boardOf(exercise, now);
  for (const { inject: each, delivered, isDue } of injects) {
    output.object({ v: 1, type: "exercise-inject", ...each, delivered, isDue });
  }
  if (output.json) return;
  if (injects.length === 0) print("this scenario has no injects");
  for (const row of injectRows(injects)) print(row);
}

/** Grants a hint. */
export async function grant(folder: string, team: string | null, question: string, output: Output) {
  const teams = await grantHint(await exerciseAt(folder), team, question, now);
  output.object({ v: 1, type: "exercise-grant", question, teams });
  if (!output.json) print(teams.length === 0 ? "nobody has one left" : `to ${teams.join(", ")}`);
}

/** Measures the defences that teams chose. */
export async function measure(folder: string, seeds: number, output: Output): Promise<void> {
  if (seeds < 1) throw new Failure("usage", "--seeds: at least one");
  const progress = progressLine(output);
  const made = await measureChoices(await exerciseAt(folder), seeds, now, progress.show);
  progress.end();
  for (const each of made) output.object({ v: 1, type: "exercise-measured", seeds, ...each });
  if (output.json) return;
  if (made.length === 0) print("no choice of defences waits");
  for (const { team, chosen, before, after, earned, of, words } of made) {
    const values = `${before?.toFixed(3) ?? "–"} → ${after?.toFixed(3) ?? "–"}`;
    print(`${team}: ${chosen}: ${values} over ${seeds} seeds, ${words}: ${earned} of ${of} points`);
  }
}

/** Judges words. */
export async function judge(
  folder: string,
  options: { team: string; question: string; pct: number; words: string },
  output: Output,
): Promise<void> {
  await judgeText(await exerciseAt(folder), options, now);
  output.object({ v: 1, type: "exercise-judged", ...options });
}

/** Gives a team its world again. */
export async function reset(folder: string, team: string, output: Output): Promise<void> {
  const began = performance.now();
  const done = await resetTeam((await exerciseAt(folder)).folder, team, now);
  const tookMs = Math.round(performance.now() - began);
  output.object({ v: 1, type: "exercise-reset", team, tookMs, ...done });
  if (!output.json) print(`${done.folder}: as it was, in ${(tookMs / 1_000).toFixed(1)} s`);
}

/** Writes challenges for CTFd. */
export async function exportTo(folder: string, team: string, out: string | null, output: Output) {
  const exercise = await exerciseAt(folder);
  const place = resolve(out ?? join(exercise.folder, "export", team));
  const { written, left } = await exportChallenges(exercise, team, place);
  output.object({ v: 1, type: "exercise-export", folder: place, written, left });
  if (output.json) return;
  print(`${written.length} challenges, with their answers: ${place}`);
  if (left.length > 0) print(`CTFd cannot judge and so has not: ${left.join(", ")}`);
}
