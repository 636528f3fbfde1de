import { join } from "node:path";
import { textOf } from "#shared/bytes.ts";
import { parseProbes } from "../attacks/awake-at-three.ts";
import { attemptOn } from "../attempt.ts";
import { metricValue } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { settingsOf } from "../settings.ts";
import { rewriteEvidence } from "../write-evidence.ts";
import { awakeWorld, captureProbes } from "./awake-stage.ts";
import { levelControl } from "./chance-control.ts";
import type { ControlPlan, Rig } from "./rig.ts";

/** Receipts that answer at once must show the nights; the same delays, shuffled over the day, must not. */
export async function awakeControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { seed, out } = plan;
  const scenario = sparser(plan.scenario);
  const settings = settingsOf(scenario, { receipts: "immediate" });
  const staged = await rig.stage({
    scenario,
    seed,
    settings,
    out: join(out, "controls", "immediate"),
  });
  const open = await attemptOn(rig, scenario, staged, settings);
  const shuffled = join(out, "controls", "shuffled", "evidence");
  await shuffleDelays({ ...plan, scenario }, staged.bundle, shuffled);
  const noise = await attemptOn(rig, scenario, { ...staged, bundle: shuffled }, settings);
  return [
    control("positive", "receipts that answer at once", open),
    control("null", "the same delays, shuffled over the day", noise),
  ];
}

/** Controls show whether a rig measures at all: half the probes are enough for it. */
function sparser(scenario: Scenario): Scenario {
  const params = awakeWorld.parse(scenario.world.params);
  const changed = { ...params, every: Math.min(2 * params.every, 60) };
  return { ...scenario, world: { ...scenario.world, params: changed } };
}

function control(kind: Control["kind"], name: string, run: ScoredRun): Control {
  const [accuracy, p] = [
    metricValue(run.metrics, "sleep.accuracy"),
    metricValue(run.metrics, "sleep.p") ?? 1,
  ];
  const probes = run.findings.counts.probes ?? 0;
  const answered = `${metricValue(run.metrics, "sleep.answered") ?? 0} of ${probes} probes answered`;
  const measured = `balanced accuracy ${(accuracy ?? 0.5).toFixed(2)} with ${answered}`;
  return levelControl({ kind, name, run }, p, measured, probes > 0);
}

/** A copy of a bundle in which everybody's delays are the same and belong to other probes. */
async function shuffleDelays(
  { scenario, seed }: ControlPlan,
  bundle: string,
  target: string,
): Promise<void> {
  await rewriteEvidence(scenario, { from: bundle, to: target }, async (evidence) => {
    const choices = seeded("shuffled delays", seed);
    const captures = [];
    for (const artefact of evidence.artefacts("timing")) {
      const path = artefact.files[0]?.path ?? "";
      const probes = parseProbes(textOf(await evidence.read(path)) ?? "", path);
      const mixed = [...new Set(probes.map(({ person }) => person))].flatMap((person) => {
        const own = probes.filter((probe) => probe.person === person);
        const delays = choices.shuffle(
          own.map(({ sentAtMs, answeredAtMs }) => {
            return answeredAtMs === null ? null : answeredAtMs - sentAtMs;
          }),
        );
        return own.map(({ sentAtMs }, at) => {
          const delay = delays[at] ?? null;
          return { person, sentAtMs, answeredAtMs: delay === null ? null : sentAtMs + delay };
        });
      });
      captures.push(captureProbes(artefact.id, Date.parse(artefact.at), mixed));
    }
    return captures;
  });
}
