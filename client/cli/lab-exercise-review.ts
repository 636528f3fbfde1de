import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  dropAction,
  logCsv,
  type PlanLine,
  planAction,
  planOf,
  type Rating,
  rateObjective,
  ratings,
  readEvents,
  writeNote,
} from "#client/lab/exercise/door.ts";
import { Failure } from "#shared/failure.ts";
import { eventWords } from "./lab-exercise-log.ts";
import { deskAt } from "./lab-exercise-place.ts";
import { paintOfStdout, print } from "./lab-page.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./paint.ts";

/** What people say about an exercise, for its after-action report: notes, ratings, the plan; and the log as a file. */

const now = () => Date.now();

/** Writes a note. */
export async function note(
  folder: string,
  options: { readonly team: string | null; readonly words: string; readonly about: string | null },
  output: Output,
): Promise<void> {
  const { team, words, about } = options;
  if (about !== null && about !== "strength" && about !== "improve") {
    throw new Failure("usage", "--as: strength or improve");
  }
  await writeNote(await deskAt(folder, "note"), { team, words, about }, now);
  output.object({ v: 1, type: "exercise-note", team, words, about });
}

/** Lists objectives with their ratings, or rates one. */
export async function rate(
  folder: string,
  rated: { readonly objective: number; readonly rating: string; readonly words: string } | null,
  output: Output,
): Promise<void> {
  const exercise = await deskAt(folder, "rate");
  if (rated !== null) {
    const rating: Rating | undefined = ratings.find((each) => each === rated.rating.toUpperCase());
    if (rating === undefined) throw new Failure("usage", `a rating is ${ratings.join(", ")}`);
    await rateObjective(exercise, { ...rated, rating }, now);
  }
  const events = await readEvents(exercise.folder);
  for (const [at, objective] of exercise.scenario.objectives.entries()) {
    const last = events.findLast((event) => event.type === "rating" && event.objective === at + 1);
    const rating = last?.type === "rating" ? last.rating : null;
    output.object({
      v: 1,
      type: "exercise-objective",
      objective: at + 1,
      words: objective,
      rating,
    });
    if (!output.json) print(`${at + 1}  ${rating ?? "–"}  ${oneLine(objective)}`);
  }
  if (!output.json) {
    print(paintOfStdout().faint("P without challenges  S some  M major  U unable to be performed"));
  }
}

/** Lists the improvement plan, after adding or dropping a line. */
export async function plan(
  folder: string,
  change:
    | { readonly action: string; readonly owner: string; readonly due: string }
    | { readonly drop: number }
    | null,
  output: Output,
): Promise<void> {
  const exercise = await deskAt(folder, "plan");
  if (change !== null && "drop" in change) await dropAction(exercise, change.drop, now);
  else if (change !== null) await planAction(exercise, change, now);
  const lines: readonly PlanLine[] = planOf(await readEvents(exercise.folder));
  for (const each of lines) output.object({ v: 1, type: "exercise-plan", ...each });
  if (output.json) return;
  if (lines.length === 0) print("nothing planned");
  for (const { line, action, owner, due } of lines) {
    const who = [owner, due].filter((text) => text !== "").join(", by ");
    print(`${line}  ${oneLine(action)}  ${paintOfStdout().faint(oneLine(who))}`);
  }
}

/** Prints the event log for people, as JSON lines or as a table, or writes one of these into a file. */
export async function log(
  folder: string,
  options: { readonly csv: boolean; readonly out: string | null },
  output: Output,
): Promise<void> {
  const events = await readEvents((await deskAt(folder, "log")).folder);
  if (options.out === null && !options.csv && !output.json) {
    const paint = paintOfStdout();
    for (const event of events) print(eventWords(event, paint));
    return;
  }
  const text = options.csv
    ? logCsv(events)
    : events.map((event) => `${JSON.stringify(event)}\n`).join("");
  if (options.out === null) {
    process.stdout.write(text);
    return;
  }
  const path = resolve(options.out);
  // What teams said belongs to the facilitator, as the record does; and no file is written over.
  await writeFile(path, text, { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new Failure("usage", `${path}: exists already`);
  });
  output.object({ v: 1, type: "exercise-log", path, events: events.length });
  if (!output.json) print(`${events.length} events: ${path}`);
}
