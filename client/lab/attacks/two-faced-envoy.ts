import { z } from "zod";
import { boxData, decodeLetter, encodeLetter, sealLetter, sealSlot } from "#client/core/letter.ts";
import { expand } from "#client/crypto/hkdf.ts";
import { open, seal, sealCommittedOverheadBytes, sealOverheadBytes } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, hex, textOf, unhex, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { salamander } from "../algorithms/salamander.ts";
import type { ArtefactKind, Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, yesOrNoText } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const twoFacedParams = z.strictObject({});

/** What the envoy is to tell each of two readers, letter by letter. */
export const readingsSchema = z
  .array(z.tuple([z.string().min(1).max(2_000), z.string().min(1).max(2_000)]))
  .max(2_000);
/** Public keys of the readers, lower-case hex. */
export const readersSchema = z.array(z.string()).max(16);

export const twoFacedClaims = z.strictObject({
  /** Files for each reader, in hex. A salamander is one file for both. */
  letters: z.array(
    z.strictObject({
      way: z.enum(["salamander", "paraphrase"]),
      letter: z.number().int(),
      files: z.tuple([z.string(), z.string()]),
      /** Tags drawn; null where nothing had to be drawn. */
      tries: z.number().int().nullable(),
    }),
  ),
  /** Whether the letters that the envoy saw commit to their key, by their size. */
  commits: z.boolean().nullable(),
});

/**
 * The envoy with two faces (LEAKLAB 5, scenario 12; Dodis and others 2018): builds letters that open for two
 * readers with two texts, and, the plain way, two letters. Needs the readers' public keys and nobody's secret.
 */
export async function twoFacedEnvoy(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("two-faced-envoy");
  findings.notes.push(...absentKinds(evidence, ["keystore", "words", "letter"]));
  const readings = readingsSchema.parse((await json(evidence, "words")) ?? []);
  const keys = readersSchema.parse((await json(evidence, "keystore")) ?? []);
  const readers = keys.map((key) => unhex(key) ?? new Uint8Array(0));
  const random = drawsOf(evidence.manifest.bundle);
  const commits = await seenCommitment(evidence);
  const letters: z.infer<typeof twoFacedClaims>["letters"] = [];
  const [first, second] = readers;
  let triesAll = 0;
  for (const [letter, texts] of readings.entries()) {
    progress("letters", letter, readings.length);
    if (first === undefined || second === undefined) break;
    const made = oneForBoth([first, second], texts, random, budget.trials);
    if (made !== null) {
      const file = hex(made.bytes);
      letters.push({ way: "salamander", letter, files: [file, file], tries: made.tries });
      triesAll += made.tries;
    }
    const apart = texts.map((text, at) =>
      hex(apartFor([first, second][at] ?? first, [first, second], text, random, commits !== false)),
    );
    const files = [apart[0] ?? "", apart[1] ?? ""] as [string, string];
    letters.push({ way: "paraphrase", letter, files, tries: null });
  }
  findings.claims = twoFacedClaims.parse({ letters, commits });
  findings.counts.tries = triesAll;
  findings.counts.letters = readings.length;
  return findings;
}

type Draw = (bytes: number) => Uint8Array;

/** Letters' keys, the same for the same bundle: findings must come out the same again. */
function drawsOf(bundle: string): Draw {
  let draws = 0;
  return (bytes) =>
    expand("sha512", utf8(bundle.padEnd(64, "0")), utf8(`two-faced envoy ${draws++}`), bytes);
}

/** One file, two slots with different keys, one box that opens under both. */
function oneForBoth(
  readers: readonly [Uint8Array, Uint8Array],
  texts: readonly [string, string],
  random: Draw,
  triesMax: number,
): { bytes: Uint8Array; tries: number } | null {
  const keys = [random(32), random(32)] as const;
  const nonce = random(24);
  const slots = readers.map((reader, at) => sealSlot(reader, keys[at] ?? keys[0], nonce, random));
  const [first, second] = [wholeBlocks(`${texts[0]}\n`), wholeBlocks(`\n${texts[1]}\n`)];
  const made = salamander({
    ...{ keys, nonce, aad: boxData(slots), texts: [first, second], random, triesMax },
  });
  if (made === null) return null;
  return { bytes: encodeLetter({ v: 1, nonce, slots, box: made.sealed }), tries: made.tries };
}

/** A letter of its own for one reader, with a slot for the other too, so that it looks the same. */
function apartFor(
  reader: Uint8Array,
  readers: readonly Uint8Array[],
  text: string,
  random: Draw,
  commits: boolean,
): Uint8Array {
  const to = [reader, ...readers.filter((each) => each !== reader)];
  const line = `${text}\n`;
  return commits
    ? sealLetter({ to, text: line, random })
    : sealLetter({ to, text: line, random }, { seal, open });
}

/** ASCII text, filled up with line ends to whole blocks: a viewer skips empty lines. */
function wholeBlocks(text: string): Uint8Array {
  const bytes = utf8(text);
  const padded = new Uint8Array(16 * Math.ceil(bytes.length / 16)).fill(0x0a);
  padded.set(bytes);
  return padded;
}

/** A letter's box tells by its size whether a commitment stands before it, when its text is known. */
async function seenCommitment(evidence: Evidence): Promise<boolean | null> {
  const [artefact] = evidence.artefacts("letter");
  const letter = artefact?.files.find(({ path }) => path.endsWith(".letter"));
  const known = artefact?.files.find(({ path }) => path.endsWith(".txt"));
  if (letter === undefined || known === undefined) return null;
  const { box } = decodeLetter(await evidence.read(letter.path));
  const text = await evidence.read(known.path);
  const over = box.length - text.length;
  if (over === sealCommittedOverheadBytes) return true;
  return over === sealOverheadBytes ? false : null;
}

async function json(evidence: Evidence, kind: ArtefactKind): Promise<unknown> {
  const file = evidence.artefacts(kind)[0]?.files[0];
  if (file === undefined) return null;
  try {
    return JSON.parse(textOf(concat(await evidence.read(file.path))) ?? "");
  } catch {
    throw new Failure("malformed", `${file.path}: not JSON`);
  }
}

/** Letter by letter, whether both readers got one file, and what it cost to make. */
export const tellLetters: Tell = ({ claims }) => {
  const { letters, commits } = twoFacedClaims.parse(claims);
  const tries = letters.flatMap((each) => (each.tries === null ? [] : [each.tries]));
  return [
    {
      title: "All letters",
      head: ["letters", "tags tried for a letter, on average", "letters commit to their key"],
      rows: [
        [
          letters.length,
          tries.length === 0 ? null : tries.reduce((sum, each) => sum + each, 0) / tries.length,
          yesOrNoText(commits),
        ],
      ],
    },
    {
      title: "Each letter. A salamander is one file with two readings, a paraphrase is two letters",
      head: ["letter", "way", "both get one file", "tags tried"],
      rows: letters.map(({ letter, way, files: [first, second], tries: tried }) => [
        ...[letter + 1, way, yesOrNoText(first === second)],
        tried,
      ]),
    },
  ];
};
