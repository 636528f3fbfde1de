import { z } from "zod";
import { utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { guessPadding, posterior } from "../algorithms/length-classes.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import type { Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { byMailbox, readDatabase } from "./relay-database.ts";

export const yesOrNoParams = z.strictObject({
  /** How many answers were given in all, one frame each: the last frames of the mailbox with the most. */
  rounds: z.number().int().min(1).max(2_000),
});

/** Candidate answers, and those that were published afterwards: the first so many rounds. */
export const draftsSchema = z.array(z.string().min(1).max(4_000)).min(2).max(400);
export const publishedSchema = z.array(z.string().min(1).max(4_000)).max(2_000);

export const yesOrNoClaims = z.strictObject({
  /** Which ways of padding explain the known sizes best. */
  padding: z.array(z.string()),
  /** Share of the known sizes that they explain. */
  explained: z.number(),
  /** For each round that was not published: the most likely answer (its index), and its probability. */
  answers: z.array(
    z.strictObject({ round: z.number(), size: z.number(), guess: z.number(), p: z.number() }),
  ),
});

/** Ways of padding that an adversary would try. */
export const paddingNames = ["none", "16", "padme", "256", "256+padme", "1024", "product"] as const;

/** Octets of a frame outside of what is padded, by the product's format: version, nonce, tag. */
const outsideBytes = 1 + 24 + 16;

/**
 * Reading the length (LEAKLAB 5, scenario 07; Coull and Dyer 2014): frames have sizes, candidate answers
 * have lengths. What was published later tells how one becomes the other; Bayes' rule does the rest.
 */
export async function yesOrNo(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const findings = emptyFindings("yes-or-no");
  findings.notes.push(...absentKinds(evidence, ["relay-db", "words", "publication"]));
  const { rounds } = yesOrNoParams.parse(budget.params);
  const drafted = await readJson(evidence, "words");
  // Without the drafts there is nothing to choose from.
  const drafts = drafted === null ? [] : draftsSchema.parse(drafted);
  const published = publishedSchema.parse((await readJson(evidence, "publication")) ?? []);
  const frames = await answerFrames(evidence, rounds);
  const known = published.flatMap((text, round) => {
    const frame = frames[round];
    return frame === undefined ? [] : [{ length: bodyLength(text, frame.seq), size: frame.size }];
  });
  const guesses = guessPadding(paddingNames, known, outsideBytes);
  const best = guesses[0];
  const ties = guesses.filter(
    (each) => each.explained === best?.explained && each.fitting === best.fitting,
  );
  const left = drafts.length === 0 ? [] : frames.slice(published.length);
  const answers = left.map(({ size, seq }, index) => {
    const round = published.length + index;
    progress("rounds", round, frames.length);
    const lengths = drafts.map((text) => bodyLength(text, seq));
    const shares = best === undefined ? null : posterior(best, lengths, size, outsideBytes);
    if (shares === null) return { round, size, guess: 0, p: 1 / drafts.length };
    const p = Math.max(...shares);
    return { round, size, guess: shares.indexOf(p), p };
  });
  findings.claims = yesOrNoClaims.parse({
    padding: ties.map(({ name }) => name),
    explained: best?.explained ?? 0,
    answers,
  });
  findings.counts.rounds = frames.length;
  findings.counts.sizes = new Set(frames.map(({ size }) => size)).size;
  return findings;
}

/**
 * Octets of a message that depend on its text and place, by the published format: the text with its CBOR
 * head, and the author's count and the position seen, both near the frame's number.
 */
function bodyLength(text: string, seq: number): number {
  const { length } = utf8(text);
  return length + integerBytes(length) + 2 * integerBytes(seq);
}

/** Octets of a CBOR head beyond the first (RFC 8949, section 3). */
function integerBytes(value: number): number {
  return value < 24 ? 0 : value < 256 ? 1 : value < 65_536 ? 2 : 4;
}

interface AnswerFrame {
  readonly seq: number;
  readonly size: number;
}

/** The answers' frames in order; none without a database. */
async function answerFrames(evidence: Evidence, rounds: number): Promise<readonly AnswerFrame[]> {
  const [artefact] = evidence.artefacts("relay-db");
  if (artefact === undefined) return [];
  const database = await readDatabase(evidence, artefact);
  const boxes = [...byMailbox(database.frames).values()];
  const fullest = boxes.sort((a, b) => b.length - a.length)[0] ?? [];
  return fullest.slice(-rounds).map(({ seq, bytes }) => ({ seq, size: bytes.length }));
}

/** A JSON artefact by its kind; null when it was not granted. */
async function readJson(evidence: Evidence, kind: "words" | "publication"): Promise<unknown> {
  const file = evidence.artefacts(kind)[0]?.files[0];
  if (file === undefined) return null;
  try {
    return JSON.parse(new TextDecoder().decode(await evidence.read(file.path)));
  } catch {
    throw new Failure("malformed", `${file.path}: not JSON`);
  }
}

/** How answers were padded, and which draft each unpublished one is likely to be. */
export const tellAnswers: Tell = ({ claims }) => {
  const { padding, explained, answers } = yesOrNoClaims.parse(claims);
  return [
    {
      title: "The padding that explains the published answers best",
      head: ["padding", "sizes explained"],
      rows: [[padding.join(" or "), `${Math.round(100 * explained)}%`]],
    },
    {
      title: "Each answer that no paper printed",
      head: ["answer", "bytes", "likeliest draft", "probability"],
      rows: answers.map(({ round, size, guess, p }) => [round + 1, size, `reply ${guess + 1}`, p]),
    },
  ];
};
