import { expect, test } from "vitest";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["an answerer outside the channel", [["answers: bor", "answers: eve"]], /world\.params\.answers/],
  ["nothing left to guess", [["published: 60", "published: 200"]], /world\.params\.published/],
  ["an unknown parameter", [["published: 60", "published: 60\n    hint: yes"]], /world\.params/],
  ["a padding that nobody knows", [["256-padme, ", "257, "]], /defences\.padding\.values\.4/],
  ["no number of rounds", [["params: { rounds: 200 }", "params: {}"]], /attack\.params\.rounds/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("yes-or-no", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
