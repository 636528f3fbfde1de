import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [["people: 6, every: 20", "people: 5, every: 30"]];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("awake-at-three", ...small), { seed }));
});

test("another night and other devices are told from each other as well", async () => {
  const path = await edited(
    "awake-at-three",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    ["night: [6, 8], awake: 1.5, asleep: 40", "night: [5, 6], awake: 0.8, asleep: 20"],
  );
  const out = fresh();
  const { baseline } = await run(path, { compare: false, seed: 7, out });
  expect(metricValue(baseline.metrics, "sleep.accuracy")).toBeGreaterThan(0.85);
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "awake-at-three", bundle: `${out}/evidence` });
  expect(again).toEqual(baseline.findings);
});

test("devices that sleep no deeper than they wake tell nothing", async () => {
  const path = await edited("awake-at-three", ...small, ["asleep: 40", "asleep: 1.5"]);
  const { baseline } = await run(path, { compare: false, seed: 5 });
  expect(metricValue(baseline.metrics, "sleep.p")).toBeGreaterThanOrEqual(0.001);
});

test("without the probes nobody's night is told", async () => {
  const path = await edited("awake-at-three", ...small, ["kind: timing", "kind: words"]);
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "sleep.accuracy")).toBe(0.5);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["nobody to probe", [["people: 6", "people: 0"]], /world\.params\.people/],
  ["a night longer than the day", [["night: [6, 8]", "night: [6, 30]"]], /world\.params\.night/],
  ["an unknown parameter", [["least: 4", "least: 4, most: 9"]], /attack\.params/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("awake-at-three", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
