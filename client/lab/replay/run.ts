import { readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { attempt } from "../attempt.ts";
import { manifestOf } from "../bundle.ts";
import { type Manifest, manifestName } from "../evidence.ts";
import { labLimits } from "../evidence-limits.ts";
import type { ScoredRun } from "../result.ts";
import { rigs } from "../rigs/catalogue.ts";
import { ruleThatStops } from "../run.ts";
import { changeName } from "../settings.ts";
import { compared, comparedWhole, type ReplayedNumber } from "./number.ts";

const recordedMetric = z.looseObject({
  id: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  hits: z.number().nullable(),
  of: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  chance: z.number().nullable(),
});

const recordedRun = z.looseObject({
  defences: z.record(z.string(), z.string()),
  bundle: z.string(),
  metrics: z.array(recordedMetric),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  findings: z.looseObject({ attack: z.string() }),
  hashes: z.array(z.looseObject({ path: z.string(), sha256: z.string() })),
  cost: z.record(z.string(), z.number()),
  talk: z.json(),
  secrets: z.json(),
  figures: z.json(),
  headline: z.json(),
});

/** What a replay needs of `report.json`; the rest of a report is made from it. */
const recordedReport = z.looseObject({
  type: z.literal("lab-run"),
  scenario: z.string(),
  seed: z.number().int(),
  out: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  baseline: recordedRun,
  paired: z.array(
    z.looseObject({
      change: z.record(z.string(), z.string()),
      run: recordedRun,
      effects: z.array(
        z.looseObject({
          metric: z.string(),
          baseline: z.number().nullable(),
          value: z.number().nullable(),
          difference: z.number().nullable(),
        }),
      ),
    }),
  ),
});

export type RecordedReport = z.infer<typeof recordedReport>;
export type RecordedRun = z.infer<typeof recordedRun>;

export interface Replay {
  readonly v: 1;
  readonly type: "lab-replay";
  readonly scenario: string;
  readonly seed: number;
  readonly numbers: readonly ReplayedNumber[];
  /** Whether every number but speeds came out again. */
  readonly same: boolean;
}

/**
 * Attacks and scores the saved evidence of a run again and compares every number with its report. `folder`
 * is the run's: `report.json`, and evidence with its ground truth for the baseline and each defence.
 * Failures: `not-found`; `malformed` for a report or a path that is not the lab's; `integrity` for evidence
 * that is not what was reported; what an attack may fail with.
 */
export async function replayRun(
  folder: string,
  onProgress?: (done: number, of: number) => void,
): Promise<Replay> {
  const report = await readReport(folder);
  const numbers = await replayReport({ folder, report, bundle: null, onProgress });
  const same = numbers.every((number) => number.same || number.isSpeed);
  const { scenario, seed } = report;
  return { v: 1, type: "lab-replay", scenario, seed, numbers, same };
}

/** The same of a report that was read. `bundle` is where the baseline's evidence lies; null for beside the report. */
export async function replayReport(plan: {
  readonly folder: string;
  readonly report: RecordedReport;
  readonly bundle: string | null;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}): Promise<ReplayedNumber[]> {
  const { folder, report, onProgress } = plan;
  const runs = runsOf(report);
  const numbers: ReplayedNumber[] = [];
  for (const [index, { name, run }] of runs.entries()) {
    onProgress?.(index, runs.length);
    const kept = placeOf(folder, report.out, run.bundle);
    const bundle = index === 0 ? (plan.bundle ?? kept) : kept;
    numbers.push(...(await replayOne(name, bundle, join(dirname(kept), "truth.json"), run)));
  }
  onProgress?.(runs.length, runs.length);
  const facts = { ...report.baseline.facts, "rule.stops": ruleThatStops(report.paired) };
  return [...numbers, ...comparedWhole("", "facts", report.facts, facts), ...effectsOf(report)];
}

/** The baseline under an empty name, then each defence's run under its change. */
export function runsOf(report: RecordedReport): readonly { name: string; run: RecordedRun }[] {
  return [
    { name: "", run: report.baseline },
    ...report.paired.map(({ change, run }) => ({ name: changeName(change), run })),
  ];
}

export async function readReport(folder: string): Promise<RecordedReport> {
  const path = join(folder, "report.json");
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure("not-found", `${path}: no report of a run lies there`);
  if (found.size > labLimits.findingsBytesMax) throw new Failure("malformed", `${path}: too large`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", `${path}: not JSON`);
  }
  const report = recordedReport.safeParse(parsed);
  if (report.success) return report.data;
  const issue = report.error.issues[0];
  const place = issue === undefined ? "" : ` (${issue.path.join(".")}: ${issue.message})`;
  throw new Failure("malformed", `${path}: not a report of the lab's${place}`);
}

/** A bundle's place in a folder that may have moved since; never outside of it. */
function placeOf(folder: string, out: string, bundle: string): string {
  const place = resolve(folder, relative(out, bundle));
  if (!place.startsWith(resolve(folder) + sep)) {
    throw new Failure("malformed", "report.json: names evidence outside its own folder");
  }
  return place;
}

async function replayOne(
  name: string,
  bundle: string,
  truthPath: string,
  recorded: RecordedRun,
): Promise<ReplayedNumber[]> {
  const rig = rigs.get(recorded.findings.attack);
  if (rig === undefined) {
    throw new Failure("malformed", `report.json: no algorithm "${recorded.findings.attack}"`);
  }
  const manifest = await manifestAt(bundle);
  refuseOther(manifest, recorded.hashes);
  const truth = await readTruth(truthPath);
  const { wallMs } = manifest.attack;
  const { defences, cost } = recorded;
  return compareRuns(name, recorded, await attempt({ rig, bundle, truth, defences, cost, wallMs }));
}

export async function manifestAt(bundle: string): Promise<Manifest> {
  const path = join(bundle, manifestName);
  if ((await stat(path).catch(() => null)) === null) {
    throw new Failure("not-found", `${bundle}: the evidence of this run is gone`);
  }
  return manifestOf(bundle).catch(() => {
    throw new Failure("malformed", `${path}: not the lab's`);
  });
}

/** Failure `integrity` with the first file that is not as it was reported, that is new, or that is gone. */
export function refuseOther(
  manifest: Manifest,
  hashes: readonly { readonly path: string; readonly sha256: string }[],
): void {
  const listed = new Map(
    manifest.artefacts.flatMap(({ files }) => files.map(({ path, sha256 }) => [path, sha256])),
  );
  const reported = new Map(hashes.map(({ path, sha256 }) => [path, sha256]));
  for (const path of new Set([...listed.keys(), ...reported.keys()])) {
    if (reported.get(path) !== listed.get(path)) {
      throw new Failure("integrity", `${path}: is not the evidence that was reported`);
    }
  }
}

/** Every number of a scored run against that of another. */
export function compareRuns(
  name: string,
  recorded: RecordedRun,
  again: ScoredRun,
): ReplayedNumber[] {
  const hasSpeed = recorded.metrics.some(isSpeed);
  const metrics = recorded.metrics.map((metric): ReplayedNumber => {
    const twin = again.metrics.find(({ id }) => id === metric.id);
    const same =
      twin !== undefined &&
      twin.value === metric.value &&
      twin.hits === metric.hits &&
      twin.of === metric.of &&
      twin.chance === metric.chance &&
      String(twin.interval) === String(metric.interval);
    const [was, is] = [metric.value, twin?.value ?? null];
    return {
      run: name,
      name: metric.id,
      recorded: was,
      replayed: is,
      same,
      isSpeed: isSpeed(metric),
    };
  });
  const known = new Set(recorded.metrics.map(({ id }) => id));
  const facts = Object.entries(recorded.facts)
    .filter(([fact]) => !known.has(fact))
    .map(([fact, was]) => compared(name, fact, was, again.facts[fact] ?? null));
  return [
    ...metrics,
    ...facts,
    ...comparedWhole(name, "talk", recorded.talk, withoutIds(recorded.talk, again.talk)),
    ...comparedWhole(name, "secrets", recorded.secrets, again.secrets),
    // Where a speed is among the numbers, pictures and headline may be drawn from it.
    ...comparedWhole(name, "figures", recorded.figures, again.figures, hasSpeed),
    ...comparedWhole(name, "headline", recorded.headline, again.headline, hasSpeed),
  ];
}

/** A talk that was staged anew has other random message ids; the rest of it must be as it was. */
function withoutIds(recorded: unknown, talk: ScoredRun["talk"]): unknown {
  const parsed = z.looseObject({ messages: z.array(z.looseObject({ id: z.string() })) });
  const was = parsed.safeParse(recorded);
  if (talk === null || !was.success) return talk;
  const ids = was.data.messages.map(({ id }) => id);
  const messages = talk.messages.map((message, at) => ({ ...message, id: ids[at] ?? message.id }));
  return { ...talk, messages };
}

/** Metrics that are made from a speed of this machine. */
const dependsOnSpeed: ReadonlySet<string> = new Set(["crack.rate", "crack.cost", "crack.seconds"]);

function isSpeed({ id, unit }: { readonly id: string; readonly unit: string }): boolean {
  return unit === "per-second" || dependsOnSpeed.has(id);
}

/** What each defence changed follows from the two runs, which were attacked again. */
function effectsOf({ baseline, paired }: RecordedReport): ReplayedNumber[] {
  const value = (run: RecordedRun, id: string) =>
    run.metrics.find((metric) => metric.id === id)?.value ?? null;
  return paired.flatMap(({ change, run, effects }) =>
    effects.flatMap((effect) => {
      const before = value(baseline, effect.metric);
      const after = value(run, effect.metric);
      const difference = before === null || after === null ? null : after - before;
      const again = { metric: effect.metric, baseline: before, value: after, difference };
      return comparedWhole(changeName(change), `effect on ${effect.metric}`, effect, again);
    }),
  );
}

/** Ground truth as a rig wrote it; its own schema checks it. */
export async function readTruth(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new Failure("not-found", `${path}: the ground truth lies with the facilitator's record`);
  }
  if (found.size > labLimits.truthBytesMax) throw new Failure("malformed", `${path}: too large`);
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", `${path}: not JSON`);
  }
}
