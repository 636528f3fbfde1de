import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [
  [/papers: 40/, "papers: 24"],
  [/publications: 1000/, "publications: 300"],
  [/"64", "128", "256"\]/, '"64"]'],
];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("canary-trap", ...small), { seed }));
});

test("other names and another order of recipients change nothing of what marks tell", async () => {
  const path = await edited(
    "canary-trap",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    [/\[ada, r03\]/, "[r03, ada]"],
    ["The [delegation|mission] will", "Наша [делегация|миссия] will"],
    [/default: "16"/, 'default: "64"'],
  );
  const result = await run(path, { compare: false });
  expect(result.verdict).toBe("measured");
  expect(metricValue(result.baseline.metrics, "attrib.correct")).toBeGreaterThan(0.9);
});

test("without the marked copies nobody can be accused", async () => {
  const path = await edited(
    "canary-trap",
    ...small,
    [/ {4}- \{ id: copies[^\n]*\n/, ""],
    [/inputs: \[copies, printed\]/, "inputs: [printed]"],
  );
  await expect(run(path, { compare: false })).rejects.toMatchObject({ code: "not-found" });
});

test("the attack on the saved bundle finds the same again", async () => {
  const out = fresh();
  const first = await run(await edited("canary-trap", ...small), { compare: false, out });
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "canary-trap", bundle: `${out}/evidence` });
  expect(again).toEqual(first.baseline.findings);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  [
    "a channel of more than two",
    [["members: [ada, r02]", "members: [ada, r02, r03]"]],
    /world\.channels\.1\.members/,
  ],
  [
    "a sentence without variations",
    [["[delegation|mission] will [arrive|land]", "party will land"]],
    /world\.params\.sentences\.0/,
  ],
  ["more marks than there are places", [["papers: 40", "papers: 8"]], /world\.params\.papers/],
  ["a risk of one", [["epsilon: 0.01", "epsilon: 1"]], /attack\.params\.epsilon/],
  ["a leak that nobody stages", [["minority-2,", "guess-2,"]], /defences\.leak\.values\.4/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("canary-trap", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
