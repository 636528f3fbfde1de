import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { metricValue } from "#client/lab/door.ts";
import type { ScoredRun } from "#client/lab/result.ts";
import { crackedKeystore } from "#client/lab/rigs/cracked-keystore.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small = editsOf("cracked-keystore");

const foundIn = ({ metrics }: ScoredRun) =>
  metrics.find(({ id }) => id === "crack.found")?.hits ?? 0;

/** One world, attacked, without controls. */
async function alone(edits: readonly Edit[], seed = 1, out = fresh()): Promise<ScoredRun> {
  const scenario = await loadScenario({ path: await edited("cracked-keystore", ...edits) });
  const settings = settingsOf(scenario, {});
  return stageAndAttack(crackedKeystore, { scenario, seed, settings, out });
}

test("the guesses that opened a vault are as many as its passphrase's rank, and the order is theirs", async () => {
  const out = fresh();
  const baseline = await alone(small, 5, out);
  const truth: { vaults: { actor: string; label: string; rank: number; passphrase: string }[] } =
    JSON.parse(await readFile(join(out, "truth.json"), "utf8"));
  const claims = baseline.findings.claims as unknown as {
    vaults: { actor: string; opened: { rank: number; passphrase: string } | null }[];
  };
  for (const { actor, opened } of claims.vaults) {
    const vault = truth.vaults.find((each) => each.actor === actor);
    if (opened === null) expect(vault?.rank).toBeGreaterThan(1960);
    else expect(opened).toMatchObject({ rank: vault?.rank, passphrase: vault?.passphrase });
  }
  const order = [...truth.vaults].sort((a, b) => a.rank - b.rank).map(({ label }) => label);
  expect(baseline.facts["crack.order"]).toBe(order.join(", "));
  expect(baseline.facts["crack.first"]).toBe(order[0]);
  const fell = String(baseline.facts["crack.fell"]).split(", ");
  expect(new Set(fell)).toEqual(new Set(order.slice(0, 3)));
  const badges = new Map(baseline.metrics.map(({ id, badge }) => [id, badge]));
  expect(badges.get("crack.rate")).toBe("EXECUTED");
  expect(badges.get("crack.cost")).toBe("EXTRAPOLATED");
});

test("a passphrase that was changed before the copy helps, and one that never was opens the vault too", async () => {
  const before = await alone([...small, [/default: after-copy/, "default: before-copy"]]);
  expect(foundIn(before)).toBe(0);
  const never = await alone([...small, [/default: after-copy/, "default: never"]]);
  expect(foundIn(never)).toBe(3);
  expect(metricValue(never.metrics, "living.open")).toBe(1);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  [
    "an unlocked device",
    [["actor: bor, at: end, locked: true", "actor: bor, at: end, locked: false"]],
    /adversary\.gets\.0\.locked/,
  ],
  ["the house's own device", [["actor: bor, at", "actor: ada, at"]], /adversary\.gets\.0\.actor/],
  ["a house that is nobody", [["house: ada", "house: zoe"]], /world\.params\.house/],
  ["four delegates", [[/ {4}- \{ id: fen[^\n]*\n/, ""]], /world\.actors/],
  ["a channel of three", [["[ada, bor]", "[ada, bor, cai]"]], /world\.channels\.0\.members/],
  ["a parameter of nobody", [["near: 30", "far: 30"]], /attack\.params/],
  ["a defence of nobody", [["[demo, product]", "[demo, bcrypt]"]], /defences\.kdf\.values\.1/],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("cracked-keystore", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
