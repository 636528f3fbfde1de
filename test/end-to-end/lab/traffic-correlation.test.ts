import { expect, test } from "vitest";
import { trials } from "./trial.ts";

const { edited, run } = trials();

test("too few others make no rate at one in a hundred", async () => {
  const path = await edited("traffic-correlation", ["channels: 5", "channels: 2"]);
  const { baseline } = await run(path, { compare: false });
  const rate = baseline.metrics.find(({ id }) => id === "link.tpr_at_1pct");
  expect(rate?.value).toBe(null);
  expect(rate?.words).toMatch(/^too few/);
});
