import { expect, test } from "vitest";
import {
  boxWidths,
  coverable,
  fitting,
  guessedShare,
  ruleOf,
  widthsIn,
} from "#client/lab/algorithms/redaction.ts";

test("a text is as wide as Adobe's metrics say", () => {
  // Courier: every glyph is 600 thousandths. Helvetica: H 722, i 222.
  expect(widthsIn("Courier", 10)("Heron")).toBeCloseTo(5 * 6, 9);
  expect(widthsIn("Helvetica", 1000)("i")).toBeCloseTo(222, 9);
  expect(widthsIn("Helvetica", 1000)("H")).toBeCloseTo(722, 9);
});

test("a box fits its own name, and every other of the same width", () => {
  const widths = [10, 12.5, 10, 31];
  expect(fitting(10, widths)).toEqual([0, 2]);
  expect(fitting(31, widths)).toEqual([3]);
  expect(fitting(20, widths)).toEqual([]);
});

test("boxes of one width leave no more than chance, others no less", () => {
  const widths = [10, 12.5, 10, 31];
  expect(guessedShare(boxWidths(widths, { gridPt: 0, isFixed: true }))).toBe(1 / 4);
  expect(guessedShare(boxWidths(widths, { gridPt: 0, isFixed: false }))).toBe(3 / 4);
  expect(guessedShare(boxWidths(widths, { gridPt: 100, isFixed: false }))).toBe(1 / 4);
  expect(guessedShare([])).toBe(0);
});

test("a box on a grid is never narrower than its text", () => {
  const widths = [0.1, 5.9, 6, 6.1];
  expect(boxWidths(widths, { gridPt: 6, isFixed: false })).toEqual([6, 6, 6, 12]);
});

test("the rule of a document's boxes shows in their widths", () => {
  expect(ruleOf([31.24, 50.1, 44.77])).toEqual({ isFixed: false, gridPt: 0 });
  expect(ruleOf([72, 48, 96])).toEqual({ isFixed: false, gridPt: 24 });
  expect(ruleOf([88.1, 88.1, 88.1])).toEqual({ isFixed: true, gridPt: 0 });
  // Two names of one width are no rule.
  expect(ruleOf([31.24, 31.24])).toEqual({ isFixed: false, gridPt: 0 });
});

test("a box can cover every candidate whose own box would be as wide, by the document's rule", () => {
  const candidates = [10.3, 12.5, 10.3, 31.7];
  expect(coverable([12.5, 10.3, 99.1], candidates)).toEqual([[1], [0, 2], []]);
  expect(coverable([24, 48, 24], candidates)).toEqual([[0, 1, 2], [3], [0, 1, 2]]);
  expect(coverable([12.5, 12.5, 12.5], candidates)).toEqual([
    [0, 1, 2],
    [0, 1, 2],
    [0, 1, 2],
  ]);
});
