import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { markReader, parseMarked } from "../algorithms/marked-text.ts";
import { bestMatch, type Code, trace } from "../algorithms/tardos.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { percentText, type Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const canaryParams = z.strictObject({
  /** False accusations allowed for, all recipients together. */
  epsilon: z.number().gt(0).lt(0.5),
});

/** What the author kept: every paper with its variation points, and each recipient's copy of it. */
export const markedCopiesSchema = z.strictObject({
  papers: z.array(z.string().max(8_000)).min(1).max(400),
  /** By paper, by point: how likely a recipient got the second variant. */
  biases: z.array(z.array(z.number().gt(0).lt(1))),
  copies: z
    .array(z.strictObject({ label: z.string(), texts: z.array(z.string().max(8_000)) }))
    .min(2)
    .max(64),
});

/** What was printed: passages, each of a paper that its content shows. */
export const publicationsSchema = z
  .array(
    z.strictObject({
      id: z.number().int(),
      passages: z.array(
        z.strictObject({ paper: z.number().int().min(0), text: z.string().max(8_000) }),
      ),
    }),
  )
  .max(10_000);

export const canaryClaims = z.array(
  z.strictObject({
    publication: z.number().int(),
    /** Marks that could be read. */
    marks: z.number().int(),
    /** Whom the traced code accuses; null to abstain. */
    traced: z.string().nullable(),
    /** Whose score is the highest, that score, and the one above which the code accuses. */
    highest: z.string(),
    score: z.number(),
    threshold: z.number(),
    /** Whom the best match accuses: somebody, always. */
    best: z.string(),
  }),
);

/**
 * Who leaked (LEAKLAB 5, scenario 14): compares what was printed with the marked copies, once by the
 * symmetric Tardos score, which may abstain, and once as people do by hand.
 */
export async function canaryTrap(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const { epsilon } = canaryParams.parse(budget.params);
  const kept = await readJson(evidence, "marked-copies", markedCopiesSchema);
  const printed = (await readJson(evidence, "publication", publicationsSchema)) ?? [];
  const findings = emptyFindings("canary-trap");
  findings.notes.push(...absentKinds(evidence, ["marked-copies", "publication"]));
  // Without copies there is nobody to compare with: nobody is accused, by either way.
  if (kept === null) return { ...findings, claims: canaryClaims.parse([]) };
  const readers = kept.papers.map((source) => {
    const marked = parseMarked(source);
    if (marked === null) throw new Failure("malformed", "a paper's variation points");
    return markReader(marked);
  });
  // By recipient, by paper: the variants that his copy has. A copy that is not of its paper has none.
  const words = kept.copies.map(({ texts }) =>
    readers.map((read, paper) => read(texts[paper] ?? "").map((each) => each ?? 0)),
  );
  const claims = printed.map(({ id, passages }, index) => {
    if (index % 50 === 0) progress("publications", index, printed.length);
    const known = passages.filter(({ paper }) => readers[paper] !== undefined);
    const code: Code = {
      biases: known.flatMap(({ paper }) => kept.biases[paper] ?? []),
      words: words.map((word) => known.flatMap(({ paper }) => word[paper] ?? [])),
    };
    const copy = known.flatMap(({ paper, text }) => readers[paper]?.(text) ?? []);
    const { accused, marks, scores, threshold } = trace(code, copy, epsilon);
    const score = Math.max(...scores);
    const labelOf = (at: number) => kept.copies[at]?.label ?? "";
    return {
      publication: id,
      marks,
      traced: accused === null ? null : labelOf(accused),
      highest: labelOf(scores.indexOf(score)),
      ...{ score, threshold },
      best: labelOf(bestMatch(code, copy)),
    };
  });
  findings.claims = canaryClaims.parse(claims);
  findings.counts.publications = printed.length;
  findings.counts.recipients = kept.copies.length;
  return findings;
}

/** A JSON artefact by its kind; null when it was not granted. */
async function readJson<T>(
  evidence: Evidence,
  kind: "marked-copies" | "publication",
  schema: z.ZodType<T>,
): Promise<T | null> {
  const file = evidence.artefacts(kind)[0]?.files[0];
  if (file === undefined) return null;
  const text = new TextDecoder().decode(await evidence.read(file.path));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("malformed", `${file.path}: not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${file.path}: not the lab's`);
  return parsed.data;
}

/** Publication by publication, whom the marks accuse and whom a best match would. */
export const tellCanary: Tell = (findings) => {
  const claims = canaryClaims.parse(findings.claims);
  const named = claims.filter(({ traced }) => traced !== null).length;
  return [
    {
      title: "All publications",
      head: ["publications", "the marks name somebody", "the marks name nobody"],
      rows: [
        [claims.length, named, claims.length - named].map((count) =>
          count === claims.length ? count : `${count} (${percentText(count, claims.length)})`,
        ),
      ],
    },
    {
      title:
        "Each publication. The code accuses only above the threshold; a best match is always somebody",
      head: ["publication", "marks", "highest score", "of", "threshold", "accused", "best match"],
      rows: claims.map((each) => [
        ...[each.publication, each.marks, each.score, each.highest],
        ...[each.threshold, each.traced ?? "nobody", each.best],
      ]),
    },
  ];
};
