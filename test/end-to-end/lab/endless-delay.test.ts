import { expect, test } from "vitest";
import { stillOut } from "#client/lab/algorithms/heartbeats.ts";
import { delayClaims } from "#client/lab/attacks/endless-delay.ts";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { controlLevel } from "#client/lab/rigs/chance-control.ts";
import { endlessDelay } from "#client/lab/rigs/endless-delay.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { chanceTail } from "#client/lab/statistics.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

test("on a clean line with a heavy tail alarms for nothing come no oftener than computed, and far oftener than without", async () => {
  const path = await edited(
    "endless-delay",
    ["suppress: 3, last: true", "suppress: 0, last: false"],
    ['values: ["off", slots]\n    default: "off"', 'values: ["off", slots]\n    default: slots'],
    ["default: exponential", "default: heavy"],
  );
  const { baseline } = await run(path, { compare: false, seed: 5 });
  const { suppressed } = delayClaims.parse(baseline.findings.claims);
  const frames = Number(baseline.facts["frames.carried"]);
  const line = { every: 10, missing: 4, delay: 5 };
  expect(frames).toBeGreaterThan(100);
  expect(chanceTail(suppressed.length, frames, stillOut({ ...line, sigma: 1.5 }))).toBeGreaterThan(
    controlLevel,
  );
  expect(chanceTail(suppressed.length, frames, stillOut(line))).toBeLessThan(controlLevel);
  const rate = baseline.metrics.find(({ id }) => id === "alarm.false_per_day");
  const [low, high] = rate?.interval ?? [0, 0];
  expect(low).toBeLessThan(rate?.value ?? 0);
  expect(high).toBeGreaterThan(rate?.value ?? 0);
});

test("nobody can tell that the last letter was swallowed, but heartbeats and a second relay can", async () => {
  const path = await edited("endless-delay", ...editsOf("endless-delay"));
  const scenario = await loadScenario({ path });
  const told = async (defences: Record<string, string>) => {
    const settings = settingsOf(scenario, defences);
    const plan = { scenario, seed: 6, settings, out: fresh() };
    const baseline = await stageAndAttack(endlessDelay, plan);
    return [baseline.facts["last.told_by"], baseline.facts["blind.after"]];
  };
  const [nobody, blindAfter] = await told({});
  expect(nobody).toBe("nobody");
  expect(blindAfter).toBeGreaterThan(8);
  expect(await told({ heartbeat: "slots" })).toEqual(["heartbeats or gaps", null]);
  expect(await told({ relays: "two" })).toEqual(["the second relay", null]);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["no letters", [["letters: 24", "letters: 0"]], /world\.params\.letters/],
  ["a tail without width", [["sigma: 1.5", "sigma: 0"]], /world\.params\.sigma/],
  [
    "an alarm before anything is missing",
    [["missing: 4", "missing: 0"]],
    /attack\.params\.missing/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("endless-delay", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
