import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { replayRun, writeReport } from "#client/lab/door.ts";
import { trials } from "./trial.ts";

const { edited, fresh, run } = trials();

let folder: string;
beforeAll(async () => {
  const path = await edited(
    "stolen-device",
    [/sessions: \d+/, "sessions: 3"],
    [/messages: \d+/, "messages: 3"],
    [/\[ada, bor, cai, dov, eli, fay\]/, "[ada, bor, cai]"],
    [/at: T\+245/, "at: T+62"],
    [/T\+425/, "T+121"],
    [/from: T\+243/, "from: T+60"],
    [/by: ada, at: T\+244/, "by: ada, at: T+61"],
    [/until: T\+247/, "until: T+63"],
    [/ {2}- \{ when: \{ (?!victim)[^\n]*\n/g, ""],
  );
  const out = fresh();
  await writeReport(await run(path, { out }), out);
  // A report is read elsewhere than where it was written.
  folder = fresh();
  await rename(out, folder);
});

const report = () => join(folder, "report.json");

async function altered<T>(path: string, change: (text: string) => string, act: () => Promise<T>) {
  const before = await readFile(path);
  await writeFile(path, change(before.toString("utf8")));
  try {
    return await act();
  } finally {
    await writeFile(path, before);
  }
}

describe("a replay of a run", () => {
  test("brings every number of its report out again, of the baseline and of each defence", async () => {
    const replayed = await replayRun(folder);
    expect(replayed.same).toBe(true);
    expect(replayed.numbers.filter(({ same }) => !same)).toEqual([]);
    const runs = new Set(replayed.numbers.map((number) => number.run));
    expect(runs.size).toBeGreaterThan(1);
    expect(runs).toContain("");
    expect(
      replayed.numbers.find(({ name }) => name === "recovered.fraction")?.recorded,
    ).not.toBeNull();
  });

  test("finds a number that was written into the report by hand", async () => {
    const forge = (text: string) => {
      const parsed = JSON.parse(text);
      parsed.baseline.metrics[0].value = 0.125;
      return JSON.stringify(parsed);
    };
    const replayed = await altered(report(), forge, () => replayRun(folder));
    expect(replayed.same).toBe(false);
    const [wrong] = replayed.numbers.filter(({ same }) => !same);
    expect(wrong).toMatchObject({ run: "", recorded: 0.125, isSpeed: false });
  });

  test("finds evidence that is not what was reported", async () => {
    const file = join(folder, "evidence", "manifest.json");
    const change = (text: string) =>
      text.replace(/"sha256": "(.)/, (_, first) => `"sha256": "${first === "0" ? "1" : "0"}`);
    const act = () => replayRun(folder);
    await expect(altered(file, change, act)).rejects.toMatchObject({ code: "integrity" });
  });

  test("reads no evidence outside of the run's folder", async () => {
    const outside = (text: string) => {
      const parsed = JSON.parse(text);
      parsed.baseline.bundle = join(parsed.out, "..", "..", "etc");
      return JSON.stringify(parsed);
    };
    const act = () => replayRun(folder);
    await expect(altered(report(), outside, act)).rejects.toMatchObject({ code: "malformed" });
  });

  test.each(["{", "{}", '{"type":"lab-run"}'])("refuses a report that reads %s", async (text) => {
    const act = () => replayRun(folder);
    await expect(altered(report(), () => text, act)).rejects.toMatchObject({ code: "malformed" });
  });

  test("says what is missing: the report, or the ground truth", async () => {
    await expect(replayRun(fresh())).rejects.toMatchObject({ code: "not-found" });
    const truth = join(folder, "truth.json");
    const kept = await readFile(truth);
    await rm(truth);
    await expect(replayRun(folder)).rejects.toMatchObject({
      code: "not-found",
      message: /ground truth/,
    });
    await writeFile(truth, kept);
  });
});
