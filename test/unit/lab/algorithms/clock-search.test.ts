import { expect, test } from "vitest";
import { clockBits, searchClock } from "#client/lab/algorithms/clock-search.ts";
import { isTooLate } from "#client/lab/algorithms/mosca.ts";

const window = { untilMs: 1_000, windowMs: 100, triesMax: 1_000 };

test("the latest moment takes one try and the earliest as many as the window has", () => {
  expect(searchClock(window, (ms) => ms === 1_000)).toEqual({ atMs: 1_000, tries: 1 });
  expect(searchClock(window, (ms) => ms === 901)).toEqual({ atMs: 901, tries: 100 });
});

test("what lies outside of the window is not found, and no more is tried than may be", () => {
  expect(searchClock(window, (ms) => ms === 900)).toEqual({ atMs: null, tries: 100 });
  expect(searchClock(window, (ms) => ms === 1_001)).toEqual({ atMs: null, tries: 100 });
  const few = { ...window, triesMax: 10 };
  expect(searchClock(few, (ms) => ms === 990)).toEqual({ atMs: null, tries: 10 });
});

test("a minute has 15.9 bits and an hour 21.8", () => {
  expect(clockBits(60_000)).toBeCloseTo(15.87, 2);
  expect(clockBits(3_600_000)).toBeCloseTo(21.78, 2);
});

test("Mosca: it is late when secrecy and migration outlast the computer", () => {
  expect(isTooLate({ secrecy: 20, migration: 3, computer: 15 })).toBe(true);
  expect(isTooLate({ secrecy: 10, migration: 5, computer: 15 })).toBe(false);
});
