import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AfterAction, clockText } from "#client/lab/aar/after-action.ts";
import { afterActionPage } from "#client/lab/aar/html.tsx";
import { afterActionMarkdown } from "#client/lab/aar/markdown.ts";
import { differenceText } from "#client/lab/aar/words.ts";
import { writeAfterAction } from "#client/lab/aar/write.ts";
import { share } from "#client/lab/metrics.ts";

const hostile = '<img src=x onerror=alert(1)>|`"=cmd';

const report: AfterAction = {
  v: 1,
  type: "lab-after-action",
  title: "Phone at the airport",
  scenario: "stolen-device",
  version: "1.0.0",
  software: "backchannel 0.1.0",
  startedAt: "2027-03-01T09:00:00.000Z",
  endedAt: null,
  facts: {
    difficulty: 2,
    risk: ["information-leak"],
    capability: "a copy of the phone",
    incidents: [{ name: "Pegasus", date: "2021", source: "press", confidence: "reported" }],
    exerciseSeed: 5,
    recordedBy: "backchannel 0.1.0, commit 0123456789ab",
    ranWith: ["backchannel 0.1.0, commit ba9876543210"],
    createdAt: "2027-03-01T08:00:00.000Z",
    writtenAt: "2027-03-01T11:00:00.000Z",
    plannedMinutes: 75,
    playedMs: 3_630_000,
    pausedMs: 120_000,
    events: 31,
  },
  teams: ["blue", hostile],
  summary: "Two teams, one phone.",
  objectives: [
    {
      objective: "Say who healed",
      rating: "S",
      words: "red needed a hint",
      evidence: "1 of 2 teams named Heron",
    },
    { objective: "Say what it costs", rating: null, words: "", evidence: "nobody was asked" },
  ],
  threads: [
    {
      ...{ atMs: 725_000, inject: "paper", via: "news", words: "The paper calls" },
      ...{ expected: "Blue says nothing", effect: "The clock gets short" },
      actions: [
        {
          ...{ atMs: 800_000, kind: "defence", team: "blue", words: "switches: removal=after" },
          effect: "1 → 0.2 on 30 seeds, 80 of 100",
        },
      ],
    },
  ],
  timeline: [
    { atMs: 725_000, kind: "inject", team: null, words: "The paper calls", effect: "delivered" },
    { atMs: 800_000, kind: "answer", team: hostile, words: hostile, effect: "wrong" },
  ],
  leaks: [
    {
      team: "blue",
      scenario: "stolen-device",
      seed: 7,
      sentence: "The thief read 20 of 20 messages.",
      metrics: [share({ id: "recovered.fraction", hits: 20, of: 20, words: "were read" })],
      causes: [
        { cause: "opened with keys", hits: 12, of: 20, interval: [0.39, 0.78], badge: "EXECUTED" },
      ],
      secrets: [{ name: "red_line", read: true }],
      score: 40,
      scoreOf: 100,
    },
  ],
  predictions: [
    { team: "blue", question: "Which share?", predicted: "0.5", measured: "1", gap: 0.5 },
  ],
  choices: [
    {
      ...{ team: "blue", chosen: "removal: after theft", metric: "recovered.fraction" },
      ...{ before: 1, after: 0.2, interval: [-0.85, -0.75], seeds: 30, verdict: "less leaks" },
      ...{ price: "+2 commits", budget: "within budget; commits ≤ 3", earned: 80, of: 100 },
    },
  ],
  defences: [
    {
      defence: "others update: each session",
      metric: "recovered.fraction",
      without: 1,
      with: 1,
      interval: [0, 0],
      seeds: 30,
      verdict: "no effect seen",
      price: "+40000 bytes at the relay",
      chosenBy: [],
    },
  ],
  counterfactuals: [
    {
      stage: "receipts",
      chosen: "immediate",
      otherwise: "off",
      metric: "ident.top1",
      withChosen: 1,
      withOther: 0.05,
      words: "the reporter would not have known",
    },
  ],
  figures: [],
  strengths: ["Blue abstained"],
  improvements: ["Nobody froze the channel"],
  plan: [],
  assumed: ["An unlocked phone (ASSUMED)"],
  limits: ["One run on one seed."],
  prompts: ["Who should have been told?"],
  flags: ["blue solved in 3 s"],
  sources: [{ path: "events.jsonl, 31 lines", sha256: "cd".repeat(32) }],
  hashes: [{ path: "relay/relay.sqlite", sha256: "ab".repeat(32) }],
  replay: "backchannel lab replay FOLDER",
};

const everything = [
  "commit 0123456789ab",
  "commit ba9876543210",
  "2027-03-01 09:00:00 UTC",
  "60.5 min of 75 planned, 2 min of pauses besides",
  "red needed a hint",
  "Blue says nothing",
  "1 → 0.2 on 30 seeds, 80 of 100",
  "opened with keys",
  "12 of 20 (60%)",
  "39–78%",
  "−0.8 (−0.85 to −0.75, 30 seeds)",
  "commits ≤ 3",
  "An unlocked phone (ASSUMED)",
  "events.jsonl, 31 lines",
  "Say who healed",
  "performed with some challenges",
  "T+12:05",
  "The paper calls",
  "20 of 20",
  "83.9–100%",
  "EXECUTED",
  "no effect seen",
  "nobody",
  "the reporter would not have known",
  "Nobody froze the channel",
  "One run on one seed.",
  "Who should have been told?",
  "ab".repeat(32),
  "backchannel lab replay FOLDER",
  "blue solved in 3 s",
];

test.each(everything)("the page and the Markdown say %s", (words) => {
  expect(afterActionPage(report)).toContain(words);
  expect(afterActionMarkdown(report).replaceAll("\\", "")).toContain(words);
});

test("what teams typed is text and nothing else, on the page and in Markdown", () => {
  const page = afterActionPage(report);
  expect(page).not.toContain("<img");
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  expect(page).toContain("default-src 'none'");
  const markdown = afterActionMarkdown(report);
  expect(markdown).not.toMatch(/(?<!\\)<img/);
  const rows = markdown.split("\n").filter((line) => line.includes("onerror"));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toContain("\\<img");
});

test("sections without anything are left out, and the plan stays to be filled in by hand", () => {
  const bare = {
    ...report,
    ...{ timeline: [], predictions: [], counterfactuals: [], strengths: [], choices: [] },
  };
  const page = afterActionPage(bare);
  for (const title of [
    "What happened when",
    "Prediction against",
    "Had you chosen",
    "<h3>Strengths",
    "What teams chose",
  ]) {
    expect(page).not.toContain(title);
  }
  expect(page).toContain("Improvement plan");
});

test("seven files are written, of which the JSON is the report and the tables open in a spreadsheet", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aar-"));
  try {
    const paths = await writeAfterAction(report, folder);
    expect(JSON.parse(await readFile(paths.json, "utf8"))).toEqual(report);
    const timeline = (await readFile(paths.timeline, "utf8")).trim().split("\n");
    expect(timeline).toHaveLength(3);
    expect(timeline[1]).toBe("T+12:05,725000,all,inject,The paper calls,delivered");
    const defences = (await readFile(paths.defences, "utf8")).split("\n");
    expect(defences[1]).toBe(
      "blue,removal: after theft,recovered.fraction,1,0.2,-0.85,-0.75,30,less leaks,'+2 commits,blue,80,100",
    );
    expect(await readFile(paths.predictions, "utf8")).toContain("blue,Which share?,0.5,1,0.5");
    const numbers = await readFile(paths.numbers, "utf8");
    expect(numbers).toContain("blue,stolen-device,7,recovered.fraction,1,share,0.83");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each([
  [0, "T+00:00"],
  [59_600, "T+01:00"],
  [4_500_000, "T+75:00"],
])("%i ms of exercise time read %s", (atMs, text) => {
  expect(clockText(atMs)).toBe(text);
});

test("a difference says how many pairs it comes from", () => {
  const [row] = report.defences;
  expect(row).toBeDefined();
  if (row === undefined) return;
  expect(differenceText({ ...row, with: 0.62, interval: [-0.42, -0.33] })).toBe(
    "−0.38 (−0.42 to −0.33, 30 seeds)",
  );
  expect(differenceText({ ...row, with: 0.62, interval: null, seeds: 1 })).toBe("−0.38 (one pair)");
  expect(differenceText({ ...row, with: null })).toBe("–");
});
