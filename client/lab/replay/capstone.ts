import { readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { attempt } from "../attempt.ts";
import { labLimits } from "../evidence-limits.ts";
import { rigs } from "../rigs/catalogue.ts";
import { parseScenario } from "../scenario.ts";
import { compared, comparedWhole, type ReplayedNumber } from "./number.ts";
import { manifestAt, readTruth, refuseOther } from "./run.ts";

const recordedAct = z.looseObject({
  act: z.string(),
  scenario: z.string(),
  settings: z.record(z.string(), z.string()),
  sentence: z.string(),
  headline: z.json(),
  metrics: z.array(z.looseObject({ id: z.string(), unit: z.string() })),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  out: z.string(),
  hashes: z.array(z.looseObject({ path: z.string(), sha256: z.string() })),
});

const recordedCourse = z.looseObject({ name: z.string(), acts: z.array(recordedAct) });

const recordedCapstone = z.looseObject({
  type: z.literal("lab-capstone"),
  capstone: z.string(),
  seed: z.number().int(),
  out: z.string(),
  chosen: recordedCourse,
  counterfactual: z.array(recordedCourse),
});

export interface CapstoneReplay {
  readonly v: 1;
  readonly type: "lab-capstone-replay";
  readonly scenario: string;
  readonly seed: number;
  readonly numbers: readonly ReplayedNumber[];
  readonly same: boolean;
}

/**
 * Attacks the saved evidence of every act of a capstone again, of the course that was chosen and of the
 * others, and compares its numbers. Acts that courses share are attacked once. Failures as for a run.
 */
export async function replayCapstone(
  folder: string,
  onProgress?: (words: string, done: number, of: number) => void,
): Promise<CapstoneReplay> {
  const report = await readCapstone(folder);
  const courses = [report.chosen, ...report.counterfactual];
  const acts = courses.flatMap(({ name, acts: own }) => own.map((act) => ({ course: name, act })));
  const numbers: ReplayedNumber[] = [];
  const played = new Map<string, Awaited<ReturnType<typeof playAgain>>>();
  for (const [at, { course, act }] of acts.entries()) {
    const run = `${course}, ${act.act}`;
    onProgress?.(run, at, acts.length);
    const place = resolve(folder, relative(report.out, act.out));
    if (!place.startsWith(resolve(folder) + sep)) {
      throw new Failure("malformed", "capstone.json: names evidence outside its own folder");
    }
    refuseOther(await manifestAt(join(place, "evidence")), act.hashes);
    const again = played.get(place) ?? (await playAgain(place));
    played.set(place, again);
    const { metrics, facts, sentence, headline } = again;
    const hasSpeed = act.metrics.some(({ unit }) => unit === "per-second");
    numbers.push(
      ...comparedWhole(run, "metrics", byId(act.metrics), byId(metrics), hasSpeed),
      ...comparedWhole(run, "facts", act.facts, facts, hasSpeed),
      ...comparedWhole(run, "headline", act.headline, headline, hasSpeed),
      compared(run, "sentence", act.sentence, sentence, hasSpeed),
    );
  }
  onProgress?.("done", acts.length, acts.length);
  const same = numbers.every((number) => number.same || number.isSpeed);
  const { capstone: scenario, seed } = report;
  return { v: 1, type: "lab-capstone-replay", scenario, seed, numbers, same };
}

async function playAgain(place: string) {
  const path = join(place, "scenario.yaml");
  const scenario = parseScenario(await readFile(path, "utf8"), path);
  const rig = rigs.get(scenario.attack.algorithm);
  if (rig === undefined) throw new Failure("malformed", `${path}: no such algorithm`);
  const bundle = join(place, "evidence");
  const truth = await readTruth(join(dirname(bundle), "truth.json"));
  const wallMs = scenario.attack.budget.wall;
  const run = await attempt({ rig, bundle, truth, defences: {}, cost: {}, wallMs });
  return { ...run, sentence: rig.sentence(scenario, run) };
}

/** Metrics by their names: a line that says which one differs. */
function byId(metrics: readonly { readonly id: string }[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(metrics.map(({ id, ...rest }) => [id, rest]));
}

async function readCapstone(folder: string): Promise<z.infer<typeof recordedCapstone>> {
  const path = join(folder, "capstone.json");
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure("not-found", `${path}: no report of a capstone lies there`);
  if (found.size > labLimits.findingsBytesMax) throw new Failure("malformed", `${path}: too large`);
  let value: unknown = null;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", `${path}: not JSON`);
  }
  const parsed = recordedCapstone.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure("malformed", `${path}: not a report of a capstone`);
}
