import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { metricValue, type RunResult, runScenario, writeReport } from "#client/lab/door.ts";
import { talkOf } from "#client/lab/result.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { readTruth } from "#client/lab/truth.ts";

/** The lab's own scenarios in worlds small enough for every run of the tests. */

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function small(id: string, ...edits: readonly [string | RegExp, string][]): Promise<string> {
  const source = new URL(`../../client/lab/scenarios/${id}.yaml`, import.meta.url);
  let text = await readFile(source, "utf8");
  const shrink: [string | RegExp, string][] = [
    [/sessions: \d+/, "sessions: 3"],
    [/messages: \d+/, "messages: 4"],
    [/\[ada, bor, cai, dov, eli, fay\]/, "[ada, bor, cai]"],
    [/at: T\+245/, "at: T+62"],
    [/T\+425/, "T+122"],
    [/from: T\+243/, "from: T+60"],
    [/by: ada, at: T\+244/, "by: ada, at: T+61"],
    [/until: T\+247/, "until: T+63"],
    [/trials: \d+/, "trials: 20000"],
  ];
  for (const [from, to] of [...shrink, ...edits]) text = text.replace(from, to);
  const path = join(root, `${id}-${Math.abs(hash(text))}.yaml`);
  await writeFile(path, text);
  return path;
}

function hash(text: string): number {
  let sum = 7;
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) | 0;
  return sum;
}

let runs = 0;
const fresh = () => join(root, `run-${++runs}`);

async function run(path: string, seed: number, compare = true): Promise<RunResult> {
  return runScenario({ scenario: { path }, seed, out: fresh(), compare });
}

const value = (result: RunResult, metric: string) => metricValue(result.baseline.metrics, metric);

/** What kept keys opened of past epochs, as `epoch text`, when so many of them are kept for a day. */
async function lateReads(path: string, lateEpochs: string): Promise<string[]> {
  const scenario = await loadScenario({ path });
  const rig = rigs.get("stolen-device");
  if (rig === undefined) throw new Error("there is such a rig");
  const settings = settingsOf(scenario, { late_epochs: lateEpochs, late_window: "24h" });
  const out = fresh();
  const { findings } = await stageAndAttack(rig, { scenario, seed: 1, settings, out });
  const { theft } = await readTruth(join(out, "truth.json"));
  return findings.read.flatMap(({ by, epoch, text }) => {
    const isPast = epoch !== null && theft !== null && epoch < theft.epoch;
    return by === "key" && isPast ? [`${epoch} ${text}`] : [];
  });
}

describe("stolen-device", () => {
  test("each smaller number of late epochs reads some of what the next one reads, and nothing else", async () => {
    const path = await small("stolen-device");
    const reads: string[][] = [];
    for (const lateEpochs of ["0", "1", "4", "8"]) reads.push(await lateReads(path, lateEpochs));
    expect(reads[0]).toEqual([]);
    for (const [at, more] of reads.slice(1).entries()) {
      const fewer = reads[at] ?? [];
      expect(fewer.filter((text) => !more.includes(text))).toEqual([]);
      expect(fewer.length).toBeLessThan(more.length);
    }
    expect(reads.map((texts) => new Set(texts.map((text) => text.split(" ")[0])).size)).toEqual([
      ...[0, 1, 4, 8],
    ]);
  });

  test("who healed is named: the victim's own update, and the removal", async () => {
    const path = await small("stolen-device");
    const heal = async (defences: Record<string, string>) => {
      const plan = { scenario: { path }, seed: 4, out: fresh(), compare: false, defences };
      return talkOf((await runScenario(plan)).baseline).healedHow;
    };
    expect(await heal({ victim_updates: "after-theft" })).toBe("update by Heron");
    expect(await heal({ removal: "after-theft" })).toBe("removal by Slate");
    expect(await heal({ others_update: "each-session" })).toBeNull();
  });

  test("what lands behind a commit before the theft is in nobody's late keys any more", async () => {
    // The uplink is free again a minute before the theft: the device has read the old frames and erased their keys.
    const path = await small(
      "stolen-device",
      [/at: T\+62/, "at: T+63"],
      [/until: T\+63/, "until: T+62"],
      // The relay is honest, or they would not have been read.
      [/ {2}late_hidden_from: bor\n/, ""],
    );
    const result = await run(path, 4, false);
    const late = result.baseline.metrics.find(({ id }) => id === "recovered.late");
    expect(late?.of).toBeGreaterThanOrEqual(3);
    expect(late?.hits).toBe(0);
    const stored = result.baseline.findings.read.filter(({ by }) => by === "stored");
    expect(stored.filter(({ text }) => text.includes(".Larch."))).toHaveLength(11);
    expect(value(result, "undelivered.key")).toBeNull();
  });

  test("what is said and how people are called cannot become markup in a report", async () => {
    const path = await small(
      "stolen-device",
      [/Heron/g, "Zaunkönig"],
      [/Slate/g, 'O\'Brien "Q"'],
      [
        /traffic:[\s\S]*?every: 1h/,
        [
          "traffic:",
          "    model: replay",
          "    spacing: 20m",
          "    every: 1h",
          "    lines:",
          "      - { from: ada, text: Да., session: 1 }",
          "      - { from: bor, text: Да., session: 1 }",
          "      - { from: cai, text: 'x', session: 2 }",
          '      - { from: bor, text: \'{"v":1,"type":"sent"} <b>no</b>\', session: 2 }',
          "      - { from: ada, text: after, session: 3 }",
        ].join("\n"),
      ],
    );
    const result = await run(path, 1, false);
    expect(result.verdict).toBe("measured");
    expect(value(result, "recovered.fraction")).toBe(1);
    expect(value(result, "recovered.wrong")).toBe(0);
    const { html } = await writeReport(result, result.out);
    expect(await readFile(html, "utf8")).not.toContain("<b>no</b>");
  });

  test("a locked device opens nothing", async () => {
    const path = await small("stolen-device", [/locked: false/, "locked: true"]);
    const result = await run(path, 6, false);
    expect(value(result, "recovered.fraction")).toBe(0);
    // Its positive control cannot leak either, so the rig says nothing at all.
    expect(result.verdict).toBe("rig broken");
  });
});

describe("seized-relay", () => {
  test("a search finds no line and no label in the image, and each of them in the plaintext control's", async () => {
    const result = await run(await small("seized-relay"), 4, false);
    const { counts } = result.baseline.findings;
    expect(counts).toMatchObject({ framesOpened: 0, framesCompressible: 0 });
    expect(counts.keysTried).toBeGreaterThan(100);
    const truth = await readTruth(join(result.out, "truth.json"));
    const words = [
      ...truth.messages.map((message) => message.text),
      ...new Set(truth.messages.map((message) => message.from)),
    ];
    const within = async (folder: string) => {
      const bytes = await readFile(join(folder, "evidence", "relay", "relay.sqlite"));
      return words.filter((word) => bytes.includes(word));
    };
    expect(await within(result.out)).toEqual([]);
    expect(await within(join(result.out, "controls", "plaintext"))).toEqual(words);
  });
});

describe("a run", () => {
  test("keeps the ground truth and the seed out of the bundle", async () => {
    const result = await run(await small("seized-relay"), 6, false);
    expect(await readdir(result.baseline.bundle)).toEqual(["manifest.json", "relay"]);
    const manifest = await readFile(join(result.baseline.bundle, "manifest.json"), "utf8");
    expect(manifest).not.toContain("seed");
  });

  test("writes JSON, Markdown and a page that fetches and runs nothing", async () => {
    const result = await run(await small("seized-relay"), 7, false);
    const { json, markdown, html } = await writeReport(result, result.out);
    expect(JSON.parse(await readFile(json, "utf8"))).toMatchObject({ v: 1, verdict: "measured" });
    expect(await readFile(markdown, "utf8")).toContain("## Controls");
    const page = await readFile(html, "utf8");
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|src=|@import|url\(http/);
    for (const { sha256 } of result.baseline.hashes) expect(page).toContain(sha256);
  });

  test("refuses a defence that the scenario does not have, and evidence that is there already", async () => {
    const path = await small("seized-relay");
    const scenario = { path };
    const unknown = runScenario({ scenario, out: fresh(), defences: { magic: "on" } });
    await expect(unknown).rejects.toMatchObject({ code: "usage" });
    const value = runScenario({ scenario, out: fresh(), defences: { others_update: "often" } });
    await expect(value).rejects.toMatchObject({ code: "usage" });
  });
});
