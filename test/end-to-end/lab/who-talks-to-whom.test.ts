import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { chanceTail } from "#client/lab/statistics.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [
  [
    "pairs: 12, messages: 20, quick: 0.3, others: 6, hours: 6",
    "pairs: 6, messages: 14, quick: 0.3, others: 4, hours: 6",
  ],
];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("who-talks-to-whom", ...small), { seed }));
});

test("other names and another day change nothing of what receipts tell", async () => {
  const path = await edited(
    "who-talks-to-whom",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    ["quick: 0.3", "quick: 0.2"],
  );
  const { baseline } = await run(path, { compare: false, seed: 11 });
  const top = baseline.metrics.find(({ id }) => id === "ident.top1");
  expect(chanceTail(top?.hits ?? 0, top?.of ?? 0, top?.chance ?? 1)).toBeLessThan(0.001);
  expect(baseline.facts["correspondent.guess"]).toBe(baseline.facts["correspondent.line"]);
});

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
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "who-talks-to-whom", bundle: `${out}/evidence` });
  expect(again).toEqual(baseline.findings);
  // Evidence that somebody has changed is refused, not read.
  await writeFile(join(out, "evidence/relay/access.jsonl"), text.slice(0, -2));
  await expect(
    runAttack({ id: "who-talks-to-whom", bundle: `${out}/evidence` }),
  ).rejects.toMatchObject({ code: "integrity" });
});

test("without the log nobody is named", async () => {
  const path = await edited("who-talks-to-whom", ...small, [/kind: access-log/, "kind: words"]);
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "ident.top1")).toBe(0);
  expect(metricValue(baseline.metrics, "ident.n95")).toBe(null);
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
