import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cardsPage, deckFrom, sourceText } from "#client/lab/cards/door.ts";
import { rollsOf } from "#client/lab/cards/roll.ts";
import type { Cell } from "#client/lab/matrix/cell.ts";

const source = new URL("../../../../client/lab/scenarios/stolen-device.yaml", import.meta.url);

describe("a roll table", () => {
  const text = (value: number | null) => (value === null ? "not reached" : String(value));

  test("gives each outcome the width of its share", () => {
    const rolls = rollsOf([0, 0, 0, 0.5, null], text);
    expect(rolls).toEqual([
      { from: 1, to: 60, outcome: "0", count: 3 },
      { from: 61, to: 80, outcome: "0.5", count: 1 },
      { from: 81, to: 100, outcome: "not reached", count: 1 },
    ]);
  });

  test("keeps equal outcomes in one row, and what was not reached apart", () => {
    const values = [...Array.from({ length: 12 }, (_, at) => at), 11, 11, 11, null];
    const rolls = rollsOf(values, text);
    expect(rolls.length).toBeLessThanOrEqual(6);
    expect(rolls.at(-1)).toMatchObject({ outcome: "not reached", count: 1 });
    expect(rolls.filter(({ outcome }) => /\b11$/.test(outcome))).toHaveLength(1);
  });

  test("covers every roll once, and counts every world once, whatever was measured", () => {
    const outcome = fc.option(fc.integer({ min: 0, max: 9 }), { nil: null });
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 60 }), (values) => {
        const rolls = rollsOf(values, text);
        expect(rolls[0]?.from).toBe(1);
        expect(rolls.at(-1)?.to).toBe(100);
        rolls.slice(1).forEach(({ from }, at) => {
          expect(from).toBe((rolls[at]?.to ?? 0) + 1);
        });
        expect(rolls.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
      }),
    );
  });
});

let folder: string;
let scenario: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cards-"));
  scenario = join(folder, "s.yaml");
  const text = (await readFile(source, "utf8")).replace(
    "The envoy's phone is taken at the airport",
    '"<script>alert(1)</script> <img src=x onerror=alert(1)>"',
  );
  await writeFile(scenario, text);
  file = createHash("sha256").update(text).digest("hex");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const cell = (change: string, seed: number, leak: number, more: Partial<Cell> = {}): Cell => ({
  ...{ scenario: "stolen-device", file, change, seed, broken: [] },
  metrics: { "recovered.fraction": leak, "recovered.past": leak / 2 },
  units: { "recovered.fraction": "share", "recovered.past": "share" },
  shares: {},
  cost: { commits: change === "" ? 0 : 2 },
  software: "backchannel 0.1.0, commit 0123456789ab",
  ...more,
});
const controls = () => cell("controls", 1, 0, { metrics: {}, units: {}, cost: {} });
const seeds = [1, 2, 3, 4, 5, 6];
const cells = () => [
  controls(),
  ...seeds.map((seed) => cell("", seed, 1)),
  ...seeds.map((seed) => cell("removal=after-theft", seed, seed < 6 ? 0.25 : 0.5)),
];

async function ledger(name: string, rows: readonly Cell[]): Promise<string> {
  const place = await mkdtemp(join(folder, `${name}-`));
  await writeFile(
    join(place, "cells.jsonl"),
    rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
  );
  return place;
}

describe("a deck", () => {
  test("holds the measured effect, interval, price and rolls of each choice", async () => {
    const deck = await deckFrom(scenario, await ledger("whole", cells()));
    expect(deck.cards.map(({ name }) => name)).toEqual(["as it is", "removal: after theft"]);
    const [asItIs, removal] = deck.cards;
    expect(asItIs).toMatchObject({ value: "100%", rolls: [] });
    expect(asItIs?.sure).toMatch(/in each of 6 worlds; at least 6\d of 100/);
    expect(removal).toMatchObject({ value: "29.2%", price: "+2 commits", verdict: "less leaks" });
    expect(removal?.effect).toMatch(/^−0\.708 \(−0\.75 to −0\.[56]\d*\), 6 worlds$/);
    expect(removal?.rolls.map(({ from, to, outcome }) => [from, to, outcome])).toEqual([
      [1, 83, "25%"],
      [84, 100, "50%"],
    ]);
  });

  test("says where its numbers come from, and which questions need the evidence", async () => {
    const deck = await deckFrom(scenario, await ledger("whole", cells()));
    expect(sourceText(deck)).toMatch(/6 seeds, 1 to 6 · backchannel 0\.1\.0, commit 0123456789ab$/);
    expect(deck.questions.find(({ question }) => question.id === "guess")?.measured).toBe(
      "100% (100% to 100% in 6 worlds)",
    );
    expect(deck.leftOut).toContain("secret");
    expect(deck.leftOut).toContain("healer");
  });

  test("prints as pages in which a scenario's words are words", async () => {
    const page = cardsPage(await deckFrom(scenario, await ledger("whole", cells())));
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain("default-src 'none'");
    for (const words of ["84–100", "less leaks", "Heron has his telephone back", "+2 commits"]) {
      expect(page).toContain(words);
    }
    expect(page).not.toContain("Run: backchannel");
  });

  test.each<readonly [string, () => Cell[], string]>([
    ["another version", () => [cell("", 1, 1, { file: "00".repeat(32) })], "not-found"],
    ["another scenario", () => [cell("", 1, 1, { scenario: "yes-or-no" })], "not-found"],
    ["no control", () => cells().slice(1), "integrity"],
    [
      "a broken control",
      () => [{ ...controls(), broken: ["plain"] }, ...cells().slice(1)],
      "integrity",
    ],
  ])("refuses a ledger of %s", async (_, rows, code) => {
    const place = await ledger("bad", rows());
    await expect(deckFrom(scenario, place)).rejects.toMatchObject({ code });
  });

  test.each([
    ["nothing", null],
    ["a run of another file", { type: "lab-run", scenario: "stolen-device", file: "00" }],
  ])("refuses a folder that holds %s", async (_, report) => {
    const place = await mkdtemp(join(folder, "run-"));
    if (report !== null) await writeFile(join(place, "report.json"), JSON.stringify(report));
    await expect(deckFrom(scenario, place)).rejects.toMatchObject({ code: "not-found" });
  });
});
