import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { harvestClaims } from "#client/lab/attacks/harvest-now.ts";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { metricValue, runAttack } from "#client/lab/door.ts";
import type { ScoredRun } from "#client/lab/result.ts";
import { harvestNow } from "#client/lab/rigs/harvest-now.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { type Settings, settingsOf } from "#client/lab/settings.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

/** The attack on the whole recording alone. */
const once: Edit = ["thinned: [50, 70, 80, 90, 95, 99]", "thinned: []"];

/** One world, attacked, without controls. */
async function attacked(
  settings: Settings,
  seed = 1,
  ...edits: readonly Edit[]
): Promise<ScoredRun> {
  const scenario = await loadScenario({ path: await edited("harvest-now", ...edits) });
  return await stageAndAttack(harvestNow, {
    ...{ scenario, seed, out: fresh() },
    settings: settingsOf(scenario, settings),
  });
}

function barsOf({ figures }: ScoredRun) {
  const [figure] = figures;
  return figure?.kind === "bars" ? figure.bars : [];
}

test("the step is where the suite was changed, and has its price", async () => {
  const stepped = await attacked({});
  expect(barsOf(stepped).map(({ value }) => value)).toEqual([1, 1, 1, 1, 0, 0]);
  expect(barsOf(stepped).map(({ name }) => name.slice(2))).toEqual([
    ...["X25519", "X25519", "X25519", "X25519"],
    ...["X-Wing", "X-Wing"],
  ]);
  expect(stepped.facts["secret.from"]).toBe(5);
  const bytes = (id: string) => metricValue(stepped.metrics, id) ?? 0;
  // Of three: a new leaf and one or two nodes above (1,184 octets more each), two encapsulations (1,088).
  const grown = bytes("rotation.xwing") - bytes("rotation.x25519");
  expect(stepped.facts["rotation.growth"]).toBe(grown);
  expect(grown).toBeGreaterThan(2 * 1_184 + 1_088);
  expect(grown).toBeLessThan(4 * (1_184 + 1_088));
  expect(bytes("rotation.frame.xwing")).toBeGreaterThan(bytes("rotation.xwing"));
});

test("less of the recording never gives more", async () => {
  const of = async (capture: string) => {
    const less = await attacked({ suite: "x25519", capture }, 4, once);
    return metricValue(less.metrics, "recovered.fraction") ?? 0;
  };
  const [whole, most, half] = [await of("whole"), await of("most"), await of("half")];
  expect(whole).toBe(1);
  expect(most).toBeLessThanOrEqual(whole);
  expect(half).toBeLessThanOrEqual(most);
});

test("the attack done again on a part of the recording reads no more than on a larger one", async () => {
  const { claims } = (await attacked({ suite: "x25519" })).findings;
  const { thinned } = harvestClaims.parse(claims);
  expect(thinned.map(({ percent }) => percent)).toEqual([50, 70, 80, 90, 95, 99]);
  for (const [index, { read }] of thinned.entries()) {
    const larger = thinned[index + 1]?.read ?? read.map(() => 12);
    for (const [round, texts] of read.entries()) expect(texts).toBeLessThanOrEqual(larger[round]!);
  }
  const mean = (read: readonly number[]) => read.reduce((sum, each) => sum + each, 0) / read.length;
  expect(mean(thinned[0]!.read)).toBeLessThan(mean(thinned[5]!.read));
});

test("a lost commit closes its epoch until the next join that was recorded", async () => {
  const gap = await attacked({ suite: "x25519", capture: "no-commit" });
  expect(barsOf(gap).map(({ value }) => value)).toEqual([1, 0, 1, 1, 1, 1]);
});

test("a saved bundle gives the same again, and is refused once it is changed", async () => {
  const first = await attacked({});
  const bundle = { id: "harvest-now", bundle: first.bundle };
  expect(await runAttack(bundle)).toEqual(first.findings);
  const path = join(first.bundle, "wire", "recording.jsonl");
  await writeFile(path, `${await readFile(path, "utf8")}{}\n`);
  await expect(runAttack(bundle)).rejects.toMatchObject({ code: "integrity" });
});

test.each<readonly [string, Edit, RegExp]>([
  [
    "a switch before the last has come in",
    ["switches: 8", "switches: 3"],
    /world\.params\.switches/,
  ],
  ["a switch after the last line", ["switches: 8", "switches: 12"], /world\.params\.switches/],
  ["a channel of two", ["[ada, bor, cam] }\n  scope", "[ada, bor] }\n  scope"], /world\.channels/],
  ["years that are none", ["computer: 15", "computer: -1"], /world\.params\.years\.computer/],
])("%s is refused at its place in the file", async (_, edit, place) => {
  const path = await edited("harvest-now", edit);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
