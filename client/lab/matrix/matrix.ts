import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { growsWithLeak } from "../metric.ts";
import type { Scenario } from "../scenario-schema.ts";
import { changeName, isCircumstance, type Settings, settingsOf } from "../settings.ts";
import type { Cell, CellJob } from "./cell.ts";
import { type Effect, type Pair, pairedEffect, type Verdict, verdictOf } from "./effect.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { type Measuring, measureAll, type Workers } from "./measure.ts";
import { type Subject, subjectsOf } from "./subject.ts";

/** What a defence did to one metric, and what it cost, over paired seeds. */
export interface Measured {
  readonly change: Settings;
  readonly effects: readonly (Effect & {
    readonly metric: string;
    readonly unit: string;
    readonly verdict: Verdict;
  })[];
  readonly prices: readonly (Effect & { readonly name: string })[];
  readonly note: string;
  /** Whether nothing but circumstances differs: then it is no defence. */
  readonly circumstance: boolean;
}

export interface MatrixRow {
  readonly scenario: string;
  readonly title: string;
  /** The metric that stands for the scenario's leak: the first of its file. */
  readonly leak: string;
  readonly growsWithLeak: boolean;
  readonly seeds: readonly number[];
  /** Controls that did not come out as they must: then no number of this row means anything. */
  readonly broken: readonly string[];
  readonly defences: readonly Measured[];
}

export interface Matrix {
  readonly v: 1;
  readonly type: "lab-matrix";
  readonly firstSeed: number;
  readonly seeds: number;
  /** Versions and commits of what measured it. */
  readonly software: readonly string[];
  readonly rows: readonly MatrixRow[];
}

export interface MatrixPlan {
  /** Ids of built-in scenarios or paths of files; none for all that come with the lab. */
  readonly scenarios: readonly string[];
  readonly firstSeed: number;
  readonly seeds: number;
  /** Folder of the ledger and of the results; what is in its ledger already is not measured again. */
  readonly out: string;
  readonly workers: Workers;
  readonly onProgress?: Measuring;
}

/**
 * Measures scenarios against each of their defences, alone, on paired seeds, and writes `matrix.json`
 * beside the ledger. Failures: those of scenario files; `internal` when a measurement fails.
 */
export async function runMatrix(plan: MatrixPlan): Promise<Matrix> {
  const subjects = await subjectsOf(plan.scenarios);
  const ledger = await openLedger(plan.out);
  const seeds = Array.from({ length: plan.seeds }, (_, index) => plan.firstSeed + index);
  const jobs = subjects.flatMap((subject) => jobsOf(subject, seeds));
  await measureAll(jobs, ledger, plan.workers, plan.onProgress);
  const hashes = new Set(subjects.map(({ hash }) => hash));
  const used = ledger.all().filter((cell) => hashes.has(cell.file) && seeds.includes(cell.seed));
  const software = new Set(used.map((cell) => cell.software));
  const matrix: Matrix = {
    ...{ v: 1, type: "lab-matrix", firstSeed: plan.firstSeed, seeds: plan.seeds },
    software: [...software],
    rows: subjects.map((subject) => rowOf(subject, seeds, ledger)),
  };
  await mkdir(plan.out, { recursive: true });
  await writeFile(join(plan.out, "matrix.json"), `${JSON.stringify(matrix, null, 1)}\n`);
  return matrix;
}

/** Every value of every defence, and of no circumstance, that differs from the defaults, alone; and what expectations combine. */
export function changesOf(scenario: Scenario): Settings[] {
  const base = settingsOf(scenario, {});
  const changes = new Map<string, Settings>();
  for (const [name, { values, circumstance }] of Object.entries(scenario.defences)) {
    if (circumstance === true) continue;
    for (const value of values.filter((each) => each !== base[name])) {
      changes.set(changeName({ [name]: value }), { [name]: value });
    }
  }
  for (const { when } of scenario.expect) {
    const differs = Object.entries(when).some(([name, value]) => base[name] !== value);
    if (differs) changes.set(changeName(when), when);
  }
  return [...changes.values()];
}

function jobsOf({ scenario, text, file, hash }: Subject, seeds: readonly number[]): CellJob[] {
  const common = { scenario: scenario.id, text, file, hash };
  const controls = { ...common, kind: "controls" as const, change: {}, seed: seeds[0] ?? 1 };
  const cells = seeds.flatMap((seed) =>
    [{}, ...changesOf(scenario)].map((change) => ({
      ...common,
      kind: "cell" as const,
      change,
      seed,
    })),
  );
  return [controls, ...cells];
}

function rowOf(subject: Subject, seeds: readonly number[], ledger: Ledger): MatrixRow {
  const { scenario, hash: file } = subject;
  const find = (change: string, seed: number) =>
    ledger.find({ scenario: scenario.id, file, change, seed });
  const baseline = seeds.map((seed) => find("", seed));
  const leak = scenario.metrics[0] ?? "";
  return {
    scenario: scenario.id,
    title: scenario.title,
    leak,
    growsWithLeak: growsWithLeak(leak),
    seeds,
    broken: find("controls", seeds[0] ?? 1)?.broken ?? [],
    defences: changesOf(scenario).map((change) => {
      const cells = seeds.map((seed) => find(changeName(change), seed));
      return measuredOf(scenario, change, baseline, cells);
    }),
  };
}

/** What one change did and cost, from cells of the same seeds in the same order. */
export function measuredOf(
  scenario: Scenario,
  change: Settings,
  baseline: readonly (Cell | null)[],
  cells: readonly (Cell | null)[],
): Measured {
  const pairs = (value: (cell: Cell | null) => number | null): Pair[] =>
    cells.map((cell, index) => ({ without: value(baseline[index] ?? null), with: value(cell) }));
  const effects = scenario.metrics
    .filter((metric) => baseline.some((cell) => cell !== null && metric in cell.metrics))
    .map((metric) => {
      const paired = pairs((cell) => cell?.metrics[metric] ?? null);
      const effect = pairedEffect(paired);
      const unit = baseline.find((cell) => cell?.units[metric] !== undefined)?.units[metric] ?? "";
      return { metric, unit, ...effect, verdict: verdictOf(effect, growsWithLeak(metric)) };
    });
  const costs = new Set([...baseline, ...cells].flatMap((cell) => Object.keys(cell?.cost ?? {})));
  const prices = [...costs].map((cost) => ({
    name: cost,
    ...pairedEffect(pairs((cell) => cell?.cost[cost] ?? null)),
  }));
  const note = Object.keys(change)
    .map((each) => scenario.defences[each]?.cost_note ?? "")
    .join("; ");
  return { change, effects, prices, note, circumstance: isCircumstance(scenario, change) };
}
