import { expect, test } from "vitest";
import {
  markReader,
  parseMarked,
  renderMarked,
  retype,
  reworded,
} from "#client/lab/algorithms/marked-text.ts";

function marked(source: string) {
  const parsed = parseMarked(source);
  if (parsed === null) throw new Error(`${source}: does not parse`);
  return parsed;
}

const paper = marked("We [need|require] 12[ |,]000 litres[zw] by [8.30|08:30].");

test("every word of variants is read back from the text that it makes", () => {
  for (let bits = 0; bits < 16; bits++) {
    const word = [0, 1, 2, 3].map((at) => ((bits >> at) & 1) as 0 | 1);
    expect(markReader(paper)(renderMarked(paper, word))).toEqual(word);
  }
});

test("a reworded place tells nothing, and the others go on to tell", () => {
  const text = renderMarked(paper, [null, 1, 0, null]);
  expect(text).toContain(reworded);
  expect(markReader(paper)(text)).toEqual([null, 1, 0, null]);
});

test("typing a text again loses what has no width, and reads as neither variant", () => {
  expect(markReader(paper)(retype(renderMarked(paper, [1, 1, 1, 1])))).toEqual([1, 1, null, 1]);
});

test("another text has no marks", () => {
  expect(markReader(paper)("We need nothing.")).toEqual([null, null, null, null]);
});

test("characters that a pattern would act upon are plain text", () => {
  const odd = marked("(a.b)* [yes|no] $1 + x?");
  expect(markReader(odd)("(a.b)* no $1 + x?")).toEqual([1]);
  expect(markReader(odd)("(acb)* no $1 + x?")).toEqual([null]);
});

test.each([
  ["three variants", "[a|b|c]"],
  ["one variant", "[a]"],
  ["equal variants", "[a|a]"],
  ["a bracket that does not close", "a [b|c"],
  ["two points that touch", "x [a|b][c|d] y"],
])("%s are refused", (_, source) => {
  expect(parseMarked(source)).toBeNull();
});
