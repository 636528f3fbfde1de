import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attemptOn } from "#client/lab/attempt.ts";
import { metricValue, runAttack, runScenario, writeReport } from "#client/lab/door.ts";
import { talkOf } from "#client/lab/result.ts";
import { maliciousRelay } from "#client/lab/rigs/malicious-relay.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";

/** The scenario `malicious-relay`, with fewer messages a session. */

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-relay-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let runs = 0;
type Edits = readonly [string | RegExp, string][];

async function small(...edits: Edits): Promise<string> {
  const source = new URL("../../client/lab/scenarios/malicious-relay.yaml", import.meta.url);
  let text = await readFile(source, "utf8");
  const shrink: Edits = [
    ["messages: 8", "messages: 4"],
    ["T+364", "T+362"],
  ];
  for (const [from, to] of [...shrink, ...edits]) text = text.replaceAll(from, to);
  const path = join(root, `scenario-${++runs}.yaml`);
  await writeFile(path, text);
  return path;
}

const fresh = () => join(root, `run-${++runs}`);

/** One world and one attack, without the controls, which other tests run. */
async function attack(seed: number, defences: Record<string, string>, ...edits: Edits) {
  const scenario = await loadScenario({ path: await small(...edits) });
  const settings = settingsOf(scenario, defences);
  const staged = await maliciousRelay.stage({ scenario, seed, settings, out: fresh() });
  const run = await attemptOn(maliciousRelay, scenario, staged, settings);
  const value = (metric: string) => metricValue(run.metrics, metric);
  return { run, truth: staged.truth, value };
}

describe("malicious-relay", { timeout: 300_000 }, () => {
  test.each([5, 6])(
    "each withheld commit buys exactly the messages of one more epoch (seed %i)",
    async (seed) => {
      let before: readonly number[] = [];
      for (const commits of [0, 1, 2, 3]) {
        const { run, truth, value } = await attack(seed, {
          withheld_commits: String(commits),
          fork: "off",
        });
        const kept = truth.relay?.withheld ?? [];
        expect(kept).toHaveLength(commits);
        expect(kept.slice(0, -1)).toEqual(before.slice(0, kept.length - 1));
        const said = (epochs: readonly number[]) =>
          truth.messages
            .filter(({ channel, epoch }) => channel === truth.channel && epochs.includes(epoch))
            .map(({ id }) => id);
        if (commits > 0) expect(said(kept.slice(-1)).length).toBeGreaterThan(0);
        // Nothing but the rest of the theft's own epoch, and the epochs that were kept alive.
        const theft = truth.theft?.epoch ?? -1;
        const read = talkOf(run).messages.filter(
          ({ way, epoch }) => way === "key" && epoch !== theft,
        );
        expect(read.map(({ id }) => id).sort()).toEqual(said(kept).sort());
        expect(value("withheld.epochs")).toBe(commits);
        expect(run.facts["heal.by"]).toBe("Heron");
        before = kept;
      }
    },
  );

  test("two commits of one epoch raise split-suspected in both halves within a day", async () => {
    const { run, truth } = await attack(7, {});
    const split = truth.relay?.split;
    expect(split?.halves).toEqual([
      ["Slate", "Heron"],
      ["Larch", "Ember"],
    ]);
    expect(run.findings.split?.rivalCommits).toEqual([1, 1]);
    const at = split?.atMs ?? 0;
    const behind = truth.relay?.signals.filter(({ atMs }) => atMs >= at) ?? [];
    // Both halves commit at the end of the second session after the fork: then silence counts.
    const commits = at + (5 + 360 + 3 + 2) * 60_000;
    for (const half of split?.halves ?? []) {
      const first = behind.find(({ by }) => half.includes(by));
      expect(first?.code).toBe("split-suspected");
      const afterMs = (first?.atMs ?? Number.POSITIVE_INFINITY) - commits;
      expect(afterMs).toBeLessThanOrEqual(24 * 3_600_000 + 5_000);
    }
    expect(run.facts["fork.detected_by"]).toBe("split-suspected");
  });

  test.each([8, 9])(
    "a frame that crosses raises the fork alarm in both halves (seed %i)",
    async (seed) => {
      const { truth, value } = await attack(seed, { crossing: "same-epoch" });
      const { split, signals, taken } = truth.relay ?? { split: null, signals: [], taken: [] };
      const at = split?.atMs ?? 0;
      const first = (split?.halves ?? []).map((half) =>
        signals.find(({ atMs, by }) => atMs >= at && half.includes(by)),
      );
      expect(first.map((signal) => signal?.code)).toEqual(["fork", "fork"]);
      // At once: nothing more was said within the two logs.
      expect(value("detect.halves")).toBe(value("detect.seconds"));
      const accepted = taken.filter(({ atMs }) => atMs >= at && atMs < (first[0]?.atMs ?? 0));
      expect(value("fork.messages")).toBe(new Set(accepted.map(({ id }) => id)).size);
    },
  );

  test("behind the two commits no key opens a frame that crosses: a gap, and silence tells", async () => {
    const { run } = await attack(10, { crossing: "later-epoch" });
    expect(run.facts["fork.detected_by"]).toBe("split-suspected");
  });

  test("words that are compared show the fork at the next comparison", async () => {
    const { run, value } = await attack(11, { compare_words: "daily" });
    expect(run.facts["fork.detected_by"]).toBe("words");
    expect(value("detect.seconds")).toBeLessThan(24 * 3_600);
  });

  test("the attack names nobody without the stolen device, yet sees who is shown which log", async () => {
    const { run, value } = await attack(12, {}, ["locked: false", "locked: true"]);
    const { split } = run.findings;
    expect(split?.halves.map(({ labels }) => labels)).toEqual([[], []]);
    expect(split?.halves.map(({ lines }) => lines.length)).toEqual([2, 2]);
    expect(value("fork.placed")).toBe(0);
  });

  test("the saved bundle gives the same findings, and the report tells the fork", async () => {
    const scenario = { path: await small() };
    const plan = { scenario, seed: 13, out: fresh(), compare: false };
    const result = await runScenario({ ...plan, defences: { withheld_commits: "2" } });
    const again = await runAttack({ id: "malicious-relay", bundle: result.baseline.bundle });
    expect(again).toEqual(result.baseline.findings);
    const { markdown, html } = await writeReport(result, result.out);
    for (const path of [markdown, html]) {
      const text = await readFile(path, "utf8");
      expect(text).toContain("another log than the rest");
      expect(text).toContain("split-suspected");
    }
  });
});
