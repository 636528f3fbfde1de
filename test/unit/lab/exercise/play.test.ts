import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { eventSchema } from "#client/lab/exercise/event.ts";
import { boardOf, deliverInject, grantHint, moveClock } from "#client/lab/exercise/facilitate.ts";
import { readEvents, withLog } from "#client/lab/exercise/log.ts";
import { answer, hint, nextPhase } from "#client/lab/exercise/play.ts";
import { pointsOf } from "#client/lab/exercise/points.ts";
import { statusOf } from "#client/lab/exercise/table.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { type Desk, openDesk } from "./desk.ts";

let desk: Desk;
let record = "";
const now = () => desk.wall;
const table = (team: string, secret: string) => desk.seat(team, secret);
const events = () => readEvents(record);
const last = () => desk.last();

beforeEach(async () => {
  desk = await openDesk();
  record = desk.record;
});

describe("the log's lock", () => {
  const lock = () => join(record, "lock");

  test.each([
    ["nothing in it", ""],
    ["the number of a process that is gone", "99999999"],
    ["a number that would mean every process", "-1"],
  ])("left behind with %s stops nobody", async (_, text) => {
    writeFileSync(lock(), text);
    await withLog(record, now, (log) => log.append({ type: "note", team: null, words: "on" }));
    expect(await last()).toMatchObject({ type: "note" });
    expect(readdirSync(record).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  test("a failure inside lets the next one in, and logs nothing", async () => {
    const before = (await events()).length;
    const act = withLog(record, now, () => Promise.reject(new Error("no")));
    await expect(act).rejects.toThrow("no");
    await withLog(record, now, (log) => log.append({ type: "note", team: null, words: "on" }));
    expect(await events()).toHaveLength(before + 1);
  });
});

describe("answers", () => {
  test("the first answer starts the clock", async () => {
    const blue = await table("blue", "x");
    await answer(blue, "guess", "0.9");
    expect((await events()).map(({ type }) => type)).toEqual([
      "created",
      "team",
      "clock",
      "answer",
    ]);
  });

  test("a question of a later phase is not taken, and one of an earlier is closed", async () => {
    const blue = await table("blue", "x");
    await expect(answer(blue, "secret", "x")).rejects.toThrow(/belongs to investigate/);
    await nextPhase(blue);
    await expect(answer(blue, "guess", "1")).rejects.toThrow(/closed/);
    await expect(answer(blue, "nope", "1")).rejects.toThrow(/no question/);
  });

  test("after every five wrong answers a question rests for a minute, and is not locked", async () => {
    const blue = await table("blue", "the corridor");
    await nextPhase(blue);
    for (let at = 0; at < 4; at++) {
      expect((await answer(blue, "secret", `wrong ${at}`)).pauseMs).toBe(0);
    }
    expect((await answer(blue, "secret", "wrong 5")).pauseMs).toBe(60_000);
    desk.wall += 59_000;
    await expect(answer(blue, "secret", "the corridor")).rejects.toMatchObject({
      code: "rate-limited",
      retryAfterMs: 1_000,
    });
    desk.wall += 1_000;
    expect((await answer(blue, "secret", "the corridor")).outcome).toBe("right");
    await expect(answer(blue, "secret", "the corridor")).rejects.toThrow(/closed/);
  });

  test("an answer that cannot be read costs nothing", async () => {
    const blue = await table("blue", "x");
    await expect(answer(blue, "guess", "many")).rejects.toThrow(/expected a share/);
    expect((await answer(blue, "guess", "0.9")).earned).toBeGreaterThan(0);
  });

  test("hints take their price off what a question earns, and a granted one takes none", async () => {
    const blue = await table("blue", "the corridor");
    const red = await table("red", "the bridge");
    await nextPhase(blue);
    await nextPhase(red);
    await hint(blue, "secret");
    expect(await grantHint(blue.exercise, "red", "secret", now)).toEqual(["red"]);
    const of = pointsOf(blue.exercise.scenario).get("secret") ?? 0;
    expect((await answer(blue, "secret", "the corridor")).earned).toBe(Math.round(of * 0.9));
    expect((await answer(red, "secret", "the bridge")).earned).toBe(of);
    await expect(hint(blue, "secret")).rejects.toThrow(/closed/);
  });

  test("defences that the scenario does not have are refused before anything is logged", async () => {
    const blue = await table("blue", "x");
    await nextPhase(blue);
    await nextPhase(blue);
    const before = (await events()).length;
    await expect(answer(blue, "switches", "magic=on")).rejects.toThrow(/no defence "magic"/);
    await expect(answer(blue, "switches", "removal=maybe")).rejects.toThrow(/one of never/);
    await expect(answer(blue, "switches", "__proto__=x")).rejects.toThrow(/no defence/);
    expect((await events()).length).toBe(before);
    expect((await answer(blue, "switches", "removal=after-theft")).outcome).toBe("waiting");
  });

  test("a wrong option comes with its feedback", async () => {
    const blue = await table("blue", "x");
    for (let at = 0; at < 3; at++) await nextPhase(blue);
    const given = await answer(blue, "why_past", "1");
    expect(given.outcome).toBe("wrong");
    expect(given.feedback).toContain("forward only");
  });

  test("the worth of all questions is the worth of the scenario", async () => {
    const scenario = await loadScenario({ id: "stolen-device" });
    expect([...pointsOf(scenario).values()].reduce((sum, each) => sum + each, 0)).toBe(250);
  });
});

describe("flags for the facilitator", () => {
  test("one answer said in two teams with different seeds is shown", async () => {
    const blue = await table("blue", "the corridor");
    const red = await table("red", "the bridge");
    await nextPhase(blue);
    await nextPhase(red);
    desk.wall += 60_000;
    await answer(blue, "secret", "the corridor");
    await answer(red, "secret", "The Corridor");
    expect(await last()).toMatchObject({
      ...{ type: "flag", team: "red", other: "blue", what: "same answer in two teams" },
    });
  });

  test("a right answer at once is shown as too fast, one after a minute is not", async () => {
    const blue = await table("blue", "the corridor");
    const red = await table("red", "the bridge");
    await nextPhase(blue);
    await answer(blue, "secret", "the corridor");
    expect(await last()).toMatchObject({ type: "flag", what: "too fast", team: "blue" });
    await nextPhase(red);
    desk.wall += 60_000;
    await answer(red, "secret", "the bridge");
    expect((await last()).type).toBe("answer");
  });
});

describe("the clock", () => {
  test("pauses do not count, and nothing is answered in one", async () => {
    const blue = await table("blue", "x");
    await moveClock(blue.exercise, "start", 0, now);
    desk.wall += 300_000;
    await moveClock(blue.exercise, "pause", 0, now);
    desk.wall += 900_000;
    await expect(answer(blue, "guess", "1")).rejects.toThrow(/paused/);
    await moveClock(blue.exercise, "resume", 0, now);
    desk.wall += 60_000;
    const clock = await moveClock(blue.exercise, "extend", 5, now);
    expect(clock).toMatchObject({ state: "running", atMs: 360_000, endMs: 25 * 60_000 });
    await expect(moveClock(blue.exercise, "start", 0, now)).rejects.toThrow(/running/);
    await moveClock(blue.exercise, "end", 0, now);
    await expect(answer(blue, "guess", "1")).rejects.toThrow(/over/);
  });

  test("a wall clock that is set back does not turn the exercise back", async () => {
    const blue = await table("blue", "x");
    await moveClock(blue.exercise, "start", 0, now);
    desk.wall += 300_000;
    await answer(blue, "guess", "1");
    desk.wall -= 200_000;
    expect((await boardOf(blue.exercise, now)).clock.atMs).toBe(300_000);
  });
});

describe("injects", () => {
  test("one is delivered when it is due, once, into every team's inbox", async () => {
    const blue = await table("blue", "x");
    await moveClock(blue.exercise, "start", 0, now);
    desk.wall += 8 * 60_000 - 1;
    await statusOf(blue);
    expect((await events()).some(({ type }) => type === "inject")).toBe(false);
    desk.wall += 1;
    await Promise.all([statusOf(blue), statusOf(blue), boardOf(blue.exercise, now)]);
    expect((await events()).filter(({ type }) => type === "inject")).toHaveLength(1);
    const inbox = join(record, "..", "blue", "inbox", "01-handed-back.txt");
    expect(readFileSync(inbox, "utf8")).toContain("embassy");
  });

  test("one on a condition is offered when the condition holds, and not sent by itself", async () => {
    const blue = await table("blue", "x");
    await moveClock(blue.exercise, "start", 0, now);
    desk.wall += 17 * 60_000;
    const row = (await boardOf(blue.exercise, now)).injects.find(
      ({ inject }) => inject.id === "slow-table",
    );
    expect(row).toMatchObject({ isDue: true, delivered: false });
    await deliverInject(blue.exercise, "slow-table", now);
    await expect(deliverInject(blue.exercise, "slow-table", now)).rejects.toThrow(/already/);
  });
});

describe("the log", () => {
  test("an unfinished last line does not count and is written over", async () => {
    const blue = await table("blue", "x");
    appendFileSync(join(record, "events.jsonl"), '{"v":1,"n":2,"type":"no');
    expect(await events()).toHaveLength(2);
    await answer(blue, "guess", "1");
    expect((await events()).map(({ n }) => n)).toEqual([0, 1, 2, 3]);
  });

  test("a line that is taken out or changed is found", async () => {
    const blue = await table("blue", "x");
    await answer(blue, "guess", "1");
    const path = join(record, "events.jsonl");
    const rows = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, rows.filter((_, at) => at !== 1).join("\n"));
    await expect(events()).rejects.toThrow(/events.jsonl:2/);
  });

  test("ten writers at once lose nothing and number every line once", async () => {
    await table("blue", "x");
    await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        withLog(record, now, (log) =>
          log.append({ type: "note", team: null, words: `note ${at}` }),
        ),
      ),
    );
    expect((await events()).map(({ n }) => n)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  test("every line is one of the schema", async () => {
    const blue = await table("blue", "x");
    await answer(blue, "guess", "1");
    for (const row of readFileSync(join(record, "events.jsonl"), "utf8").trim().split("\n")) {
      expect(eventSchema.safeParse(JSON.parse(row)).success).toBe(true);
    }
  });
});
