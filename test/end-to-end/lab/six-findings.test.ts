import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { measureFindings, sixFindings, writeFindingsPage } from "#client/lab/door.ts";
import { readScenario, scenarioPath } from "#client/lab/scenario.ts";
import { editsOf } from "./small-worlds.ts";
import { trials } from "./trial.ts";

const { edited, fresh } = trials();

/** Scenarios whose small world has too few letters to decide anything, and whose own takes a second. */
const whole = new Set(["two-faced-envoy"]);

/** One file for all findings of a scenario: the ledger knows it by its text. */
const files = new Map<string, Promise<string>>();
function small(id: string): Promise<string> {
  const known = files.get(id) ?? edited(id, ...(whole.has(id) ? [] : editsOf(id)));
  files.set(id, known);
  return known;
}

/** Findings in small worlds, measured in this process. */
async function measure(ids: readonly string[], seeds: number, out: string) {
  const findings = await Promise.all(
    sixFindings
      .filter(({ id }) => ids.includes(id))
      .map(async (finding) => ({ ...finding, scenario: await small(finding.scenario) })),
  );
  let measured = 0;
  const result = await measureFindings({
    ...{ findings, seeds, firstSeed: 1, out, workers: null },
    onProgress: (_done, _of, now) => {
      measured = now;
    },
  });
  return { ...result, measured };
}

describe("the six findings hold on the real relay", () => {
  test.each([["own-update", "late-keys"], ["cover"], ["padme"], ["attribution"], ["commitment"]])(
    "%s",
    async (...ids) => {
      const { findings } = await measure(ids, 6, fresh());
      const claims = findings.flatMap(({ id, claims }) =>
        claims.map((claim) => ({ id, ...claim })),
      );
      expect(claims.filter(({ verdict }) => verdict !== "holds")).toEqual([]);
      expect(claims.length).toBeGreaterThan(1);
      expect(findings.map(({ id, verdict }) => [id, verdict])).toEqual(
        ids.map((id) => [id, "holds"]),
      );
    },
  );
});

test("fewer seeds decide nothing, more are measured beside them, and the page says so", async () => {
  const out = fresh();
  const two = await measure(["own-update"], 2, out);
  expect(two.findings[0]?.verdict).toBe("not decided");
  // The controls once, and three settings on each seed.
  expect(two.measured).toBe(7);
  const page = await readFile(await writeFindingsPage(two, out), "utf8");
  expect(page).toContain("not decided");
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  expect(JSON.parse(await readFile(join(out, "findings.json"), "utf8"))).toMatchObject({
    type: "lab-findings",
    seeds: 2,
  });
  const three = await measure(["own-update"], 3, out);
  expect(three.measured).toBe(3);
});

test.each(sixFindings)("$id asks its scenario for what it has", async (finding) => {
  const { scenario } = await readScenario(await scenarioPath({ id: finding.scenario }));
  const arms = Object.entries(finding.arms);
  expect(arms.length).toBeGreaterThan(1);
  for (const [, { change, metric }] of arms) {
    expect(scenario.metrics).toContain(metric);
    for (const [name, value] of Object.entries(change)) {
      expect(scenario.defences[name]?.values).toContain(value);
    }
  }
  const asked = new Set(
    finding.claims.flatMap((claim) => [
      claim.arm,
      ...("than" in claim ? [claim.than] : "as" in claim ? [claim.as] : []),
    ]),
  );
  expect([...asked].sort()).toEqual(arms.map(([name]) => name).sort());
});
