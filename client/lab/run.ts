import { createHash, randomInt } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assert, Failure } from "#shared/failure.ts";
import { attackProgram } from "./attack-program.ts";
import type { ClaimTable } from "./attacks/claim-table.ts";
import type { Findings } from "./attacks/findings.ts";
import { stageAndAttack } from "./attempt.ts";
import { manifestOf } from "./bundle.ts";
import type { Badge, Metric } from "./metric.ts";
import { metricValue } from "./metrics.ts";
import { settingText } from "./report/words.ts";
import type { ExpectationResult, Paired, RunResult, ScoredRun } from "./result.ts";
import { rigs } from "./rigs/catalogue.ts";
import type { Rig } from "./rigs/rig.ts";
import { runAttackProcess } from "./run-attack.ts";
import { builtInScenarios, readScenario, scenarioPath } from "./scenario.ts";
import type { Expectation, Scenario } from "./scenario-schema.ts";
import { circumstancesOf, isCircumstance, type Settings, settingsOf } from "./settings.ts";
import { softwareName } from "./software.ts";

export interface ScenarioSummary {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly risk: readonly string[];
  readonly difficulty: number;
  readonly minutes: number;
  readonly summary: string;
  readonly incidents: readonly { readonly name: string; readonly confidence: string }[];
  readonly defences: Readonly<Record<string, readonly string[]>>;
  /** Those of them that are not anybody's to choose. */
  readonly circumstances: readonly string[];
  /** How many questions an exercise asks, and how many injects it brings. */
  readonly questions: number;
  readonly injects: number;
  /** `E` executed, `X` extrapolated, `A` a capability given by fiat. */
  readonly badge: string;
}

/** What is being done: `step` in words, `done` of `of`. */
export interface RunProgress {
  readonly step: string;
  readonly done: number;
  readonly of: number;
}

/** The scenarios that come with the lab. */
export async function listScenarios(): Promise<readonly ScenarioSummary[]> {
  return (await builtInScenarios()).map((each) => ({
    id: each.id,
    title: each.title,
    version: each.version,
    risk: each.risk,
    difficulty: each.difficulty,
    minutes: each.minutes,
    summary: each.summary,
    incidents: each.grounded_in.map(({ name, confidence }) => ({ name, confidence })),
    defences: Object.fromEntries(
      Object.entries(each.defences).map(([name, { values }]) => [name, values]),
    ),
    circumstances: circumstancesOf(each),
    questions: each.questions.length,
    injects: each.injects.length,
    badge: rigOf(each)
      .badges(each)
      .map((badge) => badgeLetters[badge])
      .join(", "),
  }));
}

const badgeLetters: Readonly<Record<Badge, string>> = {
  EXECUTED: "E",
  EXTRAPOLATED: "X",
  ASSUMED: "A",
};

export interface RunOptions {
  readonly scenario: { readonly id: string } | { readonly path: string };
  readonly seed?: number;
  /** A folder that does not exist yet, or is empty. */
  readonly out: string;
  /** Changes to the scenario's defaults; this is the baseline of the run then. */
  readonly defences?: Settings;
  /** Whether the defences that the scenario has expectations about are measured too. Default true. */
  readonly compare?: boolean;
  readonly onProgress?: (progress: RunProgress) => void;
}

/**
 * Runs a scenario: stages its world, captures what the adversary is granted, attacks, scores, and does the
 * same for its controls and, paired on the same seed, for its defences. Failures: `not-found`,
 * `malformed` (scenario file), `usage` (unknown defence, folder in use), and what staging may fail with.
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { scenario, text } = await readScenario(await scenarioPath(options.scenario));
  const rig = rigOf(scenario);
  const changes = options.defences ?? {};
  checkSettings(scenario, changes);
  if ((await lstat(join(options.out, "evidence")).catch(() => null)) !== null) {
    throw new Failure("usage", `${options.out}: holds evidence already`);
  }
  await mkdir(options.out, { recursive: true });
  const seed = options.seed ?? (scenario.seed === "random" ? randomInt(2 ** 31) : scenario.seed);
  const variants = options.compare === false ? [] : variantsOf(scenario, changes);
  const steps = variants.length + 2;
  let step = 0;
  const tell = (words: string) => options.onProgress?.({ step: words, done: step++, of: steps });
  tell("staging the world and attacking it");
  const baseline = await stageAndAttack(rig, {
    ...{ scenario, seed, settings: settingsOf(scenario, changes), out: options.out },
  });
  tell("running the controls");
  const controls = await rig.controls({ scenario, seed, out: options.out }, rig);
  const paired: Paired[] = [];
  for (const change of variants) {
    const name = nameOf(change);
    tell(`measuring ${name}`);
    const settings = settingsOf(scenario, { ...changes, ...change });
    const out = join(options.out, "defences", name.replaceAll(" ", "-"));
    const run = await stageAndAttack(rig, { scenario, seed, settings, out });
    paired.push(pair(rig, scenario, change, baseline, run));
  }
  const expectations =
    options.compare === false || Object.keys(changes).length > 0
      ? []
      : scenario.expect.map((each) => check(each, baseline, paired));
  const broken = controls.some((control) => !control.ok);
  options.onProgress?.({ step: "done", done: steps, of: steps });
  return {
    v: 1,
    type: "lab-run",
    scenario: scenario.id,
    title: scenario.title,
    version: scenario.version,
    file: createHash("sha256").update(text).digest("hex"),
    software: await softwareName(),
    summary: scenario.summary,
    risk: scenario.risk,
    capability: scenario.adversary.capability,
    incidents: scenario.grounded_in.map(({ mechanism: _, ...incident }) => incident),
    seed,
    verdict: broken ? "rig broken" : "measured",
    sentence: broken
      ? "A control did not come out as it must: this rig is broken, and none of its numbers means anything."
      : rig.sentence(scenario, baseline),
    leak: scenario.metrics[0] ?? "",
    baseline,
    paired,
    circumstances: circumstancesOf(scenario).map((name) => ({
      ...{ name, value: baseline.defences[name] ?? "" },
      words: scenario.defences[name]?.cost_note ?? "",
    })),
    controls,
    expectations,
    facts: { ...baseline.facts, "rule.stops": ruleThatStops(paired) },
    limits: rig.limits(scenario, baseline),
    prompts: scenario.aar.prompts,
    out: options.out,
  };
}

/** Runs one attack on a saved bundle: the same findings as in the run that made it. */
export async function runAttack(options: {
  readonly id: string;
  readonly bundle: string;
  readonly onProgress?: (progress: RunProgress) => void;
}): Promise<Findings> {
  const { id, bundle, onProgress } = options;
  const found = await lstat(join(bundle, "manifest.json")).catch(() => null);
  if (found === null) throw new Failure("not-found", `${bundle}: not an evidence bundle`);
  return runAttackProcess({
    program: await attackProgram(),
    attack: id,
    bundle,
    wallMs: await wallOf(bundle),
    onProgress: (step, done, of) => onProgress?.({ step, done, of }),
  });
}

/** What an attack found, as tables in its own words; none of an attack that the lab does not have. */
export function tellFindings(findings: Findings): readonly ClaimTable[] {
  return rigs.get(findings.attack)?.tell(findings) ?? [];
}

/** The budget of a bundle whose manifest is in order; the attack process says what is wrong with another. */
async function wallOf(bundle: string): Promise<number> {
  const manifest = await manifestOf(bundle).catch(() => null);
  return manifest?.attack.wallMs ?? 60_000;
}

function rigOf(scenario: Scenario): Rig {
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  return rig;
}

function checkSettings(scenario: Scenario, changes: Settings): void {
  for (const [name, value] of Object.entries(changes)) {
    const defence = scenario.defences[name];
    if (defence === undefined) {
      const known = Object.keys(scenario.defences).join(", ");
      throw new Failure("usage", `no defence "${name}" in this scenario; there are ${known}`);
    }
    if (!defence.values.includes(value)) {
      throw new Failure("usage", `${name} is one of ${defence.values.join(", ")}`);
    }
  }
}

/** The settings that expectations ask about, each once, and not what the baseline is anyway. */
function variantsOf(scenario: Scenario, changes: Settings): Settings[] {
  const variants = new Map<string, Settings>();
  const base = settingsOf(scenario, changes);
  for (const { when } of scenario.expect) {
    const differs = Object.entries(when).some(([name, value]) => base[name] !== value);
    if (differs) variants.set(nameOf(when), when);
  }
  return [...variants.values()];
}

function nameOf(change: Settings): string {
  return Object.entries(change)
    .map(([name, value]) => `${name} ${value}`)
    .join(" ");
}

function pair(
  rig: Rig,
  scenario: Scenario,
  change: Settings,
  baseline: ScoredRun,
  run: ScoredRun,
): Paired {
  const ids = new Set([...baseline.metrics, ...run.metrics].map((metric) => metric.id));
  const effects = [...ids]
    .filter((id) => scenario.metrics.includes(id))
    .map((metric) => {
      const before = metricValue(baseline.metrics, metric);
      const value = metricValue(run.metrics, metric);
      const difference = before === null || value === null ? null : value - before;
      return { metric, baseline: before, value, difference };
    });
  const costNote = Object.keys(change)
    .map((name) => scenario.defences[name]?.cost_note ?? "")
    .join("; ");
  const sentence = rig.sentence(scenario, run);
  return {
    change,
    run,
    effects,
    sentence,
    costNote,
    circumstance: isCircumstance(scenario, change),
  };
}

/** The first rule that was measured and let nothing be read; `none`, and null where nothing was compared. */
export function ruleThatStops(
  paired: readonly {
    readonly change: Settings;
    readonly run: { readonly metrics: readonly Pick<Metric, "id" | "value">[] };
  }[],
): string | null {
  if (paired.length === 0) return null;
  const stopped = paired.find(({ run }) => metricValue(run.metrics, "recovered.fraction") === 0);
  return stopped === undefined ? "none" : settingText(stopped.change);
}

/** Whether one expectation of the scenario file held in this run. */
export function check(
  expectation: Expectation,
  baseline: ScoredRun,
  paired: readonly Paired[],
): ExpectationResult {
  const name = nameOf(expectation.when);
  const run = paired.find((each) => nameOf(each.change) === name)?.run ?? baseline;
  const measured = metricValue(run.metrics, expectation.metric);
  const against =
    expectation.than === "baseline"
      ? metricValue(baseline.metrics, expectation.metric)
      : expectation.than;
  const when = name === "" ? "as it is" : `with ${name}`;
  return {
    words: `${expectation.metric} ${expectation.op} ${expectation.than} ${when}`,
    ok: measured !== null && against !== null && holds(measured, expectation.op, against),
    measured,
    against,
  };
}

function holds(value: number, op: Expectation["op"], than: number): boolean {
  const near = Math.abs(value - than) < 1e-9;
  if (op === "==") return near;
  if (op === "<=") return near || value < than;
  if (op === ">=") return near || value > than;
  return !near && (op === "<" ? value < than : value > than);
}
