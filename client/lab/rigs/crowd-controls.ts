import { join } from "node:path";
import { readAccessLog } from "../attacks/access-log.ts";
import { attemptOn } from "../attempt.ts";
import { captureAccess } from "../capture.ts";
import type { Control } from "../result.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { settingsOf } from "../settings.ts";
import { rewriteEvidence } from "../write-evidence.ts";
import { chanceControl } from "./chance-control.ts";
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
    chanceControl("positive", "receipts that answer at once", open, "ident.top1"),
    chanceControl(
      "null",
      "the same log, its addresses shuffled over the times",
      noise,
      "ident.top1",
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

/** A copy of a bundle whose deliveries have the same times and the same addresses, joined at random. */
async function shuffleLines(
  { scenario, seed }: ControlPlan,
  bundle: string,
  target: string,
): Promise<void> {
  await rewriteEvidence(scenario, { from: bundle, to: target }, async (evidence) => {
    const captures = [];
    for (const artefact of evidence.artefacts("access-log")) {
      const rows = await readAccessLog(evidence, artefact);
      const lines = seeded("shuffled lines", seed).shuffle(rows.map(({ line }) => line));
      const mixed = rows.map(({ atMs, what, bytes }, at) => {
        return { atMs, line: lines[at] ?? "", what, bytes };
      });
      captures.push(captureAccess(artefact.id, Date.parse(artefact.at), mixed));
    }
    return captures;
  });
}
