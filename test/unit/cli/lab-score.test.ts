import { afterEach, describe, expect, test, vi } from "vitest";
import { goOn, score } from "#client/cli/lab-exercise.ts";
import { status } from "#client/cli/lab-exercise-status.ts";
import { createOutput } from "#client/cli/output.ts";
import { judgeText, moveClock } from "#client/lab/exercise/facilitate.ts";
import { answer, nextPhase } from "#client/lab/exercise/play.ts";
import { openDesk, stolenDevice } from "../lab/exercise/desk.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a verb writes on stdout; nobody sits there who could be asked. */
async function said(run: (output: ReturnType<typeof createOutput>) => Promise<void>) {
  const rows: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => rows.push(String(text)) > 0);
  const silent = { write: () => true };
  await run(createOutput({ stdin: {}, stdout: silent, stderr: silent }, {}, false));
  return rows.join("");
}

/** The scenario with a question that a person judges, and one phase less. */
function withWords(): string {
  const [head = "", tail = ""] = stolenDevice.split("\n  - id: switches\n");
  const rest = tail.slice(tail.indexOf("\n  - id: why_past"));
  return `${head}${rest}`.replace(
    "\n  - id: why_past",
    `
  - id: words
    phase: explain
    prompt: Why?
    points: 50
    answer: { type: text, rubric: [Because] }
  - id: why_past`,
  );
}

describe("what a team is shown", () => {
  test("the facilitator's words reach it, and phases stand in their order", async () => {
    const desk = await openDesk({ text: withWords() });
    const blue = await desk.seat("blue", "x");
    await nextPhase(blue);
    expect(await nextPhase(blue)).toBe("explain");
    await answer(blue, "words", "It was stored");
    await judgeText(
      blue.exercise,
      { team: "blue", question: "words", pct: 80, words: "Half of it was missing" },
      desk.now,
    );
    const seat = { folder: desk.folderOf("blue"), team: null };
    const shown = await said((output) => score(seat, output));
    expect(shown).toContain("It was stored: judged: Half of it was missing");
    const order = shown.match(/^(predict|investigate|explain)/gm);
    expect(order).toEqual([...(order ?? [])].sort((a, b) => phase(a) - phase(b)));
    expect(shown).not.toContain("measure --seeds");
  });

  test("a closed prediction says how close it was, and an open one does not", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    const seat = { folder: desk.folderOf("blue"), team: null };
    await answer(blue, "guess", "0.7");
    expect(await said((output) => score(seat, output))).toMatch(/guess +– of \d+ +noted: 0.7/);
    await nextPhase(blue);
    expect(await said((output) => score(seat, output))).toMatch(/0.7: close, it was 0.9/);
  });

  test("nothing is left unanswered by mistake, and nothing is offered when all is over", async () => {
    const desk = await openDesk();
    const blue = await desk.seat("blue", "x");
    const seat = { folder: desk.folderOf("blue"), team: null };
    // Not even by the first thing that is typed, which starts the clock.
    const first = said((output) => goOn(seat, false, output));
    await expect(first).rejects.toThrow(/once you go on: guess, past_range/);
    await answer(blue, "guess", "0.7");
    const going = said((output) => goOn(seat, false, output));
    await expect(going).rejects.toThrow(/closed for good once you go on: past_range/);
    expect(await said((output) => goOn(seat, true, output))).toContain("phase investigate");
    await moveClock(blue.exercise, "end", 0, desk.now);
    const shown = await said((output) => status(seat, output));
    expect(shown).toContain("the exercise is over");
    expect(shown).not.toContain("go on:");
  });
});

function phase(name: string): number {
  return ["predict", "investigate", "explain"].indexOf(name);
}
