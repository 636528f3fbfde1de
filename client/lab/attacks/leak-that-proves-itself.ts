import { z } from "zod";
import { ready } from "#client/crypto/sodium.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { excerptsSchema, isProven, knownKeysSchema, readArtefact } from "./excerpts.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const proofClaims = z.array(
  z.strictObject({ number: z.number().int(), isProven: z.boolean() }),
);

/**
 * A leak that proves itself (LEAKLAB 5, scenario 13): an outsider checks each excerpt's signature with the
 * author's known key, offline. Without known keys nothing is proven.
 */
export async function leakThatProvesItself(
  evidence: Evidence,
  _budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("leak-that-proves-itself");
  findings.notes.push(...absentKinds(evidence, ["publication", "words"]));
  const excerpts = (await readArtefact(evidence, "publication", excerptsSchema)) ?? [];
  const known = (await readArtefact(evidence, "words", knownKeysSchema)) ?? {};
  findings.claims = proofClaims.parse(
    excerpts.map(({ number, excerpt }, index) => {
      if (index % 20 === 0) progress("excerpts", index, excerpts.length);
      return { number, isProven: isProven(excerpt, known) };
    }),
  );
  findings.counts.excerpts = excerpts.length;
  findings.counts.keys = Object.keys(known).length;
  return findings;
}
