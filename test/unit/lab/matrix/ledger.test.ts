import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cell } from "#client/lab/matrix/cell.ts";
import { openLedger } from "#client/lab/matrix/ledger.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ledger-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const cell = (seed: number, change = ""): Cell => ({
  scenario: "x",
  file: "ab",
  change,
  seed,
  metrics: { "a.b": 0.5, "c.d": null },
  units: { "a.b": "share" },
  shares: { "a.b": [1, 2] },
  cost: { frames: 3 },
  broken: [],
  software: "backchannel 0.1.0, commit 0123456789ab",
});
const key = (seed: number, change = "") => ({ scenario: "x", file: "ab", change, seed });

test("what was measured is found again after the process has ended", async () => {
  const first = await openLedger(folder);
  await first.add(cell(1));
  await first.add(cell(2, "a=b"));
  const again = await openLedger(folder);
  expect(again.find(key(1))).toEqual(cell(1));
  expect(again.find(key(2, "a=b"))).toEqual(cell(2, "a=b"));
});

test("another seed, another defence or another text of the file is not found", async () => {
  const ledger = await openLedger(folder);
  await ledger.add(cell(1));
  expect(ledger.find(key(2))).toBeNull();
  expect(ledger.find(key(1, "a=b"))).toBeNull();
  expect(ledger.find({ ...key(1), file: "cd" })).toBeNull();
  expect(ledger.find({ ...key(1), scenario: "y" })).toBeNull();
});

test("a line that was cut off is measured again, and spoils neither its neighbours nor the next", async () => {
  const ledger = await openLedger(folder);
  await ledger.add(cell(1));
  await appendFile(ledger.path, JSON.stringify(cell(2)).slice(0, 40));
  const again = await openLedger(folder);
  expect(again.find(key(1))).toEqual(cell(1));
  expect(again.find(key(2))).toBeNull();
  await again.add(cell(3));
  const third = await openLedger(folder);
  expect(third.find(key(1))).toEqual(cell(1));
  expect(third.find(key(3))).toEqual(cell(3));
});

test("lines that are no measurements are left out", async () => {
  await writeFile(
    join(folder, "cells.jsonl"),
    `{"scenario":"x"}\nnonsense\n${JSON.stringify({ ...cell(1), more: 1 })}\n${JSON.stringify(cell(4))}\n`,
  );
  const ledger = await openLedger(folder);
  expect(ledger.find(key(1))).toBeNull();
  expect(ledger.find(key(4))).toEqual(cell(4));
  expect(await readFile(ledger.path, "utf8")).toContain("nonsense");
});
