import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Capture, manifestOf, writeBundle } from "./bundle.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import type { Scenario } from "./scenario-schema.ts";
import { scratchFolder } from "./scratch.ts";

/** What the manifest tells the attack: its bounds and its parameters. */
export function budgetOf(scenario: Scenario) {
  const { algorithm, budget, params } = scenario.attack;
  return { algorithm, trials: budget.trials, wallMs: budget.wall, params };
}

/**
 * Writes `evidence` below `out` and gives its path. Only kinds that the scenario grants are written,
 * whatever was captured: what an adversary does not get must not lie in what it reads.
 */
export async function writeEvidence(
  { scenario, out, title }: { scenario: Scenario; out: string; title?: string },
  captures: readonly Capture[],
): Promise<string> {
  const folder = join(out, "evidence");
  const granted = new Set(scenario.adversary.gets.map(({ kind }) => kind));
  await writeBundle({
    folder,
    bundle: randomBytes(16).toString("hex"),
    scenario: scenario.id,
    title: title ?? scenario.title,
    attack: budgetOf(scenario),
    captures: captures.filter(({ kind }) => granted.has(kind)),
  });
  return folder;
}

/** A copy of a bundle that a null control spoils: `spoil` gives its artefacts anew. Same id, so the same chances. */
export async function rewriteEvidence(
  scenario: Scenario,
  { from, to }: { from: string; to: string },
  spoil: (evidence: Evidence, scratch: string) => Promise<Capture[]>,
): Promise<void> {
  const scratch = await scratchFolder("null");
  try {
    const evidence = await openEvidence(from, scratch);
    await writeBundle({
      folder: to,
      bundle: (await manifestOf(from)).bundle,
      scenario: scenario.id,
      title: `Null control: ${scenario.title}`,
      attack: budgetOf(scenario),
      captures: await spoil(evidence, scratch),
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
