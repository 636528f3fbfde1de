import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [[/letters: 40/, "letters: 12"]];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  const path = await edited("two-faced-envoy", ...small);
  expectAllToHold(await run(path, { seed }));
});

test("other names, other texts and another seed change nothing", async () => {
  const path = await edited(
    "two-faced-envoy",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    [
      "They ACCEPT the text of the ceasefire as it stands.",
      "We take the northern road and you the other.",
    ],
  );
  const { baseline } = await run(path, { compare: false, seed: 77 });
  expect(metricValue(baseline.metrics, "letters.divergent")).toBe(1);
  expect(metricValue(baseline.metrics, "letters.honest")).toBe(1);
});

test.each([
  ["the readers' keys", "keys", "keystore", "[texts, sample]"],
  ["what is to be said", "texts", "words", "[keys, sample]"],
])("without %s there is no letter at all", async (_, id, kind, inputs) => {
  const path = await edited(
    "two-faced-envoy",
    ...small,
    [new RegExp(` {4}- \\{ id: ${id}, kind: ${kind}[^\\n]*\\n`), ""],
    [/inputs: \[keys, texts, sample\]/, `inputs: ${inputs}`],
  );
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "letters.divergent")).toBe(0);
  expect(metricValue(baseline.metrics, "letters.paraphrased")).toBe(0);
});

test("the attack on the saved bundle builds the same letters again", async () => {
  const out = fresh();
  const path = await edited("two-faced-envoy", ...small);
  const first = await run(path, { compare: false, out });
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "two-faced-envoy", bundle: `${out}/evidence` });
  expect(metricValue(first.baseline.metrics, "salamander.made")).toBe(12);
  expect(again).toEqual(first.baseline.findings);
  expect(first.baseline.facts["check.stops"]).toBe("commitment");
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
