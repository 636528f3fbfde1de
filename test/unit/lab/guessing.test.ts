import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "#client/core/words.ts";
import {
  argonRateMax,
  bcryptRate,
  guessDollars,
  pbkdf2Rate,
  phraseBits,
} from "#client/lab/algorithms/crack-cost.ts";
import {
  type Guess,
  type GuessSources,
  guesses,
  guessRank,
  listedCount,
  yearForms,
} from "#client/lab/algorithms/guessing.ts";
import { crackedKeystore, quotations } from "#client/lab/attacks/cracked-keystore.ts";
import type { Artefact, Evidence } from "#client/lab/evidence.ts";
import { contextEvents, contextLines } from "#client/lab/rigs/context-words.ts";
import { utf8 } from "#shared/bytes.ts";

const sources: GuessSources = {
  printed: ["six words that an author printed", "Oslo"],
  context: [
    { text: "Heron", years: [] },
    { text: "Oslo", years: [1992, 1993] },
    { text: "ceasefire", years: [] },
  ],
  near: 2,
  joined: 2,
};

function first(count: number, from = sources): Guess[] {
  const found: Guess[] = [];
  for (const guess of guesses(from)) {
    if (found.length === count) break;
    found.push(guess);
  }
  return found;
}

describe("the declared guesser", () => {
  test("tries what was printed, the list, rules, and then words of the product's list in order", () => {
    const stages = first(listedCount(sources) + 3).map(({ stage }) => stage);
    const turns = stages.filter((stage, at) => stage !== stages[at - 1]);
    expect(turns).toEqual(["printed", "list", "rules", "words"]);
    const single = first(listedCount(sources)).filter(({ stage }) => stage === "words");
    // "ceasefire" stood on the list already.
    expect(single.map(({ text }) => text)).toEqual(words.filter((word) => word !== "ceasefire"));
  });

  test("tries nothing twice before it comes to phrases", () => {
    const texts = first(listedCount(sources)).map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("ranks every listed guess where it tries it", () => {
    const listed = first(listedCount(sources));
    const place = fc.integer({ min: 0, max: listed.length - 1 });
    fc.assert(
      fc.property(place, (at) => guessRank(sources, listed[at]?.text ?? "") === at + 1),
      { seed: 1, numRuns: 60 },
    );
  });

  test("ranks phrases by arithmetic where it would try them", () => {
    const listed = listedCount(sources);
    const far = 2 * words.length + 5;
    const pairs = first(listed + far).slice(listed);
    for (const at of [0, 1, words.length, far - 1]) {
      expect(guessRank(sources, pairs[at]?.text ?? "")).toBe(listed + at + 1);
    }
    const [one, two] = [words[3], words[700]];
    const index = 3 * words.length + 700 + 1;
    expect(guessRank(sources, `${one} ${two}`)).toBe(listed + index);
    expect(guessRank(sources, `${one}-${two}`)).toBe(listed + words.length ** 2 + index);
    expect(guessRank(sources, `${one}${two}`)).toBe(listed + 2 * words.length ** 2 + index);
    const three = guessRank(sources, `${words[0]} ${words[0]} ${words[1]}`);
    expect(three).toBe(listed + 3 * words.length ** 2 + 2);
  });

  test("tells a hyphen within a word from one between words", () => {
    expect(words).toContain("yo-yo");
    expect(guessRank(sources, "yo-yo-cactus")).not.toBeNull();
    expect(guessRank(sources, "yo-yo cactus")).toBeLessThan(
      guessRank(sources, "yo-yo-cactus") ?? 0,
    );
  });

  test.each([
    ["a word of no list", "cactus quetzalcoatlus"],
    ["a word cut short", "cactus outra"],
    ["two separators in one phrase", `${words[0]} ${words[1]}-${words[2]}`],
    ["a separator at the end", `${words[0]} ${words[1]} `],
    ["eleven words", Array.from({ length: 11 }, () => words[0]).join(" ")],
    ["nothing", ""],
  ])("never comes to %s", (_, text) => {
    expect(guessRank(sources, text)).toBeNull();
  });

  test("knows a name whichever way its accents are composed", () => {
    const context = [{ text: "Zaunko\u0308nig", years: [] }];
    expect(guessRank({ ...sources, context }, "Zaunk\u00f6nig")).toBe(3);
    expect(guessRank({ ...sources, context }, "Zaunko\u0308nig")).toBe(3);
  });

  test("finds a passphrase that was printed first, however many words it has", () => {
    const phrase = Array.from({ length: 8 }, (_, at) => words[100 * at]).join(" ");
    expect(guessRank(sources, phrase)).toBeGreaterThan(1e20);
    expect(guessRank({ ...sources, printed: [phrase] }, phrase)).toBe(1);
  });

  test("comes to nothing sooner for knowing less", () => {
    const full = first(listedCount(sources)).map(({ text }) => text);
    const without = { ...sources, context: sources.context.slice(0, 1) };
    const known = new Set(first(listedCount(without)).map(({ text }) => text));
    expect([...known].every((text) => full.includes(text))).toBe(true);
    expect(full.filter((text) => !known.has(text)).length).toBeGreaterThan(0);
  });
});

describe("the shipped context", () => {
  const lines = contextLines(["Heron", "Oslo"]);

  test("has about two thousand lines, the persons first, none twice", () => {
    expect(lines.length).toBeGreaterThan(1_500);
    expect(lines.length).toBeLessThan(2_500);
    expect(lines.slice(0, 2).map(({ text }) => text)).toEqual(["Heron", "Oslo"]);
    expect(new Set(lines.map(({ text }) => text)).size).toBe(lines.length);
  });

  test("keeps an event's years when a person has the event's name", () => {
    expect(lines.find(({ text }) => text === "Oslo")?.years).toEqual([1992, 1993]);
  });

  test("leads to every event in every way of writing its year", () => {
    const all = { printed: [], context: contextLines([]), near: 0, joined: 0 };
    const tried = new Set(first(listedCount(all), all).map(({ text }) => text));
    for (const [name, years] of contextEvents) {
      for (const year of years) {
        expect(yearForms.every((form) => tried.has(form(name, year)))).toBe(true);
      }
    }
    expect(guessRank(all, "Oslo-1993!")).toBeLessThan(10_000);
  });
});

describe("what stands between quotation marks", () => {
  test.each([
    ["“one two three”", ["one two three"]],
    ["He said «раз два.» and left", ["раз два.", "раз два"]],
    ['a "b" c "d!"', ["b", "d!", "d"]],
    ["nothing was quoted", []],
    ["“never closed", []],
  ])("%s", (text, phrases) => {
    expect(quotations(text)).toEqual(phrases);
  });
});

describe("the attack", () => {
  const budget = { trials: 10, params: { near: 1, joined: 1, heavy: 1 } };
  const withContext = (text: string): Evidence => {
    const files = [{ path: "context.jsonl", bytes: 0, sha256: "" }];
    const words: Artefact = { id: "w", kind: "words", actor: null, at: "", note: "", files };
    return {
      manifest: { artefacts: [words] } as unknown as Evidence["manifest"],
      artefacts: (kind) => (kind === "words" ? [words] : []),
      read: async () => utf8(text),
      openDatabase: () => Promise.reject(new Error("there is no database")),
    };
  };

  test("without a vault makes no guess", async () => {
    const evidence = withContext('{"text":"Oslo","years":[1993]}\n');
    const findings = await crackedKeystore(evidence, budget, () => {});
    expect(findings.claims).toEqual({ printed: 0, lines: 1, vaults: [] });
    expect(findings.counts).toEqual({ vaults: 0, guesses: 0 });
  });

  test.each([
    ["no JSON", "Oslo"],
    ["another field", '{"text":"Oslo","years":[],"rank":1}'],
    ["no years", '{"text":"Oslo"}'],
    ["an empty text", '{"text":"","years":[]}'],
  ])("refuses a context list with %s, by its line", async (_, bad) => {
    const evidence = withContext(`{"text":"Lake","years":[]}\n${bad}\n`);
    const expected = { code: "malformed", message: expect.stringContaining("context.jsonl:2") };
    await expect(crackedKeystore(evidence, budget, () => {})).rejects.toMatchObject(expected);
  });
});

describe("what guesses cost", () => {
  test("a bound moves two blocks in the first pass and three in each later one", () => {
    const rate = (passes: number, memoryBytes = 1_000) =>
      argonRateMax({ passes, memoryBytes }, 1e6);
    expect([rate(1), rate(2), rate(3)]).toEqual([500, 200, 125]);
    expect(rate(1, 2_000)).toBe(250);
  });

  test("bcrypt doubles with each step and PBKDF2 is proportional", () => {
    expect(bcryptRate(1_024, 5)).toBe(1_024);
    expect(bcryptRate(1_024, 8)).toBe(128);
    expect(pbkdf2Rate(1_000, 1_998)).toBe(500);
  });

  test("each word multiplies the price by the list, a faster machine divides it", () => {
    const price = (count: number, rate: number) => guessDollars(1_296 ** count, rate, 0.35);
    expect(price(4, 100) / price(3, 100)).toBeCloseTo(1_296, 6);
    expect(price(3, 100) / price(3, 200)).toBeCloseTo(2, 9);
    expect(guessDollars(3_600, 1, 0.35)).toBeCloseTo(0.35, 9);
    expect(phraseBits(4, 1_296)).toBeCloseTo(41.36, 2);
  });
});
