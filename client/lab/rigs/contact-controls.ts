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
import type { ControlPlan, Rig } from "./rig.ts";

/** A log of addresses must tell who is in touch; the same log with its addresses shuffled must not. */
export async function contactControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  if (scenario.adversary.gets.every(({ kind }) => kind !== "access-log")) return [];
  const settings = settingsOf(scenario, { addresses: "logged" });
  const folder = join(out, "controls", "logged");
  const staged = await rig.stage({ scenario, seed, settings, out: folder });
  const logged = await attemptOn(rig, scenario, staged, settings);
  const shuffled = join(out, "controls", "shuffled", "evidence");
  await shuffleLines(scenario, seed, { from: staged.bundle, to: shuffled });
  const noise = await attemptOn(rig, scenario, { ...staged, bundle: shuffled }, settings);
  return [
    chanceControl("positive", "a log of every address", logged, "contacts.precision"),
    chanceControl("null", "the same log, its addresses shuffled", noise, "contacts.precision"),
  ];
}

/** A copy of a bundle that holds its log alone: the same lines and mailboxes, joined at random. */
async function shuffleLines(
  scenario: Scenario,
  seed: number,
  folders: { readonly from: string; readonly to: string },
): Promise<void> {
  await rewriteEvidence(scenario, folders, async (evidence) => {
    const captures = [];
    for (const artefact of evidence.artefacts("access-log")) {
      const rows = await readAccessLog(evidence, artefact);
      const lines = seeded("shuffled lines", seed).shuffle(rows.map(({ line }) => line));
      const mixed = rows.map((row, at) => ({ ...row, line: lines[at] ?? "" }));
      captures.push(captureAccess(artefact.id, Date.parse(artefact.at), mixed));
    }
    return captures;
  });
}
