import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Matrix, runMatrix, writeMatrixReport } from "#client/lab/door.ts";
import { trials } from "./trial.ts";

const { edited, fresh } = trials();

const small = () =>
  edited(
    "wrong-person",
    [/sessions: \d+/, "sessions: 3"],
    [/messages: \d+/, "messages: 3"],
    [/at: T\+\d+\n {4}noticed_by/, "at: T+61\n    noticed_by"],
  );

async function measure(path: string, out: string, seeds: number) {
  const progress: number[] = [];
  const matrix = await runMatrix({
    ...{ scenarios: [path], firstSeed: 1, seeds, out, workers: null },
    onProgress: (_done, _of, fresh) => progress.push(fresh),
  });
  return { matrix, fresh: progress.at(-1) ?? 0 };
}

const leakOf = ({ rows: [row] }: Matrix, change: string) => {
  const found = row?.defences.find((each) => Object.values(each.change).join() === change);
  return found?.effects.find(({ metric }) => metric === row?.leak);
};

test("pairs each defence with the baseline of the same seed, and goes on where it stopped", async () => {
  const path = await small();
  const out = fresh();
  const first = await measure(path, out, 1);
  // Controls, the baseline and four changes.
  expect(first.fresh).toBe(6);
  expect(first.matrix.rows[0]?.broken).toEqual([]);
  expect(leakOf(first.matrix, "two-person")).toMatchObject({ n: 1, with: 0, verdict: "too few" });
  expect(leakOf(first.matrix, "two-person")?.without).toBeGreaterThan(0);

  const second = await measure(path, out, 2);
  expect(second.fresh).toBe(5);
  const third = await measure(path, out, 2);
  expect(third.fresh).toBe(0);
  expect(third.matrix).toEqual(second.matrix);

  expect(JSON.parse(await readFile(join(out, "matrix.json"), "utf8"))).toEqual(third.matrix);

  await writeFile(path, `${await readFile(path, "utf8")}# another text\n`);
  expect((await measure(path, out, 1)).fresh).toBe(6);

  const report = await writeMatrixReport(third.matrix, out);
  const html = await readFile(report.html, "utf8");
  expect(html).toContain("two person both deceived");
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  const csv = (await readFile(report.csv, "utf8")).trim().split("\n");
  expect(csv[0]?.split(",")).toHaveLength(12);
  expect(csv.length).toBeGreaterThan(10);
});

test("a scenario that does not exist is named, and nothing is measured", async () => {
  const plan = { scenarios: ["none-such"], firstSeed: 1, seeds: 1, out: fresh(), workers: null };
  await expect(runMatrix(plan)).rejects.toMatchObject({ code: "not-found" });
});
