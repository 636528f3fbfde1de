import { describe, expect, test } from "vitest";
import { lookAlike } from "#client/core/look-alike.ts";
import { words } from "#client/core/words.ts";

const present = ["Slate", "Heron", "Otter", "Willow", "Marten", "Zoë"];

describe("a label that can be mistaken for another", () => {
  test.each([
    ["S1ate", "Slate", "a digit for a letter"],
    ["SIate", "Slate", "a capital I for an l"],
    ["Siate", "Slate", "an i for an l"],
    ["5late", "Slate", "a five for an S"],
    ["0tter", "Otter", "a zero for an O"],
    ["slate", "Slate", "another case"],
    ["SLATE", "Slate", "capitals"],
    ["Slate.", "Slate", "punctuation"],
    ["Sl ate", "Slate", "a space"],
    ["Sláte", "Slate", "an accent"],
    ["Zoe", "Zoë", "an accent that is left out"],
    ["\u{41d}\u{435}ron", "Heron", "Cyrillic letters"],
    ["\u{397}eron", "Heron", "a Greek capital"],
    ["\u{ff28}eron", "Heron", "a full-width letter"],
    ["\u{1d5a7}eron", "Heron", "a mathematical letter"],
    ["VVillow", "Willow", "two letters for one"],
    ["Rnarten", "Marten", "r and n for an m"],
    ["Hero\u{578}", "Heron", "an Armenian letter"],
  ])("%s is found to be like %s: %s", (label, twin) => {
    expect(lookAlike(label, present)).toBe(twin);
    expect(lookAlike(twin, [label])).toBe(label);
  });

  test.each(["Stoat", "Slater", "Hero", "Hereon", "Ottar", "Egret", "Зоя", "Δelta"])(
    "%s is like nobody",
    (label) => {
      expect(lookAlike(label, present)).toBeNull();
    },
  );

  test("is not the very same label: that one is refused, not warned of", () => {
    expect(lookAlike("Slate", present)).toBeNull();
  });

  test("is rare among ordinary words", () => {
    const some = words.filter((_word, at) => at % 8 === 0);
    const taken = some.filter((word) => lookAlike(word, some) !== null);
    expect(taken).toEqual([]);
  });
});
