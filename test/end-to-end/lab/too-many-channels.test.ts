import { describe, expect, test } from "vitest";
import { metricValue, runAttack } from "#client/lab/door.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

describe("too-many-channels", () => {
  test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
    const result = await run(await edited("too-many-channels"), { seed });
    expectAllToHold(result);
    const value = (id: string) => metricValue(result.baseline.metrics, id) ?? 0;
    // Whoever steps back acts on an offer that a newer one has superseded.
    expect(value("stale.rate")).toBeGreaterThanOrEqual(value("regress.rate"));
  });

  test("other names and another pace change nothing of the lesson", async () => {
    const path = await edited(
      "too-many-channels",
      ["label: Slate", "label: Zaunkönig"],
      ["offers: 60, every: 12, delay: 6", "offers: 40, every: 30, delay: 20"],
    );
    expectAllToHold(await run(path));
  });

  test("without transcripts nothing is told", async () => {
    const path = await edited(
      "too-many-channels",
      ["kind: transcript", "kind: timing"],
      ["offers: 60", "offers: 10"],
    );
    const { baseline } = await run(path, { compare: false });
    expect(baseline.metrics.find(({ id }) => id === "regress.rate")?.of).toBe(0);
  });

  test("the attack on the saved bundle decides the same again", async () => {
    const out = fresh();
    const path = await edited("too-many-channels", ["offers: 60", "offers: 20"]);
    const first = await run(path, { compare: false, out });
    const again = await runAttack({ id: "too-many-channels", bundle: `${out}/evidence` });
    expect(again).toEqual(first.baseline.findings);
  });

  test.each<readonly [string, readonly Edit[], RegExp]>([
    [
      "a third capital",
      [["    - { id: bor", "    - { id: cai, label: Larch, role: x, side: x }\n    - { id: bor"]],
      /world\.actors/,
    ],
    ["one channel only", [["channels: 4,", "channels: 1,"]], /world\.params\.channels/],
    ["an unknown parameter", [["delay: 6 }", "delay: 6, wind: 1 }"]], /world\.params/],
    [
      "a chain that nobody knows",
      [['["off", signed]', '["off", sealed, signed]']],
      /defences\.chain\.values\.1/,
    ],
  ])("%s is refused at its place in the file", async (_, edits, place) => {
    const path = await edited("too-many-channels", ...edits);
    await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
  });
});
