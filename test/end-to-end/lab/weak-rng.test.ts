import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

const small = editsOf("weak-rng");

test("the weak device is named, whosever it is", async () => {
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

test.each<readonly [string, Edit, RegExp]>([
  ["no window", ["window: 4000", "window: 0"], /attack\.params\.window/],
  ["a talk of one line", [/lines:\n(.*\n){8}/, 'lines: ["Alone."]\n'], /world\.params\.lines/],
  ["a channel of one", ["[ada, bor] }\n  scope", "[ada] }\n  scope"], /world\.channels/],
])("%s is refused at its place in the file", async (_, edit, place) => {
  const path = await edited("weak-rng", edit);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
