import { mean } from "simple-statistics";
import { sha256 } from "#client/crypto/hash.ts";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { clockBits, searchClock } from "../algorithms/clock-search.ts";
import { seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  window: {
    value: 60,
    words: "seconds in which the key was made, as logs tell",
    source: "LEAKLAB",
  },
  keys: { value: 5, words: "keys searched for; --trials goes first", source: "ours" },
  tries: { value: 4_000_000, words: "tries of one search at most", source: "ours" },
} as const;

const startMs = Date.UTC(2027, 2, 1, 9);

/** The Ed25519 public key that a device with nothing but a clock makes. */
function keyOf(ms: number): Uint8Array {
  const clock = new Uint8Array(8);
  new DataView(clock.buffer).setBigUint64(0, BigInt(ms));
  return signingKeyPair(sha256(clock)).publicKey;
}

interface Searched {
  readonly windowMs: number;
  readonly tries: readonly number[];
  readonly right: number;
  readonly keys: number;
}

async function search(settled: Settled, run: ReferenceRun): Promise<Searched> {
  await ready();
  const windowMs = 1_000 * settled.number("window");
  const keys = run.trials ?? settled.number("keys");
  const triesMax = settled.number("tries");
  const isWhole = [windowMs, keys, triesMax].every((each) => Number.isInteger(each) && each > 0);
  if (!isWhole || windowMs > 86_400_000 || keys > 10_000) {
    throw new Failure(
      "usage",
      "weak-rng: window up to 86400 seconds, keys up to 10000, tries from 1",
    );
  }
  const choices = seeded("weak-rng", run.seed);
  const tries: number[] = [];
  let right = 0;
  for (let key = 0; key < keys; key++) {
    const trueMs = startMs - choices.below(windowMs);
    const wanted = keyOf(trueMs);
    const window = { untilMs: startMs, windowMs, triesMax };
    const hit = searchClock(
      window,
      (ms) => equalBytes(keyOf(ms), wanted),
      (done, of) => run.progress(`key ${key + 1} of ${keys}`, done, of),
    );
    tries.push(hit.tries);
    if (hit.atMs === trueMs) right += 1;
  }
  return { windowMs, tries, right, keys };
}

function rowsOf({ windowMs, tries, right, keys }: Searched, isPublished: boolean): ReferenceRow[] {
  const middle = (windowMs + 1) / 2;
  const half = (2.576 * windowMs) / Math.sqrt(12 * keys);
  const published = (text: string) => (isPublished ? text : "");
  return [
    {
      setting: "bits of the window",
      published: published("15.9"),
      ours: clockBits(windowMs).toFixed(1),
      interval: "",
      agrees: isPublished ? clockBits(windowMs).toFixed(1) === "15.9" : null,
    },
    {
      setting: "tries until the key was found",
      published: published("14847"),
      ours: mean([...tries]).toFixed(0),
      interval: `a mean of ${keys}: ${Math.max(1, middle - half).toFixed(0)} to ${(middle + half).toFixed(0)} at 99 %; a single one is uniform from 1 to ${windowMs}`,
      agrees: isPublished ? 14_847 <= windowMs && tries.every((each) => each <= windowMs) : null,
    },
    {
      setting: "found, and it is the true key",
      published: published("yes"),
      ours: `${right} of ${keys}`,
      interval: "",
      agrees: isPublished ? right === keys : null,
    },
  ];
}

/** Keys that come from a millisecond clock (LEAKLAB 3.13). */
export const weakRng: Reference = {
  name: "weak-rng",
  source: "LEAKLAB 3.13; relatives: Debian OpenSSL 2008 (CVE-2008-0166), ROCA 2017",
  parameters,
  async rows(run) {
    const hour = clockBits(3_600_000).toFixed(1);
    const searched = await search(settle("weak-rng", parameters, []), run);
    return [
      ...rowsOf(searched, true),
      {
        setting: "bits of an hour's window",
        published: "21.8",
        ours: hour,
        interval: "",
        agrees: hour === "21.8",
      },
    ];
  },
  async measure(settled, run) {
    return rowsOf(await search(settled, run), settled.changed.size === 0);
  },
  differs:
    "no paper but a mechanism: the key is Ed25519 of SHA-256 of the clock, and the search starts from the log's time backwards. Speeds are the machine's and stand in no row.",
};
