import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [[/sessions: 4, messages: 10/, "sessions: 2, messages: 4"]];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("forged-excerpt", ...small), { seed }));
});

test("other names change nothing of what can be refuted", async () => {
  const path = await edited(
    "forged-excerpt",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    [/\[ada, bor, cai\]/, "[cai, ada, bor]"],
  );
  const result = await run(path, { compare: false });
  expect(result.verdict).toBe("measured");
  expect(metricValue(result.baseline.metrics, "commitment.caught")).toBe(1);
});

test("without commitments no line is refuted by them", async () => {
  const path = await edited(
    "forged-excerpt",
    ...small,
    [/ {4}- \{ id: commitments[^\n]*\n/, ""],
    [/inputs: \[excerpts, keys, commitments\]/, "inputs: [excerpts, keys]"],
  );
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "commitment.caught")).toBe(0);
  expect(metricValue(baseline.metrics, "signature.caught")).toBe(1);
});

test("the attack on the saved bundle finds the same again", async () => {
  const out = fresh();
  const first = await run(await edited("forged-excerpt", ...small), { compare: false, out });
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "forged-excerpt", bundle: `${out}/evidence` });
  expect(again).toEqual(first.baseline.findings);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["a talk in which nothing is said", [[/ {2}traffic: [^\n]*\n/, ""]], /world\.traffic/],
  ["a print that nobody sets", [["[verbatim, retyped]", "[verbatim, sung]"]], /defences\.print/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("forged-excerpt", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
