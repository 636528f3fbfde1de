import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import {
  changeName,
  type Matrix,
  type MatrixRow,
  numberText,
  runAll,
  runMatrix,
  signedText,
  type WorkerCommand,
  writeMatrixReport,
} from "#client/lab/door.ts";
import { Failure } from "#shared/failure.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { createPaint, type Paint, wantsColours, wrap } from "./paint.ts";

/** This command line again, as a worker of its own. */
function worker(kind: "matrix" | "run"): WorkerCommand {
  const program = process.argv[1] ?? "";
  return { program: process.execPath, args: [...process.execArgv, program, "lab", "work", kind] };
}

/** As many workers as asked for, or one a core; null to work in this process. */
export function workersOf(jobs: number | null, kind: "matrix" | "run") {
  const count = jobs ?? availableParallelism();
  return count === 0 ? null : { command: worker(kind), count };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Measures scenarios against their defences and prints what each did. Failures: those of the lab. */
export async function matrix(
  options: {
    readonly scenarios: readonly string[];
    readonly seeds: number;
    readonly seed: number;
    readonly jobs: number | null;
    readonly out: string;
  },
  output: Output,
): Promise<void> {
  const { scenarios, seeds, seed, jobs } = options;
  const out = resolve(options.out);
  const progress = progressLine(output);
  const measured = await runMatrix({
    ...{ scenarios, seeds, firstSeed: seed, out, workers: workersOf(jobs, "matrix") },
    onProgress: (done, of, fresh) => progress.show("measurements", done, of, fresh),
  });
  progress.end();
  const report = await writeMatrixReport(measured, out);
  output.object(measured);
  if (output.json) return;
  showMatrix(measured, createPaint(wantsColours(process.stdout, process.env)));
  print(`\nreport    ${report.html}`);
  print(`numbers   ${report.json}`);
}

function showMatrix({ rows, seeds, firstSeed }: Matrix, paint: Paint): void {
  for (const row of rows) {
    const name = `${paint.strong(row.scenario)}  ${row.leak}`;
    print(
      `\n${name} ${paint.faint(`${seeds} seeds from ${firstSeed}, 95 % intervals by bootstrap`)}`,
    );
    if (row.broken.length > 0) {
      print(paint.bad(`  ✗ rig broken: ${row.broken.join("; ")}. No number of this row counts.`));
      continue;
    }
    for (const line of rowLines(row, paint)) print(line);
  }
}

function rowLines({ defences, leak }: MatrixRow, paint: Paint): string[] {
  const names = defences.map(({ change }) => changeName(change));
  const width = Math.max(20, ...names.map((name) => name.length));
  return defences.map(({ effects, prices }, index) => {
    const effect = effects.find(({ metric }) => metric === leak);
    const name = (names[index] ?? "").padEnd(width);
    if (effect === undefined) return `  ${name}  ${paint.faint("nothing measured")}`;
    const from = `${numberText(effect.without)} → ${numberText(effect.with)}`.padEnd(17);
    const change = `${signedText(effect.difference)} ${interval(effect.interval)}`.padEnd(26);
    const verdict =
      effect.verdict === "less leaks"
        ? paint.good(effect.verdict)
        : effect.verdict === "more leaks"
          ? paint.bad(effect.verdict)
          : paint.faint(effect.verdict);
    const price = prices
      .filter(({ difference }) => difference !== null && difference !== 0)
      .map(({ name: what, difference }) => `${signedText(difference)} ${what}`)
      .join(", ");
    return `  ${name}  ${from}  ${change}  ${verdict}${price === "" ? "" : paint.faint(`  ${price}`)}`;
  });
}

function interval(bounds: readonly [number, number] | null): string {
  return bounds === null ? "" : `[${signedText(bounds[0])}, ${signedText(bounds[1])}]`;
}

/** Runs every scenario and prints a line for each as it comes. Failure `integrity` when a rig is broken. */
export async function all(
  options: { readonly seed: number; readonly jobs: number | null; readonly out: string },
  output: Output,
): Promise<void> {
  const paint = createPaint(wantsColours(process.stdout, process.env));
  const progress = progressLine(output);
  progress.show("scenarios", 0, 1);
  const results = await runAll({
    ...{ seed: options.seed, out: resolve(options.out), workers: workersOf(options.jobs, "run") },
    onResult(result, done, of) {
      progress.end();
      output.object({ v: 1, type: "lab-summary", ...result });
      if (!output.json) {
        const ok = result.verdict === "measured" && result.missed.length === 0;
        const mark = ok ? paint.good("✓") : paint.bad("✗");
        const { value, words } = result.headline;
        print(`${mark} ${paint.strong(result.scenario)}  ${value} ${paint.faint(words)}`);
        for (const row of wrap(result.sentence, 76)) print(`    ${row}`);
        for (const missed of result.missed) print(paint.bad(`    not as expected: ${missed}`));
      }
      progress.show("scenarios", done, of);
    },
  });
  progress.end();
  const broken = results.filter(({ verdict }) => verdict === "rig broken");
  if (!output.json) print(`\nreports   ${resolve(options.out)}`);
  if (broken.length > 0) {
    const names = broken.map(({ scenario }) => scenario).join(", ");
    throw new Failure("integrity", `rig broken: ${names}; no number of these counts`);
  }
}
