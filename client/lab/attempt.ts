import { attackProgram } from "./attack-program.ts";
import { manifestOf } from "./bundle.ts";
import type { ScoredRun } from "./result.ts";
import type { Rig, StagePlan } from "./rigs/rig.ts";
import { runAttackProcess } from "./run-attack.ts";
import type { Scenario } from "./scenario-schema.ts";
import type { Settings } from "./settings.ts";

export interface Attempt {
  readonly rig: Rig;
  readonly bundle: string;
  readonly truth: unknown;
  readonly defences: Settings;
  readonly cost: ScoredRun["cost"];
  readonly wallMs: number;
  readonly onProgress?: (step: string, done: number, of: number) => void;
}

/** Runs a rig's attack on a bundle and compares its findings with what really happened. */
export async function attempt(plan: Attempt): Promise<ScoredRun> {
  const { rig, bundle, truth, wallMs } = plan;
  const findings = await runAttackProcess({
    program: await attackProgram(),
    attack: rig.algorithm,
    bundle,
    wallMs,
    ...(plan.onProgress === undefined ? {} : { onProgress: plan.onProgress }),
  });
  const manifest = await manifestOf(bundle);
  const scored = await rig.score(findings, truth, bundle);
  const { metrics, facts, headline, figures = [], secrets = {}, talk = null } = scored;
  return {
    defences: plan.defences,
    bundle,
    findings,
    ...{ metrics, headline, figures, secrets, talk },
    facts: { ...facts, ...Object.fromEntries(metrics.map(({ id, value }) => [id, value])) },
    cost: plan.cost,
    hashes: manifest.artefacts.flatMap((artefact) =>
      artefact.files.map(({ path, sha256 }) => ({ path, sha256 })),
    ),
  };
}

/** Attacks a staged world of a scenario, or a bundle that a control made of it. */
export function attemptOn(
  rig: Rig,
  scenario: Scenario,
  staged: Pick<Attempt, "bundle" | "truth" | "cost">,
  defences: Settings,
): Promise<ScoredRun> {
  const { bundle, truth, cost } = staged;
  return attempt({ rig, bundle, truth, defences, cost, wallMs: scenario.attack.budget.wall });
}

/** Stages a world and attacks it. */
export async function stageAndAttack(rig: Rig, plan: StagePlan): Promise<ScoredRun> {
  return attemptOn(rig, plan.scenario, await rig.stage(plan), plan.settings);
}
