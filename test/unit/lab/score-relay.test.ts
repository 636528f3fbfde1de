import { describe, expect, test } from "vitest";
import { emptyFindings, type Findings } from "#client/lab/attacks/findings.ts";
import { metricValue } from "#client/lab/metrics.ts";
import { scoreGuest } from "#client/lab/score-guest.ts";
import { scoreRelay } from "#client/lab/score-split.ts";
import type { Truth } from "#client/lab/truth.ts";

const bare: Truth = {
  v: 1,
  scenario: "test",
  channel: "main",
  members: [],
  messages: [],
  epochs: [],
  theft: null,
  expired: [],
  late: [],
  commits: [],
  secrets: {},
};
const relay: NonNullable<Truth["relay"]> = {
  split: { atMs: 100_000, halves: [["Slate"], ["Larch", "Ember"]] },
  withheld: [],
  signals: [],
  taken: [],
};
const halves = (one: string[], other: string[]): Findings => ({
  ...emptyFindings("test"),
  split: {
    mailbox: "m",
    seq: 3,
    rivalCommits: [1, 1],
    framesBehind: [4, 4],
    halves: [
      { lines: ["a"], labels: one },
      { lines: ["b"], labels: other },
    ],
  },
});
const fork = (truth: Partial<typeof relay>, findings = emptyFindings("test")) => {
  const scored = scoreRelay(findings, { ...bare, relay: { ...relay, ...truth } }, []);
  return { ...scored, value: (id: string) => metricValue(scored.metrics, id) };
};

describe("the score of a hostile relay", () => {
  test("texts count once, from the fork to the first sign, however many took them in", () => {
    const taken = [
      { atMs: 99_000, by: "Larch", id: "0" },
      { atMs: 101_000, by: "Larch", id: "1" },
      { atMs: 101_000, by: "Ember", id: "1" },
      { atMs: 103_000, by: "Slate", id: "2" },
      { atMs: 105_000, by: "Slate", id: "3" },
    ];
    const signals = [{ atMs: 105_000, by: "Ember", code: "fork" }];
    const { value, detectedBy } = fork({ taken, signals });
    expect(value("fork.messages")).toBe(2);
    expect(value("detect.seconds")).toBe(5);
    expect(detectedBy).toBe("fork");
  });

  test("one half's sign is not both halves'", () => {
    const one = [{ atMs: 105_000, by: "Ember", code: "fork" }];
    expect(fork({ signals: one }).value("detect.halves")).toBeNull();
    const both = [...one, { atMs: 109_000, by: "Slate", code: "words" }];
    expect(fork({ signals: both }).value("detect.halves")).toBe(9);
  });

  test("an alarm before the fork is a false one, and detects nothing", () => {
    const { value, detectedBy } = fork({ signals: [{ atMs: 99_999, by: "Slate", code: "fork" }] });
    expect(value("alarm.false")).toBe(1);
    expect(value("detect.seconds")).toBeNull();
    expect(detectedBy).toBe("nothing");
  });

  test("a member counts as placed only in the right half, whichever half is named first", () => {
    expect(fork({}, halves(["Larch", "Ember"], ["Slate"])).value("fork.placed")).toBe(1);
    expect(fork({}, halves(["Slate", "Larch"], ["Ember"])).value("fork.placed")).toBeCloseTo(2 / 3);
    expect(fork({}).value("fork.placed")).toBe(0);
  });

  test("without a fork only false alarms have a number", () => {
    const { metrics } = fork({ split: null });
    expect(metrics.map(({ id }) => id)).toEqual([
      "withheld.epochs",
      "withheld.read",
      "alarm.false",
    ]);
  });
});

describe("the score of a guest", () => {
  const readings = (ways: readonly (null | "stored")[]) =>
    ways.map((way, index) => ({ atMs: (index + 1) * 1_000, epoch: 1, way }));
  const guest: NonNullable<Truth["guest"]> = {
    label: "Merlin",
    atMs: 2_500,
    turnedAway: null,
    admittedBy: [{ label: "Slate", check: "code" }],
    removed: { atMs: 4_500, by: "Larch" },
  };

  test("what he read before, while and after he was in are three numbers", () => {
    const { metrics, letInAt, shownOutAt, letInBy } = scoreGuest(
      { ...bare, guest },
      readings(["stored", null, "stored", null, "stored"]),
    );
    const value = (id: string) => metricValue(metrics, id);
    expect(value("recovered.before")).toBe(0.5);
    expect(value("dwell.messages")).toBe(1);
    expect(value("dwell.share")).toBe(0.5);
    expect(value("recovered.after")).toBe(1);
    expect(value("detect.seconds")).toBe(2);
    expect([letInAt, shownOutAt, letInBy]).toEqual([2, 4, "Slate (code)"]);
  });

  test("whoever was turned away was let in by nobody, and nothing had to be noticed", () => {
    const away = { ...guest, turnedAway: "denied", admittedBy: [], removed: null };
    const { metrics, letInAt, letInBy } = scoreGuest(
      { ...bare, guest: away },
      readings([null, null, null]),
    );
    expect(metricValue(metrics, "guest.admitted")).toBe(0);
    expect(metricValue(metrics, "dwell.messages")).toBe(0);
    expect(metricValue(metrics, "detect.seconds")).toBeNull();
    expect([letInAt, letInBy]).toEqual([null, "nobody"]);
  });
});
