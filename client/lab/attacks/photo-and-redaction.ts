import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { coverable, type Font, fonts, widthsIn } from "../algorithms/redaction.ts";
import type { ArtefactKind, Evidence } from "../evidence.ts";
import { seeded } from "../seeded.ts";
import type { Budget, Progress } from "./attack.ts";
import type { Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { type ReadDocument, readPage } from "./published-page.ts";
import { readPicture } from "./published-picture.ts";

export const photoParams = z.strictObject({
  /** How probable a name must be by the width of its box before it is named. */
  certain: z.number().gt(0.5).max(1),
});

/** Who, where and when may be meant: what anybody knows who follows the talks. */
export const candidatesSchema = z.array(z.string().min(1).max(60)).min(2).max(10_000);

export const photoClaims = z.strictObject({
  /** In reading order. */
  boxes: z.array(
    z.strictObject({
      /** What the file holds below the box. */
      text: z.string().nullable(),
      /** How many of the candidates the box can cover. */
      fits: z.number().int(),
      /** One of them; null where none fits. */
      best: z.string().nullable(),
      /** Named by the width; null to abstain. */
      named: z.string().nullable(),
    }),
  ),
  /** Candidates that stand in the open. */
  open: z.array(z.string()),
  /** What a QR code in the picture says; null where there is none to read. */
  picture: z.string().nullable(),
});

type BoxClaim = z.infer<typeof photoClaims>["boxes"][number];

/**
 * What a published document and picture tell beyond what they were to tell (LEAKLAB 5, scenario 20): the
 * text under the boxes, names by the widths of the boxes, and a code on a screen.
 */
export async function photoAndRedaction(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const { certain } = photoParams.parse(budget.params);
  const findings = emptyFindings("photo-and-redaction");
  findings.notes.push(...absentKinds(evidence, ["document", "picture", "words"]));
  const candidates = await readCandidates(evidence);
  progress("document", 0, 2);
  const bytes = await firstFile(evidence, "document");
  const document = bytes === null ? null : await readPage(bytes);
  progress("picture", 1, 2);
  const picture = await firstFile(evidence, "picture");
  const covered = document?.boxes.map(({ text }) => text) ?? [];
  const boxes = document === null ? [] : nameBoxes(document, candidates, certain);
  // A name below a box is not in the open, though every search finds it.
  const open = candidates.filter((name) => {
    const times = (document?.text ?? "").split(name).length - 1;
    return times > covered.filter((text) => text?.includes(name)).length;
  });
  findings.claims = photoClaims.parse({
    ...{ boxes, open },
    picture: picture === null ? null : await readPicture(picture),
  });
  findings.labels = [...new Set(boxes.flatMap(({ text, named }) => text ?? named ?? []))];
  findings.counts.boxes = boxes.length;
  findings.counts.candidates = candidates.length;
  return findings;
}

function nameBoxes(
  { boxes, type }: ReadDocument,
  candidates: readonly string[],
  certain: number,
): BoxClaim[] {
  const font = fonts.find((each) => each === type?.font);
  const covers =
    font === undefined || type === null || boxes.length === 0
      ? boxes.map(() => [])
      : fitsOf(
          boxes.map(({ width }) => width),
          candidates,
          { font, sizePt: type.sizePt },
        );
  return boxes.map(({ text }, index) => {
    const fits = covers[index] ?? [];
    // Whichever of them fits as well: drawn, so that the order of the list says nothing.
    const best = fits.length === 0 ? null : seeded("name of a box", index).pick(fits);
    const isCertain = fits.length > 0 && 1 / fits.length >= certain;
    const name = best === null ? null : (candidates[best] ?? null);
    return { text, fits: fits.length, best: name, named: isCertain ? name : null };
  });
}

function fitsOf(
  boxes: readonly number[],
  candidates: readonly string[],
  { font, sizePt }: { readonly font: Font; readonly sizePt: number },
): readonly (readonly number[])[] {
  return coverable(boxes, candidates.map(widthsIn(font, sizePt)));
}

async function firstFile(evidence: Evidence, kind: ArtefactKind): Promise<Uint8Array | null> {
  const file = evidence.artefacts(kind)[0]?.files[0];
  return file === undefined ? null : evidence.read(file.path);
}

async function readCandidates(evidence: Evidence): Promise<readonly string[]> {
  const bytes = await firstFile(evidence, "words");
  if (bytes === null) return [];
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Failure("malformed", "words: not JSON");
  }
  const parsed = candidatesSchema.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", "words: expected a list of names");
  return parsed.data;
}

/** Box by box, what lies under it and what its width tells. */
export const tellPhoto: Tell = (findings) => {
  const { boxes, picture } = photoClaims.parse(findings.claims);
  return [
    {
      title: "Each box, in the order of the page",
      head: ["box", "text under it", "candidates as wide", "named by its width"],
      rows: boxes.map(({ text, fits, named }, at) => [at + 1, text, fits, named]),
    },
    { title: "The picture", head: ["its QR code says"], rows: [[picture]] },
  ];
};
