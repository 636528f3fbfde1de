import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import {
  capstonePaths,
  choicesOf,
  loadCapstone,
  runCapstone,
  sideBySide,
  writeCapstone,
} from "#client/lab/capstone/door.ts";
import { Failure } from "#shared/failure.ts";
import { paintOfStdout, print } from "./lab-page.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { wrap } from "./paint.ts";

const columns = 76;

/** Prints the capstones with their acts and choices. */
export async function list(output: Output): Promise<void> {
  const paint = paintOfStdout();
  for (const id of (await capstonePaths()).keys()) {
    const { title, minutes, summary, acts, choices } = await loadCapstone(id);
    output.object({ v: 1, type: "capstone", id, title, minutes, summary, acts, choices });
    if (output.json) continue;
    print(`${paint.strong(id)}  ${title} ${paint.faint(`${minutes} min`)}`);
    for (const row of wrap(summary.trim(), columns)) print(`  ${row}`);
    acts.forEach((act, at) => {
      print(`  ${at + 1}. ${act.title} ${paint.faint(act.scenario)}`);
    });
    for (const [name, choice] of Object.entries(choices)) {
      print(paint.faint(`  --choose ${name}=${choice.values.join("|")}  ${choice.prompt}`));
    }
  }
}

/** Plays a capstone and writes its report. Failures: those of the lab; `usage` for a folder in use. */
export async function run(
  options: {
    readonly id: string;
    readonly seed: number;
    readonly choices: Readonly<Record<string, string>>;
    readonly out: string | null;
  },
  output: Output,
): Promise<void> {
  const { id, seed } = options;
  const capstone = await loadCapstone(id);
  const choices = choicesOf(capstone, options.choices);
  const out = options.out === null ? freeFolder(capstone.id) : resolve(options.out);
  if ((await readdir(out).catch(() => [])).length > 0) {
    throw new Failure("usage", `${out}: holds something already`);
  }
  const progress = progressLine(output);
  const result = await runCapstone({
    ...{ capstone, seed, choices, out },
    onProgress: ({ step, done, of }) => progress.show(step, done, of),
  });
  progress.end();
  const report = await writeCapstone(result, out);
  output.object(result);
  if (output.json) return;
  const paint = paintOfStdout();
  print(`${paint.strong(result.title)} ${paint.faint(`seed ${seed}`)}`);
  result.chosen.acts.forEach((act, at) => {
    print(`\n${paint.strong(`Act ${at + 1}: ${act.title}`)}`);
    for (const why of act.why) {
      for (const row of wrap(why, columns)) print(paint.faint(`  ${row}`));
    }
    for (const row of wrap(act.sentence, columns)) print(`  ${row}`);
  });
  print(`\n${paint.strong("With other choices, on the same seed")}`);
  const { head, rows } = sideBySide(result);
  for (const course of result.counterfactual) {
    print(`  ${paint.strong(course.name)}`);
    const at = head.indexOf(course.name);
    for (const row of rows.filter((each) => each[2] !== each[at])) {
      print(`    ${`${row[0]} ${row[1]}`.padEnd(30)} ${row[2]} → ${row[at]}`);
    }
  }
  print(`\nreport    ${report.html}`);
}

function freeFolder(id: string): string {
  for (let number = 1; ; number++) {
    const folder = resolve(`lab-${id}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}
