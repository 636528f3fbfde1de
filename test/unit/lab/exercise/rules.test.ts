import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { moveClock, writeNote } from "#client/lab/exercise/facilitate.ts";
import { answer, hint, nextPhase } from "#client/lab/exercise/play.ts";
import { pointsOf } from "#client/lab/exercise/points.ts";
import { statusOf } from "#client/lab/exercise/table.ts";
import { openDesk, stolenDevice } from "./desk.ts";

const minutes = (count: number) => count * 60_000;

describe("predictions", () => {
  test("may be changed until the team goes on, and the last one counts", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    expect(await answer(blue, "guess", "0.1")).toMatchObject({ closed: false });
    await answer(blue, "guess", "90%");
    await nextPhase(blue);
    await expect(answer(blue, "guess", "0.8")).rejects.toThrow(/closed/);
    const { state } = await statusOf(blue);
    const guess = state.questions.find(({ question }) => question.id === "guess");
    expect(guess).toMatchObject({ closed: true, wrong: 0, earned: guess?.of });
  });

  test.each(["450%", "1e400", "-1", "2", "many"])(
    "%s is no share: it is refused and takes nothing",
    async (said) => {
      const desk = await openDesk();
      const blue = await desk.seat("blue", "x");
      await expect(answer(blue, "guess", said)).rejects.toMatchObject({ code: "usage" });
      expect((await desk.events()).some(({ type }) => type === "answer")).toBe(false);
    },
  );

  test("stay sealed while another question asks for the same fact", async () => {
    const same = stolenDevice.replace(
      "{ type: interval, fact: recovered.past, scale: 1 }",
      "{ type: interval, fact: recovered.past.key, scale: 1 }",
    );
    const desk = await openDesk({ text: same });
    const blue = await desk.seat("blue", "x");
    await answer(blue, "past_range", "0..0.1");
    await nextPhase(blue);
    const sealed = async () => {
      const { state, truths } = await statusOf(blue);
      const range = state.questions.find(({ question }) => question.id === "past_range");
      return [range?.sealed, truths.has("past_range")];
    };
    expect(await sealed()).toEqual([true, false]);
    await answer(blue, "past_keys", "0");
    // The explanation asks for it once more.
    expect(await sealed()).toEqual([true, false]);
    await nextPhase(blue);
    await nextPhase(blue);
    await answer(blue, "why_past", "0");
    expect(await sealed()).toEqual([false, true]);
  });
});

describe("wrong tries", () => {
  test("take a fifth of the points each, for words, names and numbers alike", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "the corridor");
    await nextPhase(blue);
    const of = pointsOf(blue.exercise.scenario);
    for (const [id, wrong, right] of [
      ["secret", "the bridge", "the corridor"],
      ["healer", "Slate", "Heron"],
      ["past_keys", "0.4", "none"],
    ] as const) {
      expect((await answer(blue, id, wrong)).outcome).toBe("wrong");
      expect((await answer(blue, id, right)).earned).toBe(Math.round((of.get(id) ?? 0) * 0.8));
    }
  });

  test("take what the scenario says where it says so, and never more than there is", async () => {
    const text = stolenDevice.replace("    attempts: 3\n", "    attempts: 3\n    wrong_pct: 60\n");
    const desk = await openDesk({ text });
    const blue = await desk.seat("blue", "x");
    await nextPhase(blue);
    await answer(blue, "past_keys", "0.4");
    await answer(blue, "past_keys", "0.5");
    expect(await answer(blue, "past_keys", "0")).toMatchObject({ outcome: "right", earned: 0 });
  });

  test("are said in the brief beforehand, and accusations only where there is one", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    await nextPhase(blue);
    const brief = readFileSync(join(desk.folderOf("blue"), "BRIEF.md"), "utf8");
    expect(brief).toContain("each wrong try takes 20 %");
    expect(brief).not.toContain("costs twice the points");
  });

  test.each([
    ["healer", "Hern", /not among the people/],
    ["secret", "", /empty/],
    ["secret", " . ", /empty/],
    ["secret", "a\u001b[2Jb", /control characters/],
    ["secret", "a\u202eb", /marks of direction/],
  ])(
    "a name that is not there, nothing and what steers a screen are no try: %s %j",
    async (id, said, why) => {
      const desk = await openDesk();
      const blue = await desk.seat("blue", "x");
      await nextPhase(blue);
      const before = (await desk.events()).length;
      await expect(answer(blue, id, said)).rejects.toThrow(why);
      expect((await desk.events()).filter(({ type }) => type === "answer")).toEqual([]);
      expect((await desk.events()).length).toBe(before);
    },
  );

  test("words with line breaks and joiners are taken, on one line", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "می\u200cخواهم now");
    await nextPhase(blue);
    expect((await answer(blue, "secret", "می\u200cخواهم\nnow")).outcome).toBe("right");
    await expect(
      writeNote(blue.exercise, { team: null, words: "\u009b31m", about: null }, desk.now),
    ).rejects.toThrow(/control/);
  });
});

describe("the time", () => {
  test("is over: answers and hints are refused until the facilitator gives more", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    await answer(blue, "guess", "0.5");
    desk.wall += minutes(20) + 1_000;
    await expect(answer(blue, "guess", "0.9")).rejects.toThrow(/time is over \(20:01 of 20 min/);
    await nextPhase(blue);
    await expect(hint(blue, "secret")).rejects.toThrow(/time is over/);
    await moveClock(blue.exercise, "extend", 5, desk.now);
    expect((await answer(blue, "secret", "x")).late).toBe(false);
  });

  test("is over, and answers are taken and marked where the facilitator chose that", async () => {
    const desk = await openDesk({ late: "marked" });
    const blue = await desk.seat("blue", "x");
    await answer(blue, "guess", "0.5");
    desk.wall += minutes(20) + 1_000;
    expect((await answer(blue, "guess", "0.9")).late).toBe(true);
    expect(await desk.last()).toMatchObject({ type: "answer", late: true });
  });

  test("an end is taken back, and what lay between does not count", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    await moveClock(blue.exercise, "start", 0, desk.now);
    desk.wall += minutes(3);
    await moveClock(blue.exercise, "end", 0, desk.now);
    await expect(answer(blue, "guess", "0.9")).rejects.toThrow(/over/);
    desk.wall += minutes(60);
    const clock = await moveClock(blue.exercise, "resume", 0, desk.now);
    expect(clock).toMatchObject({ state: "running", atMs: minutes(3) });
    expect((await answer(blue, "guess", "0.9")).late).toBe(false);
    await expect(moveClock(blue.exercise, "resume", 0, desk.now)).rejects.toThrow(/running/);
  });

  test("brings an inject by whatever verb is typed first", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    await answer(blue, "guess", "0.9");
    desk.wall += minutes(8);
    await answer(blue, "guess", "0.8");
    const types = (await desk.events()).map(({ type }) => type);
    expect(types.slice(-2)).toEqual(["inject", "answer"]);
  });
});

describe("a team's folder", () => {
  test("gets the evidence and each phase's questions when the team gets there", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    const folder = desk.folderOf("blue");
    const brief = () => readFileSync(join(folder, "BRIEF.md"), "utf8");
    expect(existsSync(join(folder, "evidence"))).toBe(false);
    await nextPhase(blue);
    expect(existsSync(join(folder, "evidence", "manifest.json"))).toBe(true);
    expect(brief()).toContain("**past_keys**");
    // Options of the explanation give the answer to a question of the investigation away.
    expect(brief()).not.toContain("None of it; each key was erased");
    expect(readFileSync(join(folder, "questions.json"), "utf8")).not.toContain("why_past");
    await nextPhase(blue);
    expect(brief()).toContain("`victim_updates=after-theft`: commits +2 of 3");
    await nextPhase(blue);
    expect(brief()).toContain("None of it; each key was erased");
  });
});

describe("defences", () => {
  test("over the budget are refused with the sum, and another choice is taken", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    await nextPhase(blue);
    await nextPhase(blue);
    const over = answer(blue, "switches", "others_update=each-session");
    await expect(over).rejects.toThrow(/over the budget: commits \+9 of 3/);
    const both = "removal=after-theft victim_updates=after-theft";
    expect((await answer(blue, "switches", both)).outcome).toBe("waiting");
    await expect(answer(blue, "switches", "nothing")).rejects.toThrow(/closed/);
  });
});
