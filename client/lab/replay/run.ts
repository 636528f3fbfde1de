import { readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { attempt } from "../attempt.ts";
import { manifestOf } from "../bundle.ts";
import { labLimits } from "../evidence-limits.ts";
import { rigs } from "../rigs/catalogue.ts";
import { changeName } from "../settings.ts";

const recordedMetric = z.looseObject({
  id: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  hits: z.number().nullable(),
  of: z.number().nullable(),
});

const recordedRun = z.looseObject({
  bundle: z.string(),
  metrics: z.array(recordedMetric),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  findings: z.looseObject({ attack: z.string() }),
  hashes: z.array(z.looseObject({ path: z.string(), sha256: z.string() })),
});

/** What a replay needs of `report.json`; the rest of a report is made from it. */
const recordedReport = z.looseObject({
  type: z.literal("lab-run"),
  scenario: z.string(),
  seed: z.number().int(),
  out: z.string(),
  baseline: recordedRun,
  paired: z.array(z.looseObject({ change: z.record(z.string(), z.string()), run: recordedRun })),
});

/** One number of a report, as it was and as it came out again. */
export interface ReplayedNumber {
  /** Which run of the report: empty for the baseline, else its change of the defences. */
  readonly run: string;
  readonly name: string;
  readonly recorded: string | number | null;
  readonly replayed: string | number | null;
  readonly same: boolean;
  /** Speeds depend on the machine and need not come out again. */
  readonly isSpeed: boolean;
}

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
  const runs = [
    { name: "", run: report.baseline },
    ...report.paired.map(({ change, run }) => ({ name: changeName(change), run })),
  ];
  const numbers: ReplayedNumber[] = [];
  for (const [index, { name, run }] of runs.entries()) {
    onProgress?.(index, runs.length);
    numbers.push(...(await replayOne(name, placeOf(folder, report.out, run.bundle), run)));
  }
  onProgress?.(runs.length, runs.length);
  const same = numbers.every((number) => number.same || number.isSpeed);
  const { scenario, seed } = report;
  return { v: 1, type: "lab-replay", scenario, seed, numbers, same };
}

async function readReport(folder: string): Promise<z.infer<typeof recordedReport>> {
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
  recorded: z.infer<typeof recordedRun>,
): Promise<ReplayedNumber[]> {
  const rig = rigs.get(recorded.findings.attack);
  if (rig === undefined) {
    throw new Failure("malformed", `report.json: no algorithm "${recorded.findings.attack}"`);
  }
  const manifest = await manifestOf(bundle).catch(() => {
    throw new Failure("not-found", `${bundle}: the evidence of this run is gone`);
  });
  const hashes = manifest.artefacts.flatMap(({ files }) => files);
  const reported = new Map(recorded.hashes.map(({ path, sha256 }) => [path, sha256]));
  for (const { path, sha256 } of hashes) {
    if (reported.get(path) !== sha256) {
      throw new Failure("integrity", `${path}: is not the evidence that was reported`);
    }
  }
  const truth = await readTruthOf(bundle);
  const wallMs = manifest.attack.wallMs;
  const again = await attempt({ rig, bundle, truth, defences: {}, cost: {}, wallMs });
  const metrics = recorded.metrics.map((metric): ReplayedNumber => {
    const twin = again.metrics.find(({ id }) => id === metric.id);
    const same = twin !== undefined && twin.value === metric.value && twin.hits === metric.hits;
    const [was, is] = [metric.value, twin?.value ?? null];
    const isSpeed = metric.unit === "per-second" || dependsOnSpeed.has(metric.id);
    return { run: name, name: metric.id, recorded: was, replayed: is, same, isSpeed };
  });
  const known = new Set(recorded.metrics.map(({ id }) => id));
  const facts = Object.entries(recorded.facts)
    .filter(([fact]) => !known.has(fact))
    .map(([fact, was]): ReplayedNumber => {
      const is = again.facts[fact] ?? null;
      return {
        run: name,
        name: fact,
        recorded: was,
        replayed: is,
        same: was === is,
        isSpeed: false,
      };
    });
  return [...metrics, ...facts];
}

/** Metrics that are made from a speed of this machine. */
const dependsOnSpeed: ReadonlySet<string> = new Set(["crack.rate", "crack.cost", "crack.seconds"]);

async function readTruthOf(bundle: string): Promise<unknown> {
  const path = join(dirname(bundle), "truth.json");
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
