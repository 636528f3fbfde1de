import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { metricValue, runAttack } from "#client/lab/door.ts";
import { archivePlugin } from "#client/lab/rigs/archive-plugin.ts";
import { archiveTruth } from "#client/lab/rigs/archive-stage.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

/** One world and one attack, without the controls, which other tests run. */
async function attack(path: string, seed: number, defences: Record<string, string> = {}) {
  const scenario = await loadScenario({ path });
  const settings = settingsOf(scenario, defences);
  return stageAndAttack(archivePlugin, { scenario, seed, settings, out: fresh() });
}

/** Fifteen messages, of which the service remembers four. */
const small = editsOf("archive-plugin");

const withoutHeap: readonly Edit[] = [
  [/ {4}- \{ id: heap, [^\n]*\n/, ""],
  ["inputs: [archive, heap]", "inputs: [archive]"],
];

test("a member who keeps copies gives away what all the others said, and the archive says whose it is", async () => {
  const path = await edited("archive-plugin", ...small, ["label: Heron,", "label: Zaunkönig,"]);
  const baseline = await attack(path, 4);
  expect(metricValue(baseline.metrics, "recovered.fraction")).toBe(1);
  expect(metricValue(baseline.metrics, "recovered.wrong")).toBe(0);
  expect(baseline.facts["archive.of"]).toBe("Zaunkönig");
  expect(baseline.findings.labels).toEqual(["Ember", "Larch", "Slate", "Zaunkönig"]);
  expect(await runAttack({ id: "archive-plugin", bundle: baseline.bundle })).toEqual(
    baseline.findings,
  );
});

test("one of three shares of which two are needed opens nothing", async () => {
  const path = await edited("archive-plugin", ...small);
  const baseline = await attack(path, 5, { sealing: "two-of-three", shares_raided: "1" });
  expect(metricValue(baseline.metrics, "recovered.archive")).toBe(0);
  expect(baseline.facts["archive.opened_by"]).toBe("nothing");
});

test("an archive sealed by the service leaves its last requests in the heap, and no more", async () => {
  const path = await edited("archive-plugin", ...small);
  const defences = { sealing: "offline-key" };
  const baseline = await attack(path, 6, defences);
  expect(metricValue(baseline.metrics, "recovered.heap")).toBe(4 / 15);
  expect(metricValue(baseline.metrics, "recovered.fraction")).toBe(4 / 15);
  expect(baseline.facts["archive.tokens"]).toBe(1);
});

test("an archive under the service's key opens only with the dump that holds the key", async () => {
  const read = async (...edits: readonly Edit[]) => {
    const path = await edited("archive-plugin", ...small, ...edits);
    const { metrics } = await attack(path, 7, { sealing: "service-key" });
    return metricValue(metrics, "recovered.fraction") ?? 0;
  };
  expect(await read()).toBe(1);
  expect(await read(...withoutHeap)).toBe(0);
});

test("a founder whose plug-in is honest opens a channel that refuses archivers without it", async () => {
  const path = await edited("archive-plugin", ...small, ["archivist: bor", "archivist: ada"]);
  const refused = await attack(path, 8, { archivers: "refused" });
  expect(metricValue(refused.metrics, "recovered.fraction")).toBe(0);
  expect(refused.facts["archive.door"]).toBe("turned away");
  expect(refused.facts["archive.declared"]).toBe("nobody");
});

test("what a plug-in declares stands in the lists of all the others, from before the first word on", async () => {
  const path = await edited("archive-plugin", ...small);
  const shown = await attack(path, 9, { archivers: "shown" });
  expect(shown.facts["archive.declared"]).toBe("Heron");
  const { archive } = archiveTruth.parse(
    JSON.parse(await readFile(`${shown.bundle}/../truth.json`, "utf8")),
  );
  expect(archive.shown.map(({ by }) => by).sort()).toEqual(["Ember", "Larch", "Slate"]);
  expect(archive.shown.every(({ atMs }) => atMs < archive.startMs)).toBe(true);
});

test("an archivist outside the channel is refused at its place", async () => {
  const path = await edited("archive-plugin", ["archivist: bor", "archivist: zoe"]);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: /archivist/ });
});
