import { rm } from "node:fs/promises";
import { z } from "zod";
import { assert } from "#shared/failure.ts";
import { stageAndAttack } from "../attempt.ts";
import { rigs } from "../rigs/catalogue.ts";
import { parseScenario } from "../scenario.ts";
import { scratchFolder } from "../scratch.ts";
import { changeName, type Settings, settingsOf } from "../settings.ts";
import { softwareName } from "../software.ts";

/** One measurement to make: a scenario, one change of its defaults, one seed. */
export interface CellJob {
  readonly kind: "cell" | "controls";
  /** The scenario's id. */
  readonly scenario: string;
  /** The scenario file's text: a worker measures what the matrix was asked about, whatever the file says by then. */
  readonly text: string;
  /** The file's name, for what its faults are called; and the SHA-256 of its text, hex. */
  readonly file: string;
  readonly hash: string;
  readonly change: Settings;
  readonly seed: number;
}

const number = z.number().nullable();

/** What one measurement came to. */
export const cellSchema = z.strictObject({
  scenario: z.string(),
  /** SHA-256 of the scenario file, hex: a changed file is measured anew. */
  file: z.string(),
  /** `name=value name=value`, empty for the baseline; `controls` for the controls. */
  change: z.string(),
  seed: z.number().int(),
  metrics: z.record(z.string(), number),
  units: z.record(z.string(), z.string()),
  /** Of metrics that are shares: how many of how many, so that seeds can be counted together. */
  shares: z.record(z.string(), z.tuple([z.number().int(), z.number().int()])),
  cost: z.record(z.string(), z.number()),
  /** For controls: names of those that did not come out as they must. */
  broken: z.array(z.string()),
  /** Version and commit of what measured it. */
  software: z.string(),
});

export type Cell = z.infer<typeof cellSchema>;

/** The name under which a job's result is kept. */
export function resultName(job: CellJob): string {
  return job.kind === "controls" ? "controls" : changeName(job.change);
}

/** Makes one measurement in a world of its own; its evidence is deleted behind it. */
export async function measureCell(job: CellJob): Promise<Cell> {
  const scenario = parseScenario(job.text, job.file);
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  const out = await scratchFolder("matrix");
  const { seed } = job;
  const software = await softwareName();
  const common = { scenario: scenario.id, file: job.hash, seed, software };
  try {
    if (job.kind === "controls") {
      const controls = await rig.controls({ scenario, seed, out }, rig);
      const broken = controls.filter(({ ok }) => !ok).map(({ name }) => name);
      return {
        ...common,
        change: "controls",
        metrics: {},
        units: {},
        shares: {},
        cost: {},
        broken,
      };
    }
    const settings = settingsOf(scenario, job.change);
    const run = await stageAndAttack(rig, { scenario, seed, settings, out });
    return {
      ...common,
      change: changeName(job.change),
      metrics: Object.fromEntries(run.metrics.map(({ id, value }) => [id, value])),
      units: Object.fromEntries(run.metrics.map(({ id, unit }) => [id, unit])),
      shares: Object.fromEntries(
        run.metrics.flatMap(({ id, hits, of }) =>
          hits === null || of === null ? [] : [[id, [hits, of]] as const],
        ),
      ),
      cost: { ...run.cost },
      broken: [],
    };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
