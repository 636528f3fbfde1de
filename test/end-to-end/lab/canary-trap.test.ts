import { expect, test } from "vitest";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { canaryTrap } from "#client/lab/rigs/canary-trap.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

test("of a thousand publications so few accuse an innocent that fewer than one in a hundred do, with 95 % confidence", async () => {
  const [papers, , marks] = editsOf("canary-trap");
  const path = await edited("canary-trap", papers as Edit, marks as Edit);
  const scenario = await loadScenario({ path });
  const leaks = ["verbatim", "paraphrased", "minority-2"].map((leak) => ({ marks: "64", leak }));
  for (const change of [{}, { marks: "8" }, ...leaks]) {
    const settings = settingsOf(scenario, change);
    const { metrics } = await stageAndAttack(canaryTrap, {
      scenario,
      seed: 4,
      settings,
      out: fresh(),
    });
    const accused = metrics.find(({ id }) => id === "attrib.false");
    expect(accused?.of).toBe(1000);
    // Wilson's upper bound: three wrong ones of a thousand are the most that pass.
    expect(accused?.interval?.[1]).toBeLessThan(0.01);
  }
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
