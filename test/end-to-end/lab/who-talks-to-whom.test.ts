import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runAttack } from "#client/lab/door.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small = editsOf("who-talks-to-whom");

test("the log holds times, addresses and sizes of deliveries, and no sender and no mailbox", async () => {
  const out = fresh();
  const { baseline } = await run(await edited("who-talks-to-whom", ...small), {
    compare: false,
    out,
  });
  const text = await readFile(join(out, "evidence/relay/access.jsonl"), "utf8");
  const rows = text
    .trim()
    .split("\n")
    .map((row) => JSON.parse(row) as object);
  expect(rows.length).toBe(baseline.findings.counts.deliveries);
  expect(new Set(rows.map((row) => Object.keys(row).join()))).toEqual(
    new Set(["atMs,line,what,bytes"]),
  );
  // Evidence that somebody has changed is refused, not read.
  await writeFile(join(out, "evidence/relay/access.jsonl"), text.slice(0, -2));
  await expect(
    runAttack({ id: "who-talks-to-whom", bundle: `${out}/evidence` }),
  ).rejects.toMatchObject({ code: "integrity" });
});

test("the same seed gives the same crowd, with the product's receipts too, and another seed another", async () => {
  const scenario = await loadScenario({ path: await edited("who-talks-to-whom", ...small) });
  const rig = rigs.get("who-talks-to-whom");
  const settings = settingsOf(scenario, { receipts: "product" });
  const logOf = async (seed: number) => {
    const staged = await rig?.stage({ scenario, seed, settings, out: fresh() });
    return readFile(join(staged?.bundle ?? "", "relay/access.jsonl"), "utf8");
  };
  const first = await logOf(1);
  expect(first.length).toBeGreaterThan(10_000);
  expect(await logOf(1)).toBe(first);
  expect(await logOf(2)).not.toBe(first);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["a crowd of two", [["pairs: 12", "pairs: 1"]], /world\.params\.pairs/],
  ["an unknown parameter", [["hours: 6", "hours: 6, tor: yes"]], /world\.params/],
  ["an epoch of no length", [["epoch: 60", "epoch: 0"]], /attack\.params\.epoch/],
  [
    "a kind of receipt that nobody sends",
    [['immediate, "off", product', 'immediate, "off", carrier']],
    /defences\.receipts\.values\.2/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("who-talks-to-whom", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
