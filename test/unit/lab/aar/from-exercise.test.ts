import { describe, expect, test } from "vitest";
import { afterActionOf, type ExerciseRecord } from "#client/lab/aar/from-exercise.ts";
import { emptyFindings } from "#client/lab/attacks/findings.ts";
import type { ExerciseEvent, NewEvent } from "#client/lab/exercise/event.ts";
import { share } from "#client/lab/metrics.ts";
import type { RunResult, ScoredRun } from "#client/lab/result.ts";
import { loadScenario } from "#client/lab/scenario.ts";

const scenario = await loadScenario({ id: "yes-or-no" });

function log(...events: readonly (NewEvent & { atMs?: number })[]): ExerciseEvent[] {
  return events.map((event, n) => {
    const wall = new Date(Date.UTC(2027, 2, 1, 9, n)).toISOString();
    return { v: 1, n, wall, atMs: n * 60_000, ...event } as ExerciseEvent;
  });
}

const answer = (
  team: string,
  question: string,
  said: string,
  more: Partial<Extract<NewEvent, { type: "answer" }>> = {},
): NewEvent => ({
  ...{ type: "answer", team, question, said, phase: "investigate", attempt: 1 },
  ...{ outcome: "right", earned: 50, of: 50, closed: true, ...more },
});

function runOf(hits: number, padding = "none"): ScoredRun {
  const metric = share({
    id: "guess.accuracy",
    hits,
    of: 100,
    words: "were guessed",
    chance: 0.025,
  });
  return {
    defences: { padding },
    bundle: "/tmp/x",
    findings: emptyFindings("yes-or-no"),
    metrics: [metric],
    headline: { value: `${hits}%`, words: "of 100", leaks: true },
    figures: [],
    talk: null,
    facts: { "guess.accuracy": hits / 100 },
    secrets: {},
    cost: { frameBytes: padding === "none" ? 1_000 : 3_000 },
    hashes: [{ path: "drafts.json", sha256: "ab" }],
  };
}

const result: RunResult = {
  ...{
    v: 1,
    type: "lab-run",
    scenario: "yes-or-no",
    title: "Reading the length",
    version: "1.0.0",
    file: "ab".repeat(32),
    software: "backchannel 0.1.0, commit 0123456789ab",
  },
  ...{ summary: "", risk: [], capability: "", incidents: [], seed: 7, verdict: "measured" },
  ...{ sentence: "90 of 100 answers were guessed.", leak: "guess.accuracy", baseline: runOf(90) },
  circumstances: [],
  paired: [
    {
      change: { padding: "256" },
      run: runOf(5, "256"),
      effects: [{ metric: "guess.accuracy", baseline: 0.9, value: 0.05, difference: -0.85 }],
      sentence: "",
      costNote: "bytes",
      circumstance: false,
    },
    {
      change: { padding: "16" },
      run: runOf(90, "16"),
      effects: [{ metric: "guess.accuracy", baseline: 0.9, value: 0.9, difference: 0 }],
      sentence: "",
      costNote: "bytes",
      circumstance: false,
    },
  ],
  ...{ controls: [], expectations: [], limits: ["One seed."], facts: { "guess.accuracy": 0.9 } },
  ...{ prompts: [], out: "/tmp/x" },
};

const events = log(
  { type: "created", scenario: "yes-or-no", version: "1.0.0", minutes: 15 },
  { type: "team", team: "blue", reset: false },
  { type: "clock", what: "started", byMs: 0 },
  answer("blue", "guess", "0.4", { phase: "predict", outcome: "wrong", earned: 10 }),
  {
    type: "inject",
    inject: "paper",
    to: "all",
    via: "news",
    body: "The paper calls.",
    objective: 2,
    expectedAction: "say nothing",
    effect: null,
    by: "clock",
  },
  { type: "hint", team: "blue", question: "padding", hint: 1, costPct: 20, granted: false },
  answer("blue", "padding", "16", { outcome: "wrong", earned: 0, closed: false }),
  answer("blue", "padding", "none", { attempt: 2, earned: 40 }),
  answer("blue", "who", "Heron", { outcome: "false accusation", earned: -100 }),
  answer("blue", "choose", "padding=256", {
    phase: "defend",
    outcome: "waiting",
    earned: null,
    of: 100,
  }),
  {
    type: "judged",
    team: "blue",
    question: "choose",
    earned: 80,
    of: 100,
    by: "measurement",
    before: 0.9,
    after: 0.05,
    seeds: 30,
    words: "within budget",
    interval: [-0.9, -0.8],
    spent: { frameBytes: 2_000, commits: 0 },
  },
  { type: "rating", objective: 2, rating: "U", words: "too soon" },
  { type: "rating", objective: 2, rating: "M", words: "one bought by name" },
  { type: "note", team: "blue", words: "Heron asked twice", about: "strength" },
  { type: "note", team: null, words: "nobody asked for the price", about: "improve" },
  { type: "note", team: null, words: "the room was hot" },
  {
    type: "plan",
    line: 1,
    action: "ask for padding",
    owner: "Ada",
    due: "2027-04-01",
    dropped: false,
  },
  { type: "plan", line: 2, action: "buy fans", owner: "", due: "", dropped: false },
  { type: "plan", line: 2, action: "buy fans", owner: "", due: "", dropped: true },
  { type: "flag", team: "blue", question: "padding", what: "too fast", other: null },
  { type: "clock", what: "ended", byMs: 0 },
);

const record: ExerciseRecord = {
  ...{
    scenario,
    events,
    runs: [{ team: "blue", result, score: { earned: 29.6, of: 250 } }],
    matrix: null,
  },
  ...{ software: "backchannel", replay: "backchannel lab replay X", exerciseSeed: 5 },
  ...{ writtenAt: "2027-03-01T12:00:00.000Z", sources: [] },
};

describe("the after-action report of an exercise", () => {
  const report = afterActionOf(record);

  test("tells every event in its order, on the exercise's clock", () => {
    expect(report.timeline).toHaveLength(events.length - 1);
    const times = report.timeline.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(report.timeline.find(({ kind }) => kind === "inject")?.words).toBe("The paper calls.");
    expect(report.timeline.find(({ words }) => words.includes("measurement"))?.effect).toBe(
      "0.9 → 0.05 on 30 seeds, 80 of 100",
    );
    expect(report.startedAt).toBe(events[2]?.wall);
    expect(report.endedAt).toBe(events.at(-1)?.wall);
  });

  test("sets what was predicted beside what was measured", () => {
    expect(report.predictions).toHaveLength(1);
    expect(report.predictions[0]).toMatchObject({ predicted: "0.4", measured: "0.9" });
    expect(report.predictions[0]?.gap).toBeCloseTo(0.5, 9);
  });

  test("lists useless defences too, with their price, and who chose which", () => {
    const [good, useless] = report.defences;
    expect(good).toMatchObject({ without: 0.9, with: 0.05, seeds: 1, chosenBy: ["blue"] });
    expect(good?.price).toContain("+2000 bytes at the relay");
    expect(useless).toMatchObject({ verdict: "no effect seen", chosenBy: [] });
  });

  test("says what a team earned, and names false accusations", () => {
    expect(report.leaks[0]).toMatchObject({ score: 30, scoreOf: 250, seed: 7 });
    expect(report.improvements).toEqual([
      "nobody asked for the price",
      'blue accused Heron in "who", falsely',
    ]);
  });

  test("rates no objective by itself, and says what there is to go by", () => {
    expect(report.objectives.map(({ rating }) => rating)).toEqual([null, "M"]);
    expect(report.objectives[1]?.words).toBe("one bought by name");
    expect(report.objectives[0]?.evidence).toBe('blue on "guess": wrong, 10 of 50 points');
    expect(report.objectives[1]?.evidence).toBe(
      'paper: expected say nothing; blue on "choose": 0.9 → 0.05 on 30 seeds, 80 of 100',
    );
    const silent = afterActionOf({ ...record, events: events.slice(0, 3) });
    expect(silent.objectives.map(({ evidence }) => evidence)).toEqual(
      Array(2).fill("no inject or answer of this exercise aimed at it"),
    );
  });

  test("follows an inject to what teams did, and that to what it was measured to do", () => {
    const [thread] = report.threads;
    expect(report.threads).toHaveLength(1);
    expect(thread).toMatchObject({ words: "The paper calls.", expected: "say nothing" });
    const choice = thread?.actions.find(({ kind }) => kind === "defence");
    expect(choice).toMatchObject({
      words: "choose: padding=256",
      effect: "0.9 → 0.05 on 30 seeds, 80 of 100",
    });
    expect(thread?.actions.map(({ words }) => words).join()).not.toContain("measurement");
  });

  test("sets a team's choice beside its interval, its price and its verdict", () => {
    expect(report.choices).toEqual([
      {
        ...{
          team: "blue",
          chosen: "padding: 256",
          metric: "guess.accuracy",
          before: 0.9,
          after: 0.05,
        },
        ...{ interval: [-0.9, -0.8], seeds: 30, verdict: "less leaks", earned: 80, of: 100 },
        ...{ price: "+2000 bytes at the relay", budget: "within budget; frameBytes ≤ 120000" },
      },
    ]);
    expect(report.strengths).toContain(
      "blue chose padding: 256: guess.accuracy 0.9 → 0.05 on 30 seeds",
    );
  });

  test("says which defence nobody chose although it took most away", () => {
    const other = events.map((event) =>
      event.type === "answer" && event.question === "choose"
        ? { ...event, said: "padding=16" }
        : event,
    );
    const { improvements } = afterActionOf({ ...record, events: other });
    expect(improvements.at(-1)).toMatch(/^nobody chose padding: 256, .* 0\.9 → 0\.05 \(one pair\)/);
  });

  test("holds the plan without what was taken back, and every note that bears on it", () => {
    expect(report.plan).toEqual([{ action: "ask for padding", owner: "Ada", due: "2027-04-01" }]);
    expect(report.strengths[0]).toBe("blue: Heron asked twice");
    expect([...report.strengths, ...report.improvements].join()).not.toContain("hot");
  });

  test("counts answers of before a reset no more", () => {
    const reset = log(...events.slice(0, -1), { type: "team", team: "blue", reset: true });
    const after = afterActionOf({ ...record, events: reset });
    expect(after.predictions).toEqual([]);
    expect(after.choices).toEqual([]);
    expect(after.defences.flatMap(({ chosenBy }) => chosenBy)).toEqual([]);
  });

  test.each([
    ["40%", 0.5],
    ["0,4", 0.5],
    ["many", null],
  ])("a prediction of %s is off by %s", (said, gap) => {
    const told = events.map((event) =>
      event.type === "answer" && event.phase === "predict" ? { ...event, said } : event,
    );
    const [prediction] = afterActionOf({ ...record, events: told }).predictions;
    if (gap === null) expect(prediction?.gap).toBeNull();
    else expect(prediction?.gap).toBeCloseTo(gap, 9);
  });

  test("names what is to be looked at, and the evidence by team", () => {
    expect(report.flags).toEqual(['blue answered "padding" faster than it can be worked out']);
    expect(report.hashes).toEqual([{ path: "blue: drafts.json", sha256: "ab" }]);
    expect(report.limits).toEqual(["One seed."]);
  });

  test("of an exercise that nobody began says so, and makes nothing up", () => {
    const bare = afterActionOf({ ...record, events: [], runs: [] });
    expect(bare).toMatchObject({ teams: [], startedAt: null, endedAt: null, timeline: [] });
    expect(bare.predictions).toEqual([]);
    expect(bare.defences).toEqual([]);
  });
});
