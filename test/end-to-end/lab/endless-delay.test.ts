import { expect, test } from "vitest";
import { metricValue, runAttack } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [["letters: 24", "letters: 12"]];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("endless-delay", ...small), { seed }));
});

test("other names, another pace and another seed are told as well", async () => {
  const path = await edited(
    "endless-delay",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    ["every: 60, delay: 5", "every: 40, delay: 3"],
    ['values: ["off", slots]\n    default: "off"', 'values: ["off", slots]\n    default: slots'],
  );
  const out = fresh();
  const { baseline } = await run(path, { compare: false, seed: 7, out });
  expect(metricValue(baseline.metrics, "suppressed.recall")).toBe(1);
  const again = await runAttack({ id: "endless-delay", bundle: `${out}/evidence` });
  expect(again).toEqual(baseline.findings);
});

test("without the timing log nothing is named", async () => {
  const path = await edited("endless-delay", ...small, ["kind: timing", "kind: words"]);
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "suppressed.recall")).toBe(0);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["no letters", [["letters: 24", "letters: 0"]], /world\.params\.letters/],
  [
    "an alarm before anything is missing",
    [["missing: 4", "missing: 0"]],
    /attack\.params\.missing/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("endless-delay", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
