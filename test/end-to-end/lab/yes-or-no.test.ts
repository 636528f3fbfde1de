import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { chanceTail } from "#client/lab/statistics.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [
  [/rounds: 200/, "rounds: 90"],
  [/published: 60/, "published: 30"],
];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("yes-or-no", ...small), { seed }));
});

test("other names and other drafts change nothing of what sizes tell", async () => {
  const path = await edited(
    "yes-or-no",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    [/\[ada, bor\]/, "[bor, ada]"],
    ['- "Accepted."', '- "Да, согласны."'],
    ['- "Ask us again on Friday."', '- "Bitte fragt am Freitag noch einmal nach."'],
  );
  const result = await run(path, { compare: false });
  expect(metricValue(result.baseline.metrics, "guess.accuracy")).toBeGreaterThan(0.5);
  expect(result.verdict).toBe("measured");
});

test("without what was published the sizes have no key: no better than chance", async () => {
  const path = await edited(
    "yes-or-no",
    ...small,
    [/ {4}- \{ id: minutes[^\n]*\n/, ""],
    [/inputs: \[db, drafts, minutes\]/, "inputs: [db, drafts]"],
  );
  const { baseline } = await run(path, { compare: false, seed: 4 });
  const [accuracy] = baseline.metrics;
  expect(accuracy?.of).toBeGreaterThan(0);
  expect(chanceTail(accuracy?.hits ?? 0, accuracy?.of ?? 0, 1 / 40)).toBeGreaterThanOrEqual(0.001);
});

test("the attack on the saved bundle finds the same again", async () => {
  const path = await edited("yes-or-no", ...small);
  const out = fresh();
  const first = await run(path, { compare: false, out });
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "yes-or-no", bundle: `${out}/evidence` });
  expect(again).toEqual(first.baseline.findings);
});

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
