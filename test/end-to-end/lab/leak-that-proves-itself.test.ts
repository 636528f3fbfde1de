import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [[/sessions: 4, messages: 10/, "sessions: 2, messages: 4"]];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("leak-that-proves-itself", ...small), { seed }));
});

test("other names change nothing of what a signature proves", async () => {
  const path = await edited(
    "leak-that-proves-itself",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    [/\[ada, bor, cai\]/, "[cai, ada, bor]"],
  );
  const result = await run(path, { compare: false });
  expect(result.verdict).toBe("measured");
  expect(metricValue(result.baseline.metrics, "deny.advantage")).toBe(1);
});

test("an outsider who knows nobody's key is convinced by nothing", async () => {
  const path = await edited(
    "leak-that-proves-itself",
    ...small,
    [/ {4}- \{ id: keys[^\n]*\n/, ""],
    [/inputs: \[excerpts, keys\]/, "inputs: [excerpts]"],
  );
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "deny.advantage")).toBe(0);
  expect(metricValue(baseline.metrics, "proof.genuine")).toBe(0);
});

test("the attack on the saved bundle finds the same again", async () => {
  const out = fresh();
  const path = await edited("leak-that-proves-itself", ...small);
  const first = await run(path, { compare: false, out });
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "leak-that-proves-itself", bundle: `${out}/evidence` });
  expect(again).toEqual(first.baseline.findings);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["a talk in which nothing is said", [[/ {2}traffic: [^\n]*\n/, ""]], /world\.traffic/],
  ["a release that nobody stages", [["[none, retired]", "[none, current]"]], /defences\.release/],
  [
    "an unknown parameter",
    [["  scope: main", "  scope: main\n  params: { x: 1 }"]],
    /world\.params/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("leak-that-proves-itself", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
