import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeSpoken, parseSpoken } from "#client/cli/spoken.ts";
import { words } from "#client/core/words.ts";

describe("the words that somebody has read aloud", () => {
  test.each([
    ["crawfish bamboo tulip"],
    ["  Crawfish   BAMBOO tulip "],
    ["crawfish-bamboo-tulip"],
    ["crawfish, bamboo, tulip"],
    ["cra bam tul"],
    ["crawf bambo tuli"],
  ])("%j are the same three", (typed) => {
    expect(parseSpoken(typed)).toEqual(["crawfish", "bamboo", "tulip"]);
  });

  test.each(["yo-yo tulip yoyo", "yo yo tulip yo-yo", "YO-YO, tulip, yo-yo"])(
    "%j holds the list's one hyphenated word twice",
    (typed) => {
      expect(parseSpoken(typed)).toEqual(["yo-yo", "tulip", "yo-yo"]);
    },
  );

  test.each([
    ["", "not 0"],
    ["crawfish bamboo", "not 2"],
    ["crawfish bamboo tulip wasp", "not 4"],
    ["crawfish bamboo tulpi", "word 3"],
    ["crawfish bambu tulip", 'is it "bamboo"?'],
    ["cr ba tu", "no word of the list begins so"],
    ["crawfishes bamboo tulip", 'is it "crawfish"?'],
  ])("%j is a slip of the fingers and costs no try", (typed, detail) => {
    expect(() => parseSpoken(typed)).toThrow(
      expect.objectContaining({ code: "code-typo", message: expect.stringContaining(detail) }),
    );
  });

  test("any three words of the list are read back as they are", () => {
    const word = fc.constantFrom(...words);
    fc.assert(
      fc.property(fc.tuple(word, word, word), (three) => {
        expect(parseSpoken(three.join(" "))).toEqual([...three]);
      }),
    );
  });
});

describe("completion", () => {
  test.each([
    ["cra", ["crawfish "]],
    ["crawfish bam", ["crawfish bamboo "]],
    ["crawfish bamboo tul", ["crawfish bamboo tulip"]],
    ["crawfish bamboo tulip ", []],
    ["", []],
  ])("of %j ends the word being typed", (line, endings) => {
    expect(completeSpoken(line)).toEqual([endings, line]);
  });
});
