import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, run } = trials();

const small: readonly Edit[] = [
  // Something must be said behind the session in which the device is found.
  ["sessions: 6", "sessions: 4"],
  ["messages: 8", "messages: 3"],
  ["at: T+700", "at: T+300"],
  ["at: T+722", "at: T+362"],
];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("ghost-device", ...small), { seed }));
});

test("under other names the device reads as much, from the same epoch on", async () => {
  const path = await edited("ghost-device", ...small);
  const other = await edited(
    "ghost-device",
    ...small,
    ["label: Heron,", "label: Zaunkönig,"],
    ["label: Heron tablet", "label: Zaunkönig 2"],
  );
  const [first, second] = [
    await run(path, { compare: false }),
    await run(other, { compare: false }),
  ];
  for (const id of ["dwell.messages", "ghost.entry", "recovered.fraction"]) {
    expect(metricValue(second.baseline.metrics, id)).toBe(metricValue(first.baseline.metrics, id));
  }
  expect(second.baseline.facts["ghost.label"]).toBe("Zaunkönig 2");
  expect(second.baseline.facts["ghost.claimed"]).toBe(second.baseline.facts["ghost.entry"]);
});

test("without its own vault the database alone opens nothing", async () => {
  const path = await edited(
    "ghost-device",
    ...small,
    [/ {4}- \{ id: own[^\n]*\n/, ""],
    ["inputs: [own, db]", "inputs: [db]"],
  );
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "recovered.fraction")).toBe(0);
});

test("a world without the device is refused at its place", async () => {
  const path = await edited("ghost-device", [/ {2}guest:\n( {4}[^\n]*\n){5}/, ""]);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: /world/ });
});
