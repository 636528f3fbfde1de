import { expect, test } from "vitest";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { metricValue, runAttack } from "#client/lab/door.ts";
import { archivePlugin } from "#client/lab/rigs/archive-plugin.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { type Edit, expectAllToHold, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

/** One world and one attack, without the controls, which other tests run. */
async function attack(path: string, seed: number, defences: Record<string, string> = {}) {
  const scenario = await loadScenario({ path });
  const settings = settingsOf(scenario, defences);
  return stageAndAttack(archivePlugin, { scenario, seed, settings, out: fresh() });
}

/** Fifteen messages, of which the service remembers four. */
const small: readonly Edit[] = [
  ["messages: 8", "messages: 3"],
  ["recent: 6", "recent: 4"],
];

const without = (kind: "archive" | "heap"): readonly Edit[] => [
  [new RegExp(` {4}- \\{ id: ${kind}, [^\\n]*\\n`), ""],
  ["inputs: [archive, heap]", `inputs: [${kind === "archive" ? "heap" : "archive"}]`],
];

test.each([1, 2, 3])("every expectation and control holds on seed %i", async (seed) => {
  expectAllToHold(await run(await edited("archive-plugin", ...small), { seed }));
});

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

test.each([
  { shares: "0", part: 0, by: "nothing" },
  { shares: "1", part: 0, by: "nothing" },
  { shares: "2", part: 1, by: "shares" },
])("$shares of the shares of which two are needed open $part of the archive", async (row) => {
  const path = await edited("archive-plugin", ...small);
  const defences = { sealing: "two-of-three", shares_raided: row.shares };
  const baseline = await attack(path, 5, defences);
  expect(metricValue(baseline.metrics, "recovered.archive")).toBe(row.part);
  expect(baseline.facts["archive.opened_by"]).toBe(row.by);
});

test("an archive sealed by the service leaves its last requests in the heap, and no more", async () => {
  const path = await edited("archive-plugin", ...small);
  const defences = { sealing: "offline-key" };
  const baseline = await attack(path, 6, defences);
  expect(metricValue(baseline.metrics, "recovered.heap")).toBe(4 / 15);
  expect(metricValue(baseline.metrics, "recovered.fraction")).toBe(4 / 15);
  expect(baseline.facts["archive.tokens"]).toBe(1);
});

test("taking the database or the dump away never raises what is read", async () => {
  for (const sealing of ["none", "service-key"]) {
    const read = async (...edits: readonly Edit[]) => {
      const path = await edited("archive-plugin", ...small, ...edits);
      const { metrics } = await attack(path, 7, { sealing });
      return metricValue(metrics, "recovered.fraction") ?? 0;
    };
    const both = await read();
    expect(both).toBe(1);
    expect(await read(...without("archive"))).toBe(4 / 15);
    // Without the dump the service's key is missing, and only what lies in the clear is read.
    expect(await read(...without("heap"))).toBe(sealing === "none" ? 1 : 0);
  }
});

test("an archivist outside the channel is refused at its place", async () => {
  const path = await edited("archive-plugin", ["archivist: bor", "archivist: zoe"]);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: /archivist/ });
});
