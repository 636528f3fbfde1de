import { z } from "zod";
import { readProof } from "#client/core/proof.ts";
import { ready } from "#client/crypto/sodium.ts";
import { commitmentOf } from "../algorithms/commitment.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, yesOrNoText } from "./claim-table.ts";
import { excerptsSchema, isProven, knownKeysSchema, readArtefact } from "./excerpts.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

/** One SHA-256 for each text that a member had, from before anything was printed; lower-case hex. */
export const commitmentsSchema = z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(10_000);

export const forgedClaims = z.array(
  z.strictObject({
    number: z.number().int(),
    /** Whether the author's signature covers it as printed. */
    isSigned: z.boolean(),
    /** Whether a member had committed to it; null without commitments. */
    isCommitted: z.boolean().nullable(),
  }),
);

/**
 * The spoiler's mix (LEAKLAB 5, scenario 15): checks each printed line by its signature, and by what the
 * members had committed to before.
 */
export async function forgedExcerpt(
  evidence: Evidence,
  _budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("forged-excerpt");
  findings.notes.push(...absentKinds(evidence, ["publication", "words", "commitments"]));
  const lines = (await readArtefact(evidence, "publication", excerptsSchema)) ?? [];
  const known = (await readArtefact(evidence, "words", knownKeysSchema)) ?? {};
  const commitments = await readArtefact(evidence, "commitments", commitmentsSchema);
  const committed = commitments === null ? null : new Set(commitments);
  findings.claims = forgedClaims.parse(
    lines.map(({ number, excerpt }, index) => {
      if (index % 20 === 0) progress("lines", index, lines.length);
      const { from, text } = excerpt;
      // The proof carries the message's random id, without which a commitment cannot be opened.
      const id = readProof(excerpt.proof)?.id ?? null;
      const opened = id !== null && (committed?.has(commitmentOf({ id, from, text })) ?? false);
      return {
        number,
        isSigned: isProven(excerpt, known),
        isCommitted: committed === null ? null : opened,
      };
    }),
  );
  findings.counts.lines = lines.length;
  findings.counts.commitments = commitments?.length ?? 0;
  return findings;
}

/** Line by line, what both checks say. */
export const tellForged: Tell = ({ claims }) => [
  {
    title: "Each printed line",
    head: ["line", "its signature holds", "a member had committed to it"],
    rows: forgedClaims
      .parse(claims)
      .map(({ number, isSigned, isCommitted }) => [
        number,
        yesOrNoText(isSigned),
        yesOrNoText(isCommitted),
      ]),
  },
];
