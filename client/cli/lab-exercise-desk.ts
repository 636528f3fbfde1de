import { join, resolve } from "node:path";
import {
  type Board,
  boardOf,
  type ClockAct,
  deliverInject,
  type Exercise,
  exportChallenges,
  grantHint,
  judgeText,
  measureChoices,
  moveClock,
  relinkTeam,
  resetTeam,
  seedsDefault,
} from "#client/lab/exercise/door.ts";
import { Failure } from "#shared/failure.ts";
import { deskAt, mustBeSure } from "./lab-exercise-place.ts";
import { watching } from "./lab-exercise-room.ts";
import { clockWords } from "./lab-exercise-status.ts";
import { paintOfStdout, print, textColumns } from "./lab-page.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { oneLine, wrap } from "./paint.ts";

const now = () => Date.now();

/** Clock, teams, injects and flags on one screen. */
export async function board(
  folder: string,
  options: { readonly watch: boolean; readonly signal: AbortSignal },
  output: Output,
): Promise<void> {
  const exercise = await deskAt(folder, "board");
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
      answers.length > 0 && closedAtMs !== null
        ? "●"
        : closedAtMs !== null
          ? "–"
          : wrong > 0
            ? "◌"
            : answers.length > 0
              ? "◐"
              : "·",
    );
    const hints = questions.reduce((sum, each) => sum + each.hints.length, 0);
    const last = questions
      .flatMap(({ answers }) => answers)
      .sort((a, b) => a.n - b.n)
      .at(-1);
    const words = last === undefined ? "" : `${last.question}: ${oneLine(last.said)}`;
    rows.push(
      `${team.padEnd(12)} ${phase.padEnd(12)} ${marks.join("")}  ${earned} of ${of}, ${hints} ${hints === 1 ? "hint" : "hints"}  ${paint.faint(words)}`,
    );
  }
  rows.push(
    paint.faint("· open  ◐ answered  ◌ wrong so far  ● closed  – left open"),
    ...injectRows(injects),
  );
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
export async function clock(
  folder: string,
  {
    what,
    minutes,
    yes,
  }: { readonly what: string; readonly minutes: number; readonly yes: boolean },
  output: Output,
): Promise<void> {
  const act: ClockAct | undefined = clockActs.find((each) => each === what);
  if (act === undefined) throw new Failure("usage", `clock: one of ${clockActs.join(", ")}`);
  const exercise = await deskAt(folder, "clock");
  // A script that ends the exercise means it; a person may have typed the wrong word.
  if (act === "end" && output.interactive && !output.json) {
    const loss = "Nobody can answer any more; `clock resume` takes it back";
    await mustBeSure({ yes, loss, question: "End the exercise?", verb: "clock end" }, output);
  }
  const time = await moveClock(exercise, act, minutes, now);
  output.object({ v: 1, type: "exercise-clock", ...time });
  if (!output.json) print(clockWords(time));
}

/** Lists injects, or delivers one. */
export async function inject(folder: string, id: string | null, output: Output): Promise<void> {
  const exercise = await deskAt(folder, "inject");
  if (id !== null) await deliverInject(exercise, id, now);
  const { injects } = await boardOf(exercise, now);
  for (const { inject: each, delivered, isDue } of injects) {
    output.object({ v: 1, type: "exercise-inject", ...each, delivered, isDue });
  }
  if (output.json) return;
  if (injects.length === 0) print("this scenario has no injects");
  const paint = paintOfStdout();
  for (const [at, row] of injectRows(injects).entries()) {
    print(row);
    // The first row is empty.
    const { inject: one } = injects[at - 1] ?? {};
    if (one === undefined) continue;
    const when = (one.on ?? []).map(({ fact, op, than }) => `${fact} ${op} ${than}`).join(" and ");
    if (when !== "") print(paint.faint(`    when ${when}, of the team that has done least`));
    for (const line of wrap(oneLine(one.body.trim()), textColumns - 4))
      print(paint.faint(`    ${line}`));
    if (one.expected_action !== undefined) {
      for (const line of wrap(`expected: ${oneLine(one.expected_action)}`, textColumns - 4))
        print(`    ${line}`);
    }
  }
}

/** Grants a hint. */
export async function grant(folder: string, team: string | null, question: string, output: Output) {
  const teams = await grantHint(await deskAt(folder, "grant"), team, question, now);
  output.object({ v: 1, type: "exercise-grant", question, teams });
  if (!output.json) print(teams.length === 0 ? "nobody has one left" : `to ${teams.join(", ")}`);
}

/** Measures the defences that teams chose; an interruption keeps what was measured. */
export async function measure(
  folder: string,
  options: { readonly seeds: number | null; readonly signal: AbortSignal },
  output: Output,
): Promise<void> {
  const exercise = await deskAt(folder, "measure");
  const seeds = options.seeds ?? (await seedsDefault(exercise, now));
  if (seeds < 1) throw new Failure("usage", "--seeds: at least one");
  const progress = progressLine(output);
  let told = false;
  const made = await measureChoices(exercise, {
    ...{ seeds, now, signal: options.signal },
    onProgress(words, done, of, fresh) {
      if (!told && of > done) {
        const count = `${of - done} worlds on ${seeds} hidden seeds, some seconds each`;
        output.talk(`${count}; Ctrl-C stops, and what was measured is kept`);
      }
      told = true;
      progress.show(words, done, of, fresh);
    },
  }).finally(progress.end);
  for (const each of made) output.object({ v: 1, type: "exercise-measured", ...each });
  if (output.json) return;
  if (made.length === 0) print("no choice of defences waits");
  for (const { team, chosen, metric, before, after, earned, of, words } of made) {
    const values = `${before?.toFixed(3) ?? "–"} → ${after?.toFixed(3) ?? "–"}`;
    const rest = words === "" ? "" : `, ${words}`;
    print(
      `${team}: ${chosen}: ${metric} ${values} over ${seeds} seeds${rest}: ${earned} of ${of} points`,
    );
  }
}

/** Judges words. */
export async function judge(
  folder: string,
  options: { team: string; question: string; pct: number; words: string },
  output: Output,
): Promise<void> {
  await judgeText(await deskAt(folder, "judge"), options, now);
  output.object({ v: 1, type: "exercise-judged", ...options });
  if (!output.json)
    print(`${options.team}: ${options.question}: ${options.pct} %; \`score\` tells the team`);
}

/** Gives a team its world again, or another one. */
export async function reset(
  folder: string,
  { team, yes, fresh }: { readonly team: string; readonly yes: boolean; readonly fresh: boolean },
  output: Output,
): Promise<void> {
  const exercise = await deskAt(folder, "reset");
  const what = fresh
    ? "gets another world"
    : "gets the same world again, of which it knows what it found";
  const loss = `team ${team} loses its points and answers, and ${what}`;
  const verb = `reset ${team}${fresh ? " --new-world" : ""}`;
  await mustBeSure({ yes, loss, question: "Reset it?", verb }, output);
  const began = performance.now();
  const progress = progressLine(output);
  const more = fresh
    ? {
        onProgress: ({ step, done, of }: { step: string; done: number; of: number }) =>
          progress.show(step, done, of),
      }
    : null;
  const done = await resetTeam(exercise.folder, team, now, more);
  progress.end();
  const tookMs = Math.round(performance.now() - began);
  output.object({ v: 1, type: "exercise-reset", team, tookMs, fresh, ...done });
  const words = fresh ? "another world" : "as it was";
  if (!output.json) print(`${done.folder}: ${words}, in ${(tookMs / 1_000).toFixed(1)} s`);
}

/** Joins a team's folder and the record again after one of them was moved. */
export async function relink(folder: string, team: string, to: string | null, output: Output) {
  const done = await relinkTeam((await deskAt(folder, "relink")).folder, team, to);
  output.object({ v: 1, type: "exercise-relink", team, ...done });
  if (!output.json) print(`${team}: ${done.folder}`);
}

/** Writes challenges for CTFd. */
export async function exportTo(folder: string, team: string, out: string | null, output: Output) {
  const exercise = await deskAt(folder, "export");
  const place = resolve(out ?? join(exercise.folder, "export", team));
  const { written, left } = await exportChallenges(exercise, team, place, now);
  output.object({ v: 1, type: "exercise-export", folder: place, written, left });
  if (output.json) return;
  print(`${written.length} challenges, with their answers: ${place}`);
  if (left.length > 0) print(`CTFd cannot judge and so has not: ${left.join(", ")}`);
}
