import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

test("every letter that was to be made is made, and only a commitment stops one", async () => {
  const path = await edited("two-faced-envoy", ...editsOf("two-faced-envoy"));
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "salamander.made")).toBe(12);
  expect(baseline.facts["check.stops"]).toBe("commitment");
});

test.each<readonly [string, Edit, RegExp]>([
  ["no letter", ["letters: 40", "letters: 0"], /world\.params\.letters/],
  [
    "a text too short to be told from junk",
    [/"They ACCEPT[^"]*"/, '"Yes."'],
    /world\.params\.readings/,
  ],
  [
    "a way of comparing that nobody knows",
    ["[nothing, file, text]", "[nothing, file, smell]"],
    /defences\.compare/,
  ],
])("%s is refused at its place in the file", async (_, edit, place) => {
  const path = await edited("two-faced-envoy", edit);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
