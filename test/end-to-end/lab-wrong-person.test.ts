import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attemptOn } from "#client/lab/attempt.ts";
import { metricValue, runAttack, runScenario, writeReport } from "#client/lab/door.ts";
import { talkOf } from "#client/lab/result.ts";
import { wrongPerson } from "#client/lab/rigs/wrong-person.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";

/** The scenario `wrong-person`, with fewer messages a session. */

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-guest-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let runs = 0;
const fresh = () => join(root, `run-${++runs}`);

async function small(): Promise<string> {
  const source = new URL("../../client/lab/scenarios/wrong-person.yaml", import.meta.url);
  const text = await readFile(source, "utf8");
  const path = join(root, `scenario-${++runs}.yaml`);
  await writeFile(
    path,
    text.replace("messages: 8", "messages: 3").replace("sessions: 6", "sessions: 5"),
  );
  return path;
}

/** One world and one attack, without the controls, which other tests run. */
async function attack(seed: number, defences: Record<string, string>) {
  const scenario = await loadScenario({ path: await small() });
  const settings = settingsOf(scenario, defences);
  const staged = await wrongPerson.stage({ scenario, seed, settings, out: fresh() });
  const run = await attemptOn(wrongPerson, scenario, staged, settings);
  const value = (metric: string) => metricValue(run.metrics, metric);
  return { run, truth: staged.truth, value, bundle: staged.bundle };
}

describe("wrong-person", { timeout: 300_000 }, () => {
  test("one mistaken sponsor lets the guest read all that is said until he is removed, and nothing else", async () => {
    const { run, truth, value } = await attack(4, {});
    const { guest } = truth;
    expect(guest).toMatchObject({
      turnedAway: null,
      admittedBy: [{ label: "Slate", check: "code" }],
    });
    const during = talkOf(run).messages.filter(
      ({ atMs }) => atMs > (guest?.atMs ?? 0) && atMs < (guest?.removed?.atMs ?? 0),
    );
    expect(during).toHaveLength(6);
    const read = talkOf(run).messages.filter(({ way }) => way !== null);
    expect(read.map(({ id }) => id)).toEqual(during.map(({ id }) => id));
    expect(value("dwell.messages")).toBe(6);
    expect(talkOf(run).healedHow).toBe("removal by Larch");
  });

  test("a second sponsor who reaches the real person keeps the guest out: no key, no channel, no text", async () => {
    const { run, truth, value } = await attack(5, { admission: "two-person" });
    expect(truth.guest).toMatchObject({ turnedAway: "denied", admittedBy: [], removed: null });
    expect(value("recovered.fraction")).toBe(0);
    expect(run.findings.counts.channels).toBe(0);
    expect(run.findings.labels).toEqual([]);
    expect(talkOf(run).messages).toHaveLength(15);
  });

  test("when both are deceived he reads as much, and the report says that the defence failed", async () => {
    const path = await small();
    const one = await attack(6, {});
    const defences = { admission: "two-person-both-deceived" };
    const plan = { scenario: { path }, seed: 6, out: fresh(), compare: false, defences };
    const result = await runScenario(plan);
    expect(metricValue(result.baseline.metrics, "dwell.messages")).toBe(
      one.value("dwell.messages"),
    );
    expect(result.facts["guest.let_in_by"]).toBe("Slate (code) and Heron (words)");
    const { markdown, html } = await writeReport(result, result.out);
    for (const file of [markdown, html]) {
      expect(await readFile(file, "utf8")).toContain(
        "The defence failed: both sponsors were deceived",
      );
    }
  });

  test("the saved bundle gives the same findings", async () => {
    const { run, bundle } = await attack(7, { noticed: "never" });
    expect(await runAttack({ id: "wrong-person", bundle })).toEqual(run.findings);
    expect(talkOf(run).healedHow).toBeNull();
  });
});
