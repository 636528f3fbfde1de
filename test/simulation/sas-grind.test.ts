import { binomialDistribution } from "simple-statistics";
import { beforeAll, describe, expect, test } from "vitest";
import {
  areSameWords,
  type CheckSubject,
  checkWords,
  commitTo,
  opensTo,
  wordsAloud,
} from "#client/core/check.ts";
import { words } from "#client/core/words.ts";
import { ready } from "#client/crypto/sodium.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

/*
 * A dishonest first sponsor between an honest newcomer and an honest second sponsor. It puts a
 * KeyPackage of its own in the place of the newcomer's and may change every message; the words are read
 * out by people over a line that it does not have. It says by itself that the newcomer has agreed, so
 * that either person's typing is one guess by itself. (`door-insider.test.ts` has whole clients.)
 */

const guesses = 100_000;
const { bytes, below } = dice(1207);

/** What it may do to gain more than chance. */
type Way =
  /** Commits to a nonce of its own and hands the sponsor's on. */
  | "hands on"
  /** Sends the newcomer a nonce of its own choice instead of the sponsor's. */
  | "invents a nonce";

interface Sight {
  readonly newcomer: ReturnType<typeof checkWords>;
  readonly sponsor: ReturnType<typeof checkWords>;
}

const group = bytes(32);
const sponsorKey = bytes(32);
const honest: CheckSubject = { group, keyPackage: bytes(64), sponsorKey };
const swapped: CheckSubject = { ...honest, keyPackage: bytes(64) };

/** One check in the order of the protocol; whose words each person has. Null when a commitment is not opened. */
function swap(way: Way, count: number): Sight | null {
  const newcomerNonce = bytes(32);
  // Bound here, before anything that it could choose by is known to it.
  const ownNonce = bytes(32);
  const commitment = commitTo(swapped, ownNonce);
  const sponsorNonce = bytes(32);
  const handed = way === "hands on" ? sponsorNonce : bytes(32);
  if (!opensTo(commitment, swapped, ownNonce)) return null;
  return {
    newcomer: checkWords(honest, { newcomer: newcomerNonce, sponsor: handed }, count),
    sponsor: checkWords(swapped, { newcomer: ownNonce, sponsor: sponsorNonce }, count),
  };
}

/** The 99.9 % interval of a binomial count: fewer, and more, are each at most 0.05 % likely. */
function interval(trials: number, rate: number): { low: number; high: number } {
  const cells = binomialDistribution(trials, rate) ?? [];
  const tail = (1 - 0.999) / 2;
  let sum = 0;
  let low = 0;
  let high = 0;
  for (const [count, chance] of cells.entries()) {
    if (sum + chance <= tail) low = count + 1;
    sum += chance;
    if (sum < 1 - tail) high = count + 1;
  }
  return { low, high };
}

describe("sas-grind: a first sponsor that swaps the KeyPackage", () => {
  test("is caught when it hands on the newcomer's commitment: that opens to another one", () => {
    for (let run = 0; run < 1_000; run++) {
      const nonce = bytes(32);
      const commitment = commitTo(honest, nonce);
      expect(opensTo(commitment, honest, nonce)).toBe(true);
      expect(opensTo(commitment, swapped, nonce)).toBe(false);
      // Nor does another nonce help: it would have to be found beyond SHA-256.
      expect(opensTo(commitment, swapped, bytes(32))).toBe(false);
    }
  });

  test("is caught when it changes its mind after the commitment", () => {
    const commitment = commitTo(swapped, bytes(32));
    for (let run = 0; run < 10_000; run++)
      expect(opensTo(commitment, swapped, bytes(32))).toBe(false);
  });

  test("is caught by the words of the real length, whatever it does", () => {
    for (const way of ["hands on", "invents a nonce"] as const) {
      for (let run = 0; run < 2_000; run++) {
        const seen = swap(way, wordsAloud) as Sight;
        expect(areSameWords(seen.newcomer.newcomer, seen.sponsor.newcomer)).toBe(false);
        expect(areSameWords(seen.newcomer.sponsor, seen.sponsor.sponsor)).toBe(false);
      }
    }
  });

  test("succeeds by one word aloud as often as computed, in 100,000 guesses", () => {
    const rate = 1 / words.length;
    const { low, high } = interval(guesses, rate);
    const deceived = { sponsor: 0, newcomer: 0, both: 0 };
    for (let run = 0; run < guesses; run++) {
      const seen = swap(below(2) === 0 ? "hands on" : "invents a nonce", 1) as Sight;
      // The second sponsor types what the newcomer reads, and the newcomer what the sponsor reads.
      const sponsor = areSameWords(seen.newcomer.newcomer, seen.sponsor.newcomer);
      const newcomer = areSameWords(seen.sponsor.sponsor, seen.newcomer.sponsor);
      if (sponsor) deceived.sponsor++;
      if (newcomer) deceived.newcomer++;
      if (sponsor && newcomer) deceived.both++;
    }
    const real = rate ** wordsAloud;
    const measured = (deceived.sponsor + deceived.newcomer) / (2 * guesses);
    process.stdout.write(
      `sas-grind: one word aloud, ${guesses} guesses: ${deceived.sponsor} sponsors, ` +
        `${deceived.newcomer} newcomers and ${deceived.both} times both were deceived; computed ` +
        `${(guesses * rate).toFixed(1)}, 99.9 % interval ${low} to ${high}.\n` +
        `sas-grind: ${wordsAloud} words aloud, computed from it: ${real.toExponential(2)} a try ` +
        `(one in ${Math.round(1 / real)}); measured for one word and cubed: ` +
        `${(measured ** wordsAloud).toExponential(2)}.\n`,
    );
    for (const count of [deceived.sponsor, deceived.newcomer]) {
      expect(count).toBeGreaterThanOrEqual(low);
      expect(count).toBeLessThanOrEqual(high);
    }
    // Both at once: about 0.06 of them are expected.
    expect(deceived.both).toBeLessThanOrEqual(interval(guesses, rate ** 2).high);
  });
});

describe("sas-grind: the controls", () => {
  test("without a swap both sides' words are always the same", () => {
    for (let run = 0; run < 2_000; run++) {
      const nonces = { newcomer: bytes(32), sponsor: bytes(32) };
      const commitment = commitTo(honest, nonces.newcomer);
      const copy = structuredClone(honest);
      expect(opensTo(commitment, copy, nonces.newcomer)).toBe(true);
      expect(checkWords(copy, nonces)).toEqual(checkWords(honest, nonces));
    }
  });

  test("without the commitment it would succeed every time: it tries nonces until the words fit", () => {
    const trials = 20;
    const tries: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const nonces = { newcomer: bytes(32), sponsor: bytes(32) };
      const [wanted] = checkWords(honest, nonces, 1).newcomer;
      // Not bound to anything, it answers the sponsor after it has seen both nonces.
      for (let attempt = 1; attempt <= 30 * words.length; attempt++) {
        const own = { newcomer: bytes(32), sponsor: nonces.sponsor };
        if (checkWords(swapped, own, 1).newcomer[0] !== wanted) continue;
        tries.push(attempt);
        break;
      }
    }
    const mean = tries.reduce((sum, count) => sum + count, 0) / tries.length;
    process.stdout.write(
      `sas-grind: without the commitment ${tries.length} of ${trials} succeed, after ` +
        `${Math.round(mean)} tries on average; ${wordsAloud} words would take ` +
        `${(words.length ** wordsAloud).toExponential(1)}, a machine's work of hours.\n`,
    );
    expect(tries).toHaveLength(trials);
  });

  test("without the sponsor's own nonce it would succeed as well, before the check begins", () => {
    // The words then depend on what it may choose alone; it prepares a pair of KeyPackages that agree.
    const sponsor = bytes(32);
    const nonce = bytes(32);
    const wanted = checkWords(honest, { newcomer: nonce, sponsor }, 1).newcomer;
    const found = Array.from({ length: 30 * words.length }, () => ({
      ...honest,
      keyPackage: bytes(64),
    })).some((own) =>
      areSameWords(checkWords(own, { newcomer: nonce, sponsor }, 1).newcomer, wanted),
    );
    expect(found).toBe(true);
  });
});
