import { mean } from "simple-statistics";
import { xchacha } from "#client/crypto/aead.ts";
import { openCommitted } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { salamander } from "../algorithms/salamander.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { wilson } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  letters: { value: 400, words: "ciphertexts built; --trials goes first", source: "ours" },
  first: { value: 48, words: "bytes of the first reading, whole blocks of 16", source: "ours" },
  second: { value: 48, words: "bytes of the second reading, whole blocks of 16", source: "ours" },
  tries: { value: 1_000, words: "tags drawn for one letter at most", source: "ours" },
} as const;

/** Both free blocks must be blocks of Poly1305: values from 2^128 to 2^129 of a field of 2^130-5. */
const chanceOfTry = (2 ** 128 / (2 ** 130 - 5)) ** 2;

interface Built {
  /** Tries of each letter that was built. */
  readonly tries: readonly number[];
  readonly opened: number;
  readonly committed: number;
  readonly letters: number;
}

async function build(settled: Settled, run: ReferenceRun): Promise<Built> {
  await ready();
  const letters = run.trials ?? settled.number("letters");
  const sizes = [settled.number("first"), settled.number("second")];
  const triesMax = settled.number("tries");
  const isWhole = [letters, triesMax, ...sizes].every((each) => Number.isInteger(each) && each > 0);
  if (!isWhole || sizes.some((size) => size % 16 !== 0 || size > 4_096) || letters > 100_000) {
    throw new Failure(
      "usage",
      "salamander: first and second are 16 to 4096 and whole blocks of 16; letters up to 100000",
    );
  }
  const choices = seeded("salamander", run.seed);
  const tries: number[] = [];
  let opened = 0;
  let committed = 0;
  for (let letter = 0; letter < letters; letter++) {
    const keys = [bytesFrom(choices, 32), bytesFrom(choices, 32)] as const;
    const nonce = bytesFrom(choices, 24);
    const aad = utf8("letter");
    const texts = [
      readingOf("We ACCEPT. ", sizes[0] ?? 0),
      readingOf("We REJECT. ", sizes[1] ?? 0),
    ];
    const random = (bytes: number) => bytesFrom(choices, bytes);
    const [first, second] = texts as [Uint8Array, Uint8Array];
    const made = salamander({ keys, nonce, aad, texts: [first, second], random, triesMax });
    if (made === null) continue;
    tries.push(made.tries);
    const one = xchacha.open(keys[0], nonce, aad, made.sealed);
    const two = xchacha.open(keys[1], nonce, aad, made.sealed);
    const isRead =
      one !== null &&
      two !== null &&
      equalBytes(one.subarray(0, first.length), first) &&
      equalBytes(two.subarray(first.length, first.length + second.length), second);
    if (isRead) opened += 1;
    // The same forgery behind a commitment: whichever commitment is put in front, it is not both keys'.
    const boxed = concat(bytesFrom(choices, 32), made.sealed);
    if (keys.every((key) => openCommitted(key, nonce, aad, boxed) !== null)) committed += 1;
    run.progress("letters", letter + 1, letters);
  }
  return { tries, opened, committed, letters };
}

function readingOf(text: string, bytes: number): Uint8Array {
  return utf8(text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes));
}

function bytesFrom(choices: Seeded, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => choices.below(256));
}

function rowsOf(built: Built, isPublished: boolean): ReferenceRow[] {
  const { tries, letters, opened, committed } = built;
  const expected = 1 / chanceOfTry;
  const count = Math.max(1, tries.length);
  // Of a mean of so many geometric numbers, by the normal approximation, at 99 %.
  const half = (2.576 * Math.sqrt(1 - chanceOfTry)) / chanceOfTry / Math.sqrt(count);
  const average = tries.length === 0 ? Number.NaN : mean([...tries]);
  const forty = (2.576 * Math.sqrt(1 - chanceOfTry)) / chanceOfTry / Math.sqrt(40);
  const share = wilson(opened, letters);
  const held = wilson(committed, letters);
  const most = tries.reduce((max, each) => Math.max(max, each), 0);
  // Of forty geometric numbers the largest is below this with 99.5 %, and above that with 99.5 %.
  const largest = (chance: number) => Math.log(1 - chance ** (1 / 40)) / Math.log(1 - chanceOfTry);
  return [
    {
      setting: "tries for one letter, expected",
      published: isPublished ? "16" : "",
      ours: average.toFixed(1),
      interval: `${expected.toFixed(1)} ± ${half.toFixed(1)} at 99 % for ${tries.length} letters`,
      agrees: isPublished ? Math.abs(average - 16) <= half : null,
    },
    {
      setting: "mean tries of 40 runs",
      published: isPublished ? "17.6" : "",
      ours: expected.toFixed(1),
      interval: `${(expected - forty).toFixed(1)} to ${(expected + forty).toFixed(1)} in 99 % of samples of 40`,
      agrees: isPublished ? Math.abs(17.6 - expected) <= forty : null,
    },
    {
      setting: "most tries of 40 runs",
      published: isPublished ? "64" : "",
      ours: `${most} of ${tries.length}`,
      interval: `${largest(0.005).toFixed(0)} to ${largest(0.995).toFixed(0)} in 99 % of samples of 40`,
      agrees: isPublished ? 64 >= largest(0.005) && 64 <= largest(0.995) : null,
    },
    {
      setting: "letters that libsodium opens under both keys, each with its own text",
      published: isPublished ? "all" : "",
      ours: `${opened} of ${letters}`,
      interval: share === null ? "" : `${share.map((each) => each.toFixed(3)).join(" to ")}`,
      agrees: isPublished ? opened === letters : null,
    },
    {
      setting: "the same with a key commitment in front",
      published: isPublished ? "0" : "",
      ours: `${committed} of ${letters}`,
      interval: held === null ? "" : `${held.map((each) => each.toFixed(3)).join(" to ")}`,
      agrees: isPublished ? committed === 0 : null,
    },
  ];
}

/** One ciphertext, two readings (Dodis and others, CRYPTO 2018; LEAKLAB 3.11). */
export const salamanderReference: Reference = {
  name: "salamander",
  source:
    "Dodis, Grubbs, Ristenpart and Woodage, CRYPTO 2018; Len and others, USENIX Security 2021; LEAKLAB 3.11",
  parameters,
  async rows(run) {
    return rowsOf(await build(settle("salamander", parameters, []), run), true);
  },
  async measure(settled, run) {
    return rowsOf(await build(settled, run), settled.changed.size === 0);
  },
  differs:
    "the paper attacks AES-GCM in attachments of a messenger; here it is XChaCha20-Poly1305, whose two free blocks solve a system mod 2^130-5 and not in GF(2^128), so a solution has to be drawn for: a try is one tag.",
};
