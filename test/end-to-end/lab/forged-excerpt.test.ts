import { expect, test } from "vitest";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["a talk in which nothing is said", [[/ {2}traffic: [^\n]*\n/, ""]], /world\.traffic/],
  ["a print that nobody sets", [["[verbatim, retyped]", "[verbatim, sung]"]], /defences\.print/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("forged-excerpt", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
