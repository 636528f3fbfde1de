import { z } from "zod";
import { readProof } from "#client/core/proof.ts";
import { ready } from "#client/crypto/sodium.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, yesOrNoText } from "./claim-table.ts";
import { excerptsSchema, isProven, knownKeysSchema, readArtefact } from "./excerpts.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const proofClaims = z.array(
  z.strictObject({
    number: z.number().int(),
    isProven: z.boolean(),
    /** Whether another line that is proven names the same head of the epoch before. */
    fits: z.boolean(),
  }),
);

/**
 * A leak that proves itself (LEAKLAB 5, scenario 13): an outsider checks each excerpt's signature with the
 * author's known key, offline, and whether it fits to the other excerpts. Without known keys nothing is proven.
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
  const views = new Map<string, number>();
  const read = excerpts.map(({ number, excerpt }, index) => {
    if (index % 20 === 0) progress("excerpts", index, excerpts.length);
    const proven = isProven(excerpt, known) ? readProof(excerpt.proof) : null;
    const view = proven === null ? null : `${proven.epoch} ${proven.previous}`;
    if (view !== null) views.set(view, (views.get(view) ?? 0) + 1);
    return { number, view };
  });
  findings.claims = proofClaims.parse(
    read.map(({ number, view }) => {
      const fits = view !== null && (views.get(view) ?? 0) > 1;
      return { number, isProven: view !== null, fits };
    }),
  );
  findings.counts.excerpts = excerpts.length;
  findings.counts.keys = Object.keys(known).length;
  return findings;
}

/** Excerpt by excerpt, whether its proof convinces an outsider. */
export const tellProof: Tell = ({ claims }) => [
  {
    title: "Each excerpt",
    head: ["excerpt", "its signature holds under a known key"],
    rows: proofClaims.parse(claims).map(({ number, isProven }) => [number, yesOrNoText(isProven)]),
  },
];
