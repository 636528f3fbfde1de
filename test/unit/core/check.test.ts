import { beforeAll, describe, expect, test } from "vitest";
import {
  areSameWords,
  checkNonceBytes,
  checkWords,
  commitTo,
  opensTo,
  readWords,
  wordsAloud,
} from "#client/core/check.ts";
import { words } from "#client/core/words.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex } from "#shared/bytes.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(7);
const subject = { group: random(32), keyPackage: random(64), sponsorKey: random(32) };
const nonces = { newcomer: random(checkNonceBytes), sponsor: random(checkNonceBytes) };

/** One octet of one field flipped. */
function changed(field: keyof typeof subject) {
  const bytes = subject[field].slice();
  bytes[0] = (bytes[0] as number) ^ 1;
  return { ...subject, [field]: bytes };
}

describe("the commitment of a check", () => {
  test("opens to what was committed to, and stays as it is on the wire", () => {
    const commitment = commitTo(subject, nonces.newcomer);
    expect(opensTo(commitment, subject, nonces.newcomer)).toBe(true);
    const fixedSubject = {
      group: new Uint8Array(32).fill(1),
      keyPackage: new Uint8Array(64).fill(2),
      sponsorKey: new Uint8Array(32).fill(3),
    };
    expect(hex(commitTo(fixedSubject, new Uint8Array(32).fill(4)))).toMatchInlineSnapshot(
      `"4b09ed7758af786741b6edffd7b4ba0c8813907a56df9d92c24cdbd24cf88ff9"`,
    );
  });

  test.each(["group", "keyPackage", "sponsorKey"] as const)("opens to no other %s", (field) => {
    const commitment = commitTo(subject, nonces.newcomer);
    expect(opensTo(commitment, changed(field), nonces.newcomer)).toBe(false);
  });

  test("opens with no other nonce", () => {
    const commitment = commitTo(subject, nonces.newcomer);
    expect(opensTo(commitment, subject, nonces.sponsor)).toBe(false);
  });
});

describe("the words of a check", () => {
  test("are three for each side, of the list, the same for both", () => {
    const one = checkWords(subject, nonces);
    expect(one).toEqual(checkWords(subject, nonces));
    expect(one.newcomer).toHaveLength(wordsAloud);
    expect(one.sponsor).toHaveLength(wordsAloud);
    for (const word of [...one.newcomer, ...one.sponsor]) expect(words).toContain(word);
    expect(one.newcomer).not.toEqual(one.sponsor);
  });

  test("stay as they are on the wire", () => {
    const fixedSubject = {
      group: new Uint8Array(32).fill(1),
      keyPackage: new Uint8Array(64).fill(2),
      sponsorKey: new Uint8Array(32).fill(3),
    };
    const fixedNonces = {
      newcomer: new Uint8Array(32).fill(4),
      sponsor: new Uint8Array(32).fill(5),
    };
    expect(checkWords(fixedSubject, fixedNonces)).toMatchInlineSnapshot(`
      {
        "newcomer": [
          "rerun",
          "bonnet",
          "zealot",
        ],
        "sponsor": [
          "glucose",
          "lasagna",
          "lightbulb",
        ],
      }
    `);
  });

  test.each(["group", "keyPackage", "sponsorKey"] as const)("differ for another %s", (field) => {
    const other = checkWords(changed(field), nonces);
    const one = checkWords(subject, nonces);
    expect(areSameWords(one.newcomer, other.newcomer)).toBe(false);
    expect(areSameWords(one.sponsor, other.sponsor)).toBe(false);
  });

  test("differ for another nonce of either side, and for nonces exchanged", () => {
    const one = checkWords(subject, nonces);
    for (const other of [
      { ...nonces, newcomer: random(32) },
      { ...nonces, sponsor: random(32) },
      { newcomer: nonces.sponsor, sponsor: nonces.newcomer },
    ]) {
      expect(areSameWords(one.newcomer, checkWords(subject, other).newcomer)).toBe(false);
    }
  });

  test("may be fewer or more for measurements: the same words, split elsewhere", () => {
    const six = checkWords(subject, nonces);
    const two = checkWords(subject, nonces, 1);
    expect([...two.newcomer, ...two.sponsor]).toEqual(six.newcomer.slice(0, 2));
    expect(checkWords(subject, nonces, 8).sponsor).toHaveLength(8);
    expect(() => checkWords(subject, nonces, 9)).toThrow();
  });

  test("are spread over the whole list", () => {
    const seen = new Set<string>();
    for (let at = 0; at < 2_000; at++) {
      const drawn = checkWords(subject, { ...nonces, newcomer: random(32) });
      for (const word of [...drawn.newcomer, ...drawn.sponsor]) seen.add(word);
    }
    // 12,000 draws from 1,296 words leave about 0.1 of them out on average.
    expect(seen.size).toBeGreaterThan(1_285);
  });
});

describe("words that a person types", () => {
  test("are known whole or by their beginning, in any case", () => {
    expect(readWords(["tulip", "Bam", " crawf "])).toEqual(["tulip", "bamboo", "crawfish"]);
  });

  test.each([
    ["two words", ["tulip", "bamboo"]],
    ["four words", ["tulip", "bamboo", "crawfish", "acid"]],
    ["no words", []],
    ["a word that is not in the list", ["tulip", "bamboo", "qqq"]],
    ["a slip after the third letter", ["tulip", "bamboo", "crawfush"]],
    ["two letters", ["tulip", "bamboo", "cr"]],
    ["nothing in one place", ["tulip", "", "crawfish"]],
  ])("are refused before the one try is spent: %s", (_name, typed) => {
    expect(() => readWords(typed)).toThrow(expect.objectContaining({ code: "code-typo" }));
  });

  test("are named when they are not words, and counted when they are not three", () => {
    expect(() => readWords(["tulip", "crawfush", "acid"])).toThrow('word 2: is it "crawfish"?');
    expect(() => readWords(["tulip"])).toThrow("3 words are read aloud, not 1");
  });

  test("are the same only in the same order and number", () => {
    expect(areSameWords(["a", "b", "c"], ["a", "b", "c"])).toBe(true);
    expect(areSameWords(["a", "b", "c"], ["a", "c", "b"])).toBe(false);
    expect(areSameWords(["a", "b", "c"], ["a", "b"])).toBe(false);
    expect(areSameWords(["a", "b"], ["a", "b", "c"])).toBe(false);
  });
});
