import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

const small = editsOf("awake-at-three");

test("devices that sleep no deeper than they wake tell nothing", async () => {
  const path = await edited("awake-at-three", ...small, ["asleep: 40", "asleep: 1.5"]);
  const { baseline } = await run(path, { compare: false, seed: 5 });
  expect(metricValue(baseline.metrics, "sleep.p")).toBeGreaterThanOrEqual(0.001);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["nobody to probe", [["people: 6", "people: 0"]], /world\.params\.people/],
  ["a night longer than the day", [["night: [6, 8]", "night: [6, 30]"]], /world\.params\.night/],
  ["an unknown parameter", [["least: 4", "least: 4, most: 9"]], /attack\.params/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("awake-at-three", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
