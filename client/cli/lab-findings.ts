import { resolve } from "node:path";
import {
  intervalText,
  measureFindings,
  numberText,
  type Shown,
  sixFindings,
  valueText,
  writeFindingsPage,
} from "#client/lab/door.ts";
import { Failure } from "#shared/failure.ts";
import { workersOf } from "./lab-matrix.ts";
import { progressLine } from "./lab-progress.ts";
import type { Output } from "./output.ts";
import { createPaint, type Paint, wantsColours, wrap } from "./paint.ts";

/**
 * Measures the six findings and prints each with its numbers. Failure `integrity` when a rig is broken or a
 * finding does not hold.
 */
export async function findings(
  options: {
    readonly seeds: number;
    readonly seed: number;
    readonly jobs: number | null;
    readonly out: string;
  },
  output: Output,
): Promise<void> {
  const { seeds, seed, jobs } = options;
  const out = resolve(options.out);
  const progress = progressLine(output);
  const measured = await measureFindings({
    ...{ findings: sixFindings, seeds, firstSeed: seed, out, workers: workersOf(jobs, "matrix") },
    onProgress: (done, of, fresh) => progress.show("measurements", done, of, fresh),
  });
  progress.end();
  const page = await writeFindingsPage(measured, out);
  output.object(measured);
  if (!output.json) {
    const paint = createPaint(wantsColours(process.stdout, process.env));
    print(
      paint.faint(`${seeds} seeds from ${seed}; differences are paired by seed, intervals 95 %`),
    );
    for (const [at, shown] of measured.findings.entries()) show(shown, at + 1, paint);
    print(`\npage      ${page}`);
  }
  const wrong = measured.findings.filter(
    ({ verdict }) => verdict === "rig broken" || verdict === "does not hold",
  );
  if (wrong.length > 0) {
    const names = wrong.map(({ id, verdict }) => `${id} (${verdict})`).join(", ");
    throw new Failure("integrity", `not as it is said to be: ${names}`);
  }
}

function show(
  { title, lesson, scenario, number, arms, claims, verdict, broken }: Shown,
  place: number,
  paint: Paint,
): void {
  const mark = verdict === "holds" ? paint.good("holds") : paint.bad(verdict);
  print(`\n${place}  ${paint.strong(title)}: ${mark}`);
  for (const row of wrap(`${scenario}: ${number}`, 74)) print(paint.faint(`   ${row}`));
  if (broken.length > 0) print(paint.bad(`   rig broken: ${broken.join("; ")}`));
  const width = Math.max(...arms.map(({ words }) => words.length));
  for (const arm of arms) {
    const counted = arm.hits === null ? "" : `${arm.hits} of ${arm.of}`;
    print(
      `     ${arm.words.padEnd(width)}  ${numberText(arm.mean).padEnd(6)} ${paint.faint(counted)}`,
    );
  }
  for (const claim of claims) {
    const sign = claim.verdict === "holds" ? paint.good("✓") : paint.bad("✗");
    const numbers = `${valueText(claim)} [${intervalText(claim)}], ${claim.bound}`;
    const end = claim.verdict === "holds" ? "" : paint.bad(`: ${claim.verdict}`);
    print(`   ${sign} ${claim.words}  ${paint.faint(numbers)}${end}`);
  }
  for (const row of wrap(lesson, 74)) print(`   ${row}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
