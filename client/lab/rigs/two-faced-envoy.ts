import { mean } from "simple-statistics";
import { z } from "zod";
import {
  committedSeal,
  letterDigest,
  letterKeys,
  sealLetter,
  unsealLetter,
} from "#client/core/letter.ts";
import { sha256 } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import { systemRandom } from "#client/node/random.ts";
import { hex, textOf, unhex, utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { tellLetters, twoFacedClaims, twoFacedParams } from "../attacks/two-faced-envoy.ts";
import { attemptOn } from "../attempt.ts";
import type { Capture } from "../bundle.ts";
import type { Metric } from "../metric.ts";
import { count, share } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import { seeded } from "../seeded.ts";
import { setting, settingsOf } from "../settings.ts";
import { plainSeal, readableLines } from "../weak/plain-letter.ts";
import { writeEvidence } from "../write-evidence.ts";
import { exactControl } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig, type StagePlan } from "./rig.ts";

const worldParams = z.strictObject({
  /** How many letters the envoy writes to both. */
  letters: z.number().int().min(1).max(500),
  /** What may be told to one reader, and its opposite to the other: printable ASCII. */
  readings: z
    .array(z.tuple([line(), line()]))
    .min(1)
    .max(40),
});

function line() {
  return z.string().regex(/^[\x20-\x7e]{12,400}$/, "expected 12 to 400 characters of ASCII");
}

const truthSchema = z.strictObject({
  letter: z.enum(["plain", "committed"]),
  compare: z.enum(["nothing", "file", "text"]),
  /** Secret keys of the two readers, hex. */
  readers: z.tuple([z.string(), z.string()]),
  readings: z.array(z.tuple([z.string(), z.string()])),
  /** Honest letters of the same world, hex, and their text. */
  honest: z.array(z.strictObject({ file: z.string(), text: z.string() })),
});

type EnvoyTruth = z.infer<typeof truthSchema>;

/** Letters that an envoy carries between two principals, and what each of them reads. */
export const twoFacedEnvoy = defineRig<EnvoyTruth>({
  algorithm: "two-faced-envoy",
  defences: {
    /** How the letters' texts are sealed. */
    letter: ["plain", "committed"],
    /** What the principals read to each other over the telephone: nothing, the file's digest, the text's. */
    compare: ["nothing", "file", "text"],
  },
  metrics: [
    "letters.divergent",
    "letters.paraphrased",
    "letters.honest",
    "salamander.made",
    "salamander.tries",
  ],
  drawn: ["salamander.tries"],
  facts: ["same.file", "check.stops"],
  world: worldParams,
  params: twoFacedParams,
  truth: truthSchema,
  stage: stageLetters,
  score: scoreLetters,
  tell: tellLetters,
  controls: envoyControls,
  sentence: (_scenario, run) => envoySentence(run),
  limits: () => [
    "That the envoy may write to both principals is given (ASSUMED); the letters were built and opened by the product's own code.",
    "Each reading carries octets of junk from the other: the reader skips what is not text, as viewers of pictures and documents do. The product's letters are UTF-8 from end to end or are refused.",
    "Dodis and others (2018) built two-faced attachments under AES-GCM; here it is XChaCha20-Poly1305, with two free blocks and about sixteen tries.",
    "A commitment stops two readings of one letter; it does not stop two letters, nor what the envoy says aloud.",
  ],
});

async function stageLetters({ scenario, seed, settings, out }: StagePlan) {
  await ready();
  const { letters, readings: pairs } = worldParams.parse(scenario.world.params);
  const letter = setting(settings, "letter", "committed") === "plain" ? "plain" : "committed";
  const compare = z
    .enum(["nothing", "file", "text"])
    .parse(setting(settings, "compare", "nothing"));
  const choices = seeded("letters", seed);
  const readings = Array.from({ length: letters }, () => {
    const [one, two] = choices.pick(pairs);
    return choices.below(2) === 0 ? ([one, two] as const) : ([two, one] as const);
  });
  const pair = [letterKeys(systemRandom), letterKeys(systemRandom)] as const;
  const to = pair.map(({ publicKey }) => publicKey);
  const seal = letter === "plain" ? plainSeal : committedSeal;
  const honest = readings.map(([text]) => ({
    text,
    bytes: sealLetter({ to, text: `${text}\n`, random: systemRandom }, seal),
  }));
  const truth: EnvoyTruth = {
    ...{ letter, compare },
    readers: [hex(pair[0].secretKey), hex(pair[1].secretKey)],
    readings: readings.map(([one, two]) => [one, two]),
    honest: honest.map(({ text, bytes }) => ({ text, file: hex(bytes) })),
  };
  const [sample] = honest;
  assert(sample !== undefined, "there is a letter");
  const captures = [
    capture("keystore", "readers", "Public keys of the two principals", {
      "readers.json": json(to.map((key) => hex(key))),
    }),
    capture("words", "readings", "What each of them is to read", {
      "readings.json": json(readings),
    }),
    capture("letter", "sample", "A letter that the envoy wrote honestly, and its text", {
      "sample.letter": sample.bytes,
      "sample.txt": utf8(`${sample.text}\n`),
    }),
  ];
  const bundle = await writeEvidence({ scenario, out }, captures);
  const bytes = honest.reduce((sum, each) => sum + each.bytes.length, 0);
  const clicks = compare === "nothing" ? 0 : letters;
  return { bundle, truth, cost: { frames: letters, frameBytes: bytes, commits: 0, clicks } };
}

function capture(
  kind: Capture["kind"],
  id: string,
  note: string,
  files: Readonly<Record<string, Uint8Array>>,
): Capture {
  const atMs = Date.UTC(2027, 2, 1, 9);
  const named = Object.entries(files).map(([name, bytes]) => [`envoy/${name}`, bytes] as const);
  return { id, kind, actor: null, atMs, note, files: new Map(named) };
}

function json(value: unknown): Uint8Array {
  return utf8(`${JSON.stringify(value, null, 1)}\n`);
}

/** What a principal makes of a file: the text that he reads, or why he reads none. */
function readBy(truth: EnvoyTruth, reader: 0 | 1, file: string): string | null {
  const bytes = unhex(file) ?? new Uint8Array(0);
  const secret = unhex(truth.readers[reader]) ?? new Uint8Array(0);
  try {
    if (truth.letter === "plain") return readableLines(unsealLetter(bytes, secret, plainSeal));
    return textOf(unsealLetter(bytes, secret, committedSeal))?.replace(/\n$/, "") ?? null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Whether both read, and nothing that they compare differs. */
function passes(truth: EnvoyTruth, files: readonly [string, string]): [string, string] | null {
  const texts = [readBy(truth, 0, files[0]), readBy(truth, 1, files[1])] as const;
  const [one, two] = texts;
  if (one === null || two === null || one === "" || two === "") return null;
  const digests = files.map((file) => letterDigest(unhex(file) ?? new Uint8Array(0)));
  if (truth.compare === "file" && digests[0] !== digests[1]) return null;
  const said = [one, two].map((text) => hex(sha256(utf8(text))));
  if (truth.compare === "text" && said[0] !== said[1]) return null;
  return [one, two];
}

function scoreLetters(findings: { claims: unknown }, truth: EnvoyTruth) {
  const { letters } = twoFacedClaims.parse(findings.claims);
  const of = truth.readings.length;
  const divergent = (way: "salamander" | "paraphrase", under: EnvoyTruth = truth) =>
    letters.filter((each) => {
      const wanted = truth.readings[each.letter];
      if (each.way !== way || wanted === undefined) return false;
      const read = passes(under, each.files);
      return read !== null && read[0] === wanted[0] && read[1] === wanted[1];
    }).length;
  const two = divergent("salamander");
  const said = divergent("paraphrase");
  // Which one defence, alone and without a telephone call about the text, leaves no letter with two readings.
  const alone = [
    ["commitment", { ...truth, letter: "committed", compare: "nothing" }],
    ["comparing files", { ...truth, letter: "plain", compare: "file" }],
  ] as const;
  const stops = alone
    .filter(([, under]) => divergent("salamander", under) === 0)
    .map(([name]) => name);
  const delivered = truth.honest.filter(({ file, text }) => {
    const read = passes(truth, [file, file]);
    return read !== null && read[0] === text && read[1] === text;
  }).length;
  const made = letters.filter(({ way }) => way === "salamander");
  const tries = made.flatMap((each) => (each.tries === null ? [] : [each.tries]));
  const same = made.length > 0 && made.every(({ files }) => files[0] === files[1]);
  return {
    metrics: [
      share({
        id: "letters.divergent",
        hits: two,
        of,
        words:
          "of the letters were one file that was read in two ways by two principals, and nobody noticed",
      }),
      share({
        id: "letters.paraphrased",
        hits: said,
        of,
        words: "of the letters were two files with two texts, and nobody noticed",
      }),
      share({
        id: "letters.honest",
        hits: delivered,
        of: truth.honest.length,
        words: "of the honest letters were read alike by both",
      }),
      count(
        "salamander.made",
        made.length,
        "letters built that were to have two readings",
        "count",
      ),
      count(
        "salamander.tries",
        tries.length === 0 ? null : mean(tries),
        "tags drawn for one letter, on average; sixteen are expected",
        "tries",
      ),
    ],
    facts: {
      "same.file": same ? "yes" : "no",
      "check.stops": stops.join(" and ") || null,
    },
    headline: {
      value: `${two} of ${of}`,
      words: `letters read in two ways; as two files ${said} of ${of}`,
      leaks: two > 0 || said > 0,
    },
  };
}

/** A plain seal must give two readings; the same letters, brought to two others, must give none. */
async function envoyControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const settings = { ...settingsOf(scenario, {}), letter: "plain", compare: "nothing" };
  const staged = await rig.stage({ scenario, seed, settings, out: `${out}/controls/plain` });
  const open = await attemptOn(rig, scenario, staged, settings);
  const others = [letterKeys(systemRandom), letterKeys(systemRandom)] as const;
  const truth: EnvoyTruth = {
    ...truthSchema.parse(staged.truth),
    readers: [hex(others[0].secretKey), hex(others[1].secretKey)],
  };
  const { metrics } = await rig.score(open.findings, truth, open.bundle);
  // One letter that either way gets through to somebody for whom it was not built is one too many.
  const hitsOf = (all: readonly Metric[], ...ids: readonly string[]) =>
    ids.reduce((sum, id) => sum + (all.find((each) => each.id === id)?.hits ?? 0), 0);
  const of = truth.readings.length;
  const { bundle } = open;
  return [
    exactControl({
      ...{ kind: "positive", name: "letters under a plain AEAD, nothing compared", bundle, of },
      hits: hitsOf(open.metrics, "letters.divergent"),
      what: "letters read in two ways",
    }),
    exactControl({
      ...{ kind: "null", name: "the same letters, brought to two others", bundle, of },
      hits: hitsOf(metrics, "letters.divergent", "letters.paraphrased"),
      what: "letters read in two ways",
    }),
  ];
}

function envoySentence(run: ScoredRun): string {
  const metric = (id: string) => run.metrics.find((each) => each.id === id);
  const two = metric("letters.divergent");
  const said = metric("letters.paraphrased");
  const tries = metric("salamander.tries")?.value;
  const drawn = tries == null ? "" : `, ${tries.toFixed(0)} tries each`;
  return `${two?.hits ?? 0} of ${two?.of ?? 0} letters were one and the same file and said two things${drawn}; with two files the envoy got ${said?.hits ?? 0} of ${said?.of ?? 0} through.`;
}
