import { expect, test } from "vitest";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

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
