import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ExerciseEvent, NewEvent } from "#client/lab/exercise/event.ts";
import type { Exercise } from "#client/lab/exercise/record.ts";
import { ballotFigure, roomOf } from "#client/lab/exercise/room.ts";
import { roomPage } from "#client/lab/exercise/room-page.tsx";
import { parseScenario } from "#client/lab/scenario.ts";

const text = readFileSync(
  new URL("../../../../client/lab/scenarios/stolen-device.yaml", import.meta.url),
  "utf8",
);
const scenario = parseScenario(text, "s.yaml");
const exercise = { scenario } as Exercise;
const start = Date.UTC(2030, 0, 1);

function log(...events: readonly NewEvent[]): ExerciseEvent[] {
  const created = {
    type: "created" as const,
    scenario: scenario.id,
    version: scenario.version,
    minutes: 20,
  };
  return [created, ...events].map((event, n) => {
    const wall = new Date(start + n * 1_000).toISOString();
    return { v: 1, n, wall, atMs: 0, ...event } as ExerciseEvent;
  });
}

const came = (team: string): NewEvent => ({ type: "team", team, reset: false });
const past = (team: string): NewEvent => ({ type: "phase", team, phase: "investigate" });
const votes = (team: string, said: string): NewEvent => ({
  type: "answer",
  ...{ team, question: "guess", phase: "predict", said, attempt: 1 },
  ...{ outcome: "wrong", earned: 0, of: 20, closed: true },
});
const told = (to: "all" | "facilitator", body: string): NewEvent => ({
  type: "inject",
  ...{ inject: "one", to, via: "news", body, objective: null, by: "clock" },
  ...{ expectedAction: "they rotate", effect: null },
});
const ballot = (...events: readonly NewEvent[]) =>
  roomOf(exercise, log(...events), start).ballots.find(({ question }) => question === "guess");

describe("the ballot", () => {
  test("is secret while one team still thinks", () => {
    const seen = ballot(came("blue"), came("red"), votes("blue", "0.4"), past("blue"));
    expect(seen).toMatchObject({ cast: 1, teams: 2, votes: null });
    expect(seen && ballotFigure(seen)).toBeNull();
  });

  test("counts equal numbers as one vote, in their order, when all are past it", () => {
    const teams = ["blue", "red", "grey", "green", "ochre"];
    const said = ["0.9", "40%", "0.40", "0,4", "10%..30 %"];
    const events = teams.flatMap((team, at) => [came(team), votes(team, said[at] ?? "")]);
    const seen = ballot(...events, ...teams.map(past));
    expect(seen?.votes).toEqual([
      { said: "0.1..0.3", count: 1 },
      { said: "0.4", count: 3 },
      { said: "0.9", count: 1 },
    ]);
    expect(seen && ballotFigure(seen)?.bars.map(({ value }) => value)).toEqual([1, 3, 1]);
  });

  test("shows nobody's name beside a vote", () => {
    const seen = ballot(came("zebra"), votes("zebra", "0.4"), past("zebra"));
    expect(JSON.stringify(seen)).not.toContain("zebra");
  });

  test("is open while there is no team", () => {
    expect(ballot()).toMatchObject({ cast: 0, teams: 0, votes: null });
  });
});

describe("the page for the room", () => {
  const secretly = [came("blue"), votes("blue", "0.4321"), told("facilitator", "for one's eyes")];

  test("tells news to all and no other", () => {
    const page = roomPage(roomOf(exercise, log(...secretly, told("all", "A train")), start), null);
    expect(page).toContain("A train");
    expect(page).not.toContain("for one&#39;s eyes");
    expect(page).not.toContain("for one's eyes");
    expect(page).not.toContain("they rotate");
  });

  test("holds no open vote and no points", () => {
    const page = roomPage(roomOf(exercise, log(...secretly), start), null);
    expect(page).not.toContain("0.4321");
    // The page's styles speak of the points of charts.
    expect(page.replace(/<style>.*?<\/style>/s, "")).not.toContain("points");
    expect(page).toContain("1 of 1 teams have voted");
  });

  test("runs and fetches nothing, and reads itself again only where it is written again", () => {
    const room = roomOf(exercise, log(told("all", "<script>alert(1)</script>")), start);
    expect(roomPage(room, null)).not.toMatch(/<script|http-equiv="refresh"/);
    expect(roomPage(room, 2)).toContain('http-equiv="refresh" content="2"');
  });

  test("turns the clock to what is left", () => {
    const began = { type: "clock" as const, what: "started" as const, byMs: 0 };
    const events = log(began);
    const page = roomPage(roomOf(exercise, events, start + 1_000 + 61_000), null);
    expect(page).toContain("18:59");
  });
});
