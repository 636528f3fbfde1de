import { expect, test } from "vitest";
import { deltas, nearest, profileOf } from "#client/lab/algorithms/stylometry.ts";

test("words are counted in any case, and others only in the whole", () => {
  const profile = profileOf("The lake. THE port, and — the bridge!", ["the", "and", "of"]);
  expect(profile).toEqual({ counts: [3, 1, 0], words: 7 });
});

test("Delta is the mean distance of z-scores, as by hand", () => {
  const authors = [
    { counts: [10, 40], words: 100 },
    { counts: [30, 20], words: 100 },
  ];
  // Rates .1/.3 and .4/.2: both spreads are √0.02; the text lies at .1 and .3.
  const text = { counts: [10, 30], words: 100 };
  const [first, second] = deltas(authors, text);
  expect(first).toBeCloseTo((0 + 0.1 / Math.sqrt(0.02)) / 2, 12);
  expect(second).toBeCloseTo((0.2 + 0.1) / Math.sqrt(0.02) / 2, 12);
  expect(nearest([first ?? 0, second ?? 0])).toBe(0);
});

test("an author's own profile is at no distance", () => {
  const authors = [
    { counts: [3, 1, 7], words: 50 },
    { counts: [1, 9, 2], words: 40 },
  ];
  for (const [index, author] of authors.entries()) expect(deltas(authors, author)[index]).toBe(0);
});

test("authors who write alike are not told apart", () => {
  const author = { counts: [3, 1], words: 50 };
  expect(deltas([author, author], { counts: [5, 5], words: 50 })).toEqual([0, 0]);
  expect(nearest([0, 0])).toBeNull();
  expect(nearest([])).toBeNull();
});

test("profiles of different lists are refused", () => {
  expect(() => deltas([{ counts: [1], words: 1 }], { counts: [1, 2], words: 3 })).toThrow();
});
