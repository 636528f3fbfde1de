import { expect, test } from "vitest";
import { metricValue } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, run } = trials();

const small: readonly Edit[] = [["minutes: 20", "minutes: 12"]];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("traffic-correlation", ...small), { seed }));
});

test("other names and another rhythm change nothing of what the lines tell", async () => {
  const path = await edited(
    "traffic-correlation",
    ...small,
    ["label: Heron", "label: Zaunkönig"],
    ["every: 90", "every: 70"],
  );
  const { baseline } = await run(path, { compare: false, seed: 11 });
  expect(metricValue(baseline.metrics, "link.p")).toBeLessThan(0.001);
});

test.each([
  ["capture", /kind: capture/],
  ["insider's times", /kind: timing/],
])("without the %s nobody is told from anybody", async (_, kind) => {
  const path = await edited("traffic-correlation", ...small, [kind, "kind: words"]);
  const { baseline } = await run(path, { compare: false });
  expect(metricValue(baseline.metrics, "link.p")).toBeGreaterThanOrEqual(0.001);
});

test("too few others make no rate at one in a hundred", async () => {
  const path = await edited("traffic-correlation", ["channels: 5", "channels: 2"]);
  const { baseline } = await run(path, { compare: false });
  const rate = baseline.metrics.find(({ id }) => id === "link.tpr_at_1pct");
  expect(rate?.value).toBe(null);
  expect(rate?.words).toMatch(/^too few/);
});
