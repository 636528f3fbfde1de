import { describe, expect, test } from "vitest";
import { delayClaims, endlessDelay, type TimingLine } from "#client/lab/attacks/endless-delay.ts";
import type { Evidence } from "#client/lab/evidence.ts";
import { judge } from "#client/lab/rigs/delay-judge.ts";
import type { DelayTruth } from "#client/lab/rigs/delay-stage.ts";
import { utf8 } from "#shared/bytes.ts";

const minute = 60_000;

const frame = (at: number, counter: number, letter: number | null = counter): TimingLine => {
  return { atMs: at * minute, what: "frame", counter, letter };
};
const about = (what: "slots" | "end" | "copy", at: number, letter: number | null = null) =>
  ({ atMs: at * minute, what, counter: 0, letter }) satisfies TimingLine;

/** What the attack claims of a log, by a rule of two heartbeats of ten minutes; times in minutes. */
async function claimsOf(...lines: readonly TimingLine[]) {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const evidence = {
    artefacts: () => [{ files: [{ path: "timing.jsonl" }] }],
    read: async () => utf8(text),
  } as unknown as Evidence;
  const budget = { trials: 1, params: { every: 10, missing: 2 } };
  const { claims } = await endlessDelay(evidence, budget, () => {});
  const { suppressed, compared, ...rest } = delayClaims.parse(claims);
  return {
    ...rest,
    suppressed: suppressed.map(({ counter, atMs }) => [counter, atMs / minute]),
    compared: compared.map(({ letter, atMs }) => [letter, atMs / minute]),
  };
}

describe("one line without heartbeats", () => {
  test("shows a gap when a later frame has come, and names it after the wait", async () => {
    const { suppressed } = await claimsOf(frame(0, 1), frame(60, 3), about("end", 200));
    expect(suppressed).toEqual([[2, 80]]);
  });

  test("names nothing that comes while it is waited for", async () => {
    const { suppressed } = await claimsOf(
      frame(0, 1),
      frame(60, 3),
      frame(79, 2),
      about("end", 200),
    );
    expect(suppressed).toEqual([]);
  });

  test("says that it is blind behind the last frame, and names nothing there", async () => {
    const { suppressed, blindAfter } = await claimsOf(
      frame(0, 1),
      frame(60, 2),
      about("end", 9_000),
    );
    expect(suppressed).toEqual([]);
    expect(blindAfter).toBe(2);
  });

  test("names nothing before its time is over", async () => {
    const { suppressed } = await claimsOf(frame(0, 1), frame(60, 3), about("end", 79));
    expect(suppressed).toEqual([]);
  });
});

describe("heartbeats", () => {
  test("name the last frame too, k·h after it was due", async () => {
    const lines = [about("slots", 0), frame(0, 1), frame(10, 2), about("end", 45)];
    const { suppressed, blindAfter } = await claimsOf(...lines);
    expect(suppressed).toEqual([[3, 40]]);
    expect(blindAfter).toBeNull();
  });
});

describe("a second relay", () => {
  test("names a letter whose copy came and that is out after the wait, with nothing behind it", async () => {
    const lines = [frame(0, 1), about("copy", 0, 1), about("copy", 60, 2), about("end", 100)];
    const { compared, suppressed, blindAfter } = await claimsOf(...lines);
    expect(compared).toEqual([[2, 80]]);
    expect(suppressed).toEqual([]);
    expect(blindAfter).toBeNull();
  });

  test("calls nothing suppressed that is only late, nor what came before its copy", async () => {
    const late = [about("copy", 60, 2), frame(80, 2), about("end", 100)];
    expect((await claimsOf(frame(0, 1), ...late)).compared).toEqual([]);
    const before = [frame(50, 2), about("copy", 60, 2), about("end", 100)];
    expect((await claimsOf(frame(0, 1), ...before)).compared).toEqual([]);
  });
});

test("an empty log claims nothing", async () => {
  const { suppressed, compared, blindAfter } = await claimsOf();
  expect([suppressed, compared, blindAfter]).toEqual([[], [], null]);
});

test.each(["{", '{"atMs":1}', '{"atMs":1,"what":"frame","counter":1}'])(
  "%s is refused with its line",
  async (row) => {
    const evidence = {
      artefacts: () => [{ files: [{ path: "timing.jsonl" }] }],
      read: async () => utf8(`${row}\n`),
    } as unknown as Evidence;
    const budget = { trials: 1, params: { every: 10, missing: 2 } };
    await expect(endlessDelay(evidence, budget, () => {})).rejects.toMatchObject({
      code: "malformed",
      message: expect.stringContaining("timing.jsonl:1"),
    });
  },
);

describe("what is scored", () => {
  const swallowed = [
    { counter: 4, atMs: 0, letter: 3, isLast: false },
    { counter: 9, atMs: 0, letter: 7, isLast: true },
  ];
  const truth = {
    ...{ letters: [], swallowed, copies: 8, frames: 9, waitMs: 0, deadlineMs: 0, delayMs: 0 },
    ...{ startMs: 0, endMs: 86_400_000 / 2 },
  } satisfies DelayTruth;

  test("is the first alarm that names a frame, by its count or by its letter", () => {
    const suppressed = [{ counter: 4, atMs: 90_000 }];
    const compared = [{ letter: 3, atMs: 30_000 }];
    const judged = judge({ suppressed, compared }, truth);
    expect(judged).toMatchObject({ named: 1, wrong: 0, seconds: 30, falsePerDay: 0 });
    expect(swallowed.map((each) => judged.toldBy(each))).toEqual(["both", "nobody"]);
  });

  test("counts every alarm over what was only late, by either", () => {
    const suppressed = [{ counter: 5, atMs: 0 }];
    const compared = [{ letter: 1, atMs: 0 }];
    const judged = judge({ suppressed, compared }, truth);
    expect(judged).toMatchObject({ named: 0, wrong: 2, seconds: null, falsePerDay: 4 });
  });
});
