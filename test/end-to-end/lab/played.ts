import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cipher } from "#client/core/cipher.ts";
import { attacks } from "#client/lab/attacks/catalogue.ts";
import { type Findings, findingsSchema } from "#client/lab/attacks/findings.ts";
import { type Evidence, openEvidence } from "#client/lab/evidence.ts";
import type { Metric } from "#client/lab/metric.ts";
import type { ScoredRun } from "#client/lab/result.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import type { Rig } from "#client/lab/rigs/rig.ts";
import type { Scenario } from "#client/lab/scenario-schema.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { assert, Failure } from "#shared/failure.ts";

/** A played world and what its adversary got, with the attack's findings on all of it. */
export interface Played {
  readonly rig: Rig;
  readonly bundle: string;
  readonly truth: unknown;
  readonly evidence: Evidence;
  readonly findings: Findings;
  readonly metrics: readonly Metric[];
}

function rigOf(scenario: Scenario): Rig {
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  return rig;
}

export async function playWorld(plan: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly out: string;
  readonly cipher: Cipher | undefined;
}): Promise<Played> {
  const { scenario, seed, out, cipher } = plan;
  const rig = rigOf(scenario);
  const settings = settingsOf(scenario, {});
  const staged = await rig.stage({ scenario, seed, settings, out, ...(cipher && { cipher }) });
  return attackBundle(rig, staged.bundle, staged.truth, join(out, "scratch"));
}

export async function attackRun(run: ScoredRun, scenario: Scenario, out: string): Promise<Played> {
  const truth: unknown = JSON.parse(await readFile(join(run.bundle, "..", "truth.json"), "utf8"));
  return attackBundle(rigOf(scenario), run.bundle, truth, join(out, "scratch"));
}

async function attackBundle(
  rig: Rig,
  bundle: string,
  truth: unknown,
  scratch: string,
): Promise<Played> {
  await mkdir(scratch, { recursive: true });
  const evidence = await openEvidence(bundle, scratch);
  const findings = await findIn(evidence);
  const { metrics } = await rig.score(findings, truth, bundle);
  return { rig, bundle, truth, evidence, findings, metrics };
}

/** The attack as its process would run it, without the process. */
export async function findIn(evidence: Evidence): Promise<Findings> {
  const { algorithm, trials: most, params } = evidence.manifest.attack;
  const attack = attacks[algorithm];
  assert(attack !== undefined, "every rig has its attack");
  const findings = await attack(evidence, { trials: most, params }, () => undefined);
  return findingsSchema.parse(JSON.parse(JSON.stringify(findings)));
}

export type Test = (artefact: Evidence["manifest"]["artefacts"][number]) => boolean;

/** The same evidence with fewer artefacts. What was taken away cannot be read either. */
export function kept({ manifest, read, openDatabase }: Evidence, isKept: Test): Evidence {
  const artefacts = manifest.artefacts.filter(isKept);
  const paths = new Set(artefacts.flatMap(({ files }) => files.map(({ path }) => path)));
  return {
    manifest: { ...manifest, artefacts },
    artefacts: (kind) => artefacts.filter((each) => each.kind === kind),
    read: async (path) => {
      if (!paths.has(path)) throw new Failure("not-found", `${path}: taken away`);
      return read(path);
    },
    openDatabase,
  };
}

/** Every artefact alone, and all of a kind together where there are several. */
export function takenAway({ manifest }: Evidence): { name: string; isKept: Test }[] {
  const { artefacts } = manifest;
  const kinds = [...new Set(artefacts.map(({ kind }) => kind))];
  const several = kinds.filter((kind) => artefacts.filter((each) => each.kind === kind).length > 1);
  return [
    ...artefacts.map(({ id }) => ({ name: id, isKept: ((each) => each.id !== id) as Test })),
    ...several.map((kind) => ({
      name: `every ${kind}`,
      isKept: ((each) => each.kind !== kind) as Test,
    })),
  ];
}
