import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  changeName,
  listScenarios,
  type Metric,
  metricText,
  numberText,
  type RunResult,
  runScenario,
  writeReport,
} from "#client/lab/door.ts";
import type { Output } from "./output.ts";
import { createPaint, type Paint, wantsColours, wrap } from "./paint.ts";

const textColumns = 76;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function paintOfStdout(): Paint {
  return createPaint(wantsColours(process.stdout, process.env));
}

/** Prints the scenarios that come with the lab; `long` with their stories and defences. */
export async function list(options: { readonly long: boolean }, output: Output): Promise<void> {
  const paint = paintOfStdout();
  for (const scenario of await listScenarios()) {
    output.object({ v: 1, type: "scenario", ...scenario });
    if (output.json) continue;
    const { id, title, minutes, badge, risk, incidents } = scenario;
    print(`${paint.strong(id)}  ${title} ${paint.faint(`${minutes} min · ${badge}`)}`);
    print(paint.faint(`  ${risk.map((each) => each.replaceAll("-", " ")).join(", ")}`));
    for (const { name, confidence } of incidents) {
      print(paint.faint(`  after ${name} (${confidence})`));
    }
    if (!options.long) continue;
    for (const row of wrap(scenario.summary.trim(), textColumns)) print(`  ${row}`);
    for (const [name, values] of Object.entries(scenario.defences)) {
      const given = scenario.circumstances.includes(name) ? "  (a circumstance, no defence)" : "";
      print(paint.faint(`  --set ${name}=${values.join("|")}${given}`));
    }
    const { questions, injects } = scenario;
    print(paint.faint(`  an exercise of ${questions} questions and ${injects} injects`));
    print("");
  }
  if (output.json) return;
  print("");
  print(
    paint.faint("E executed, X extrapolated, A assumed; --long tells the stories and the defences"),
  );
}

/** Runs a scenario and writes its report. Failures: those of the lab. */
export async function run(
  options: {
    readonly scenario: string;
    readonly seed: number | null;
    readonly out: string | null;
    readonly defences: Readonly<Record<string, string>>;
    readonly compare: boolean;
  },
  output: Output,
): Promise<void> {
  const { scenario, seed, defences, compare } = options;
  const out = options.out === null ? freeFolder(scenario) : resolve(options.out);
  const result = await runScenario({
    scenario: /[./\\]/.test(scenario) ? { path: scenario } : { id: scenario },
    ...(seed === null ? {} : { seed }),
    ...{ out, defences, compare },
    onProgress: ({ step, done, of }) => output.talk(output.paint.faint(`[${done}/${of}] ${step}`)),
  });
  const report = await writeReport(result, out);
  output.object(result);
  if (!output.json) showRun(result, report.html, paintOfStdout());
}

function freeFolder(scenario: string): string {
  const name = scenario.replace(/\.ya?ml$/, "").replace(/[^\w-]+/g, "-");
  for (let number = 1; ; number++) {
    const folder = resolve(`lab-${name}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}

function showRun(result: RunResult, report: string, paint: Paint): void {
  const { baseline, paired, controls, expectations } = result;
  print(`${paint.strong(result.title)} ${paint.faint(`seed ${result.seed}`)}`);
  for (const row of wrap(result.sentence, textColumns)) {
    print(result.verdict === "measured" ? row : paint.bad(row));
  }
  print("");
  for (const metric of baseline.metrics) print(metricRow(metric, paint));
  for (const { change, effects } of paired) {
    print(`\n${paint.strong(changeName(change))}`);
    for (const { metric, baseline: before, value } of effects) {
      print(`  ${metric.padEnd(24)} ${numberText(before)} → ${numberText(value)}`);
    }
  }
  print("");
  for (const control of controls) {
    const mark = control.ok ? paint.good("✓") : paint.bad("✗");
    print(`${mark} ${control.kind} control: ${control.name}: ${control.measured}`);
  }
  for (const { words, ok } of expectations)
    print(`${ok ? paint.good("✓") : paint.bad("✗")} ${words}`);
  print(`\nevidence  ${join(result.out, "evidence")}\nreport    ${report}`);
}

function metricRow(metric: Metric, paint: Paint): string {
  return `  ${metric.id.padEnd(24)} ${metricText(metric)} ${paint.faint(`${metric.badge} · ${metric.words}`)}`;
}
