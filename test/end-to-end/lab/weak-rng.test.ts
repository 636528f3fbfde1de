import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [
  [/window: 4000/, "window: 500"],
  [/trials: 12000/, "trials: 1500"],
  [/than: 4000/, "than: 500"],
];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("weak-rng", ...small), { seed }));
});

test("other names, other words and another founder change nothing", async () => {
  const path = await edited(
    "weak-rng",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    [/\[ada, bor\]/, "[bor, ada]"],
    [/"The phones are[^"]*"/, '"Die Telefone sind ein Geschenk."'],
  );
  const { baseline } = await run(path, { compare: false, seed: 9 });
  expect(metricValue(baseline.metrics, "recovered.fraction")).toBe(1);
  expect(baseline.facts["weak.device"]).toBe("Zaunkönig");
});

test.each([
  ["the relay's disk", "db", "relay-db", "[log, maker]"],
  ["the log of times", "log", "access-log", "[db, maker]"],
  ["what the maker knows", "maker", "words", "[db, log]"],
])("without %s nothing is read", async (_, id, kind, inputs) => {
  const path = await edited(
    "weak-rng",
    ...small,
    [new RegExp(` {4}- \\{ id: ${id}, kind: ${kind}[^\\n]*\\n`), ""],
    [/inputs: \[db, log, maker\]/, `inputs: ${inputs}`],
  );
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "recovered.fraction")).toBe(0);
});

test("the attack on the saved bundle finds the same again", async () => {
  const out = fresh();
  const first = await run(await edited("weak-rng", ...small), { compare: false, out });
  const { runAttack } = await import("#client/lab/door.ts");
  const again = await runAttack({ id: "weak-rng", bundle: `${out}/evidence` });
  expect(again).toEqual(first.baseline.findings);
});

test.each<readonly [string, Edit, RegExp]>([
  ["no window", ["window: 4000", "window: 0"], /attack\.params\.window/],
  ["a talk of one line", [/lines:\n(.*\n){8}/, 'lines: ["Alone."]\n'], /world\.params\.lines/],
  ["a channel of one", ["[ada, bor] }\n  scope", "[ada] }\n  scope"], /world\.channels/],
])("%s is refused at its place in the file", async (_, edit, place) => {
  const path = await edited("weak-rng", edit);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
