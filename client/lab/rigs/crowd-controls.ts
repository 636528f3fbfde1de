import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAccessLog } from "../attacks/access-log.ts";
import { attemptOn, manifestOf } from "../attempt.ts";
import { writeBundle } from "../bundle.ts";
import { captureAccess } from "../capture.ts";
import { openEvidence } from "../evidence.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { settingsOf } from "../settings.ts";
import { budgetOf } from "../stage.ts";
import { chanceTail } from "../statistics.ts";
import { crowdWorld } from "./crowd-stage.ts";
import type { ControlPlan, Rig } from "./rig.ts";

/** Receipts that answer at once must betray; the same log with its addresses shuffled must not. */
export async function deliveryControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { seed, out } = plan;
  const scenario = halved(plan.scenario);
  const settings = settingsOf(scenario, { receipts: "immediate" });
  const folder = join(out, "controls", "immediate");
  const staged = await rig.stage({ scenario, seed, settings, out: folder });
  const open = await attemptOn(rig, scenario, staged, settings);
  const shuffled = join(out, "controls", "shuffled", "evidence");
  await shuffleLines({ ...plan, scenario }, staged.bundle, shuffled);
  const noise = await attemptOn(rig, scenario, { ...staged, bundle: shuffled }, settings);
  return [
    control("positive", "receipts that answer at once", open, (p) => p < 0.001),
    control(
      "null",
      "the same log, its addresses shuffled over the times",
      noise,
      (p) => p >= 0.001,
    ),
  ];
}

/** Controls show whether a rig measures at all: half the traffic is enough for it. */
function halved(scenario: Scenario): Scenario {
  const params = crowdWorld.parse(scenario.world.params);
  const { messages, others, hours } = params;
  const half = (number: number) => Math.ceil(number / 2);
  const smaller = {
    messages: Math.max(2, half(messages)),
    others: half(others),
    hours: half(hours),
  };
  return { ...scenario, world: { ...scenario.world, params: { ...params, ...smaller } } };
}

function control(
  kind: Control["kind"],
  name: string,
  run: ScoredRun,
  holds: (p: number) => boolean,
): Control {
  const top = run.metrics.find(({ id }) => id === "ident.top1");
  const [hits, of, chance] = [top?.hits ?? 0, top?.of ?? 0, top?.chance ?? 0];
  const p = chanceTail(hits, of, chance);
  return {
    kind,
    name,
    expected:
      kind === "positive" ? "better than chance at 0.1 %" : "no better than chance at 0.1 %",
    measured: `${hits} of ${of} found, p = ${p.toPrecision(2)}`,
    ok: of > 0 && holds(p),
    bundle: run.bundle,
  };
}

/** A copy of a bundle whose deliveries have the same times and the same addresses, joined at random. */
async function shuffleLines(
  { scenario, seed }: ControlPlan,
  bundle: string,
  target: string,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "backchannel-shuffle-"));
  try {
    const evidence = await openEvidence(bundle, scratch);
    const captures = [];
    for (const artefact of evidence.artefacts("access-log")) {
      const rows = await readAccessLog(evidence, artefact);
      const lines = seeded("shuffled lines", seed).shuffle(rows.map(({ line }) => line));
      const mixed = rows.map(({ atMs, what, bytes }, at) => {
        return { atMs, line: lines[at] ?? "", what, bytes };
      });
      captures.push(captureAccess(artefact.id, Date.parse(artefact.at), mixed));
    }
    await writeBundle({
      folder: target,
      bundle: (await manifestOf(bundle)).bundle,
      scenario: scenario.id,
      title: `Null control: ${scenario.title}`,
      attack: budgetOf(scenario),
      captures,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
