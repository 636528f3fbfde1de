import { expect, test } from "vitest";
import { editsOf } from "./small-worlds.ts";
import { trials } from "./trial.ts";

const { edited, run } = trials();

test("the device is called what the member let it be called, and claims the epoch that it entered in", async () => {
  const path = await edited(
    "ghost-device",
    ...editsOf("ghost-device"),
    ["label: Heron,", "label: Zaunkönig,"],
    ["label: Heron tablet", "label: Zaunkönig 2"],
  );
  const { baseline } = await run(path, { compare: false });
  expect(baseline.facts["ghost.label"]).toBe("Zaunkönig 2");
  expect(baseline.facts["ghost.claimed"]).toBe(baseline.facts["ghost.entry"]);
});

test("a world without the device is refused at its place", async () => {
  const path = await edited("ghost-device", [/ {2}guest:\n( {4}[^\n]*\n){5}/, ""]);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: /world/ });
});
