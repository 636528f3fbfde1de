import { expect, test } from "vitest";
import { coverable, widthsIn } from "#client/lab/algorithms/redaction.ts";
import { readPage } from "#client/lab/attacks/published-page.ts";
import { readPicture } from "#client/lab/attacks/published-picture.ts";
import { exportMinutes, removeName } from "#client/lab/rigs/minutes-page.ts";
import { minutesParams, namesOf } from "#client/lab/rigs/minutes-stage.ts";
import { type BoxKind, drawTalk, redactTalk, splitAtNames } from "#client/lab/rigs/minutes-text.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { seeded } from "#client/lab/seeded.ts";
import { chanceTail } from "#client/lab/statistics.ts";
import { coverName } from "#client/lab/weak/covering-exporter.ts";

const scenario = await loadScenario({ id: "photo-and-redaction" });
const { sentences } = minutesParams.parse(scenario.world.params);
const names = namesOf(scenario);
const candidates = Object.values(names).flat().sort();
const widths = candidates.map(widthsIn("Helvetica", 11));

const minutesOf = (seed: number, boxes: BoxKind, isPseudonymous = false) => {
  const talk = drawTalk({ seed, names, sentences, count: 24, speakers: ["ada", "bor"] });
  const said = talk.map(({ from, text }) => ({ speaker: from, text }));
  return redactTalk(said, { names, boxes, isPseudonymous });
};

/** Boxes of 200 talks, and how many the best guess by width gets right. */
function guess(boxes: BoxKind): { hits: number; of: number } {
  let [hits, of] = [0, 0];
  for (let seed = 1; seed <= 200; seed++) {
    const { items, hidden } = minutesOf(seed, boxes);
    const spans = items.flatMap((item) => item.spans);
    const drawn = spans.flatMap((span) => (span.kind === "name" ? [span.boxPt] : []));
    const choices = seeded("guesses", seed);
    coverable(drawn, widths).forEach((fits, at) => {
      if (candidates[choices.pick(fits)] === hidden[at]) hits++;
    });
    of += drawn.length;
  }
  return { hits, of };
}

test("boxes of one width leave chance, and boxes as wide as their names most of them", () => {
  const fixed = guess("fixed");
  expect(fixed.of).toBeGreaterThan(5_000);
  expect(chanceTail(fixed.hits, fixed.of, 1 / candidates.length)).toBeGreaterThan(0.001);
  const text = guess("text");
  expect(text.hits / text.of).toBeGreaterThan(0.7);
});

test("pseudonyms name the same person alike, and nobody by name", () => {
  const { items, said, hidden } = minutesOf(3, "text", true);
  const page = items.flatMap(({ spans }) => spans.map(({ text }) => text)).join("");
  expect(hidden).toEqual([]);
  expect(said.filter((name) => page.includes(name))).toEqual([]);
  expect(page).toMatch(/Person 1\b/);
  expect(new Set(page.match(/(Person|Place|Date) \d+/g)).size).toBe(said.length);
});

test("the longest name wins where one begins another", () => {
  expect(splitAtNames("On 3 March, not 3 Marches.", ["3 March", "3 Marches"])).toEqual([
    { text: "On ", isName: false },
    { text: "3 March", isName: true },
    { text: ", not ", isName: false },
    { text: "3 Marches", isName: true },
    { text: ".", isName: false },
  ]);
});

test("each box is found where it was drawn, and only the weak exporter leaves a text under it", async () => {
  const { items, hidden } = minutesOf(7, "text");
  const minutes = { title: "Minutes", reference: "Paper 1", heading: "Said", items };
  const covered = await readPage(await exportMinutes(minutes, coverName));
  expect(covered.boxes.map(({ text }) => text)).toEqual(hidden);
  expect(covered.type).toEqual({ font: "Helvetica", sizePt: 11 });
  const removed = await readPage(await exportMinutes(minutes, removeName));
  expect(removed.boxes.map(({ width }) => width)).toEqual(covered.boxes.map(({ width }) => width));
  expect(removed.boxes.every(({ text }) => text === null)).toBe(true);
  expect(hidden.filter((name) => removed.text.includes(name))).toEqual([]);
});

test("what is no document and no picture is refused", async () => {
  await expect(readPage(new Uint8Array(100))).rejects.toMatchObject({ code: "malformed" });
  await expect(readPicture(new Uint8Array(100))).rejects.toMatchObject({ code: "malformed" });
});
