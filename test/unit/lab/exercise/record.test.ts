import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { beginExercise, relinkTeam } from "#client/lab/exercise/begin.ts";
import { writeLauncher } from "#client/lab/exercise/launcher.ts";
import { nextPhase } from "#client/lab/exercise/play.ts";
import { openRecord, readPointer, worldSeed } from "#client/lab/exercise/record.ts";
import { newsFor } from "#client/lab/exercise/seen.ts";
import { statusOf, tableAt } from "#client/lab/exercise/table.ts";
import { openDesk } from "./desk.ts";

describe("a world's seed", () => {
  test("comes from the record's secret: the same team name has another world elsewhere", async () => {
    const exercise = await openRecord((await openDesk({ seed: null })).record);
    const other = { ...exercise, secret: new Uint8Array(32) };
    expect(worldSeed(exercise, "blue")).not.toBe(worldSeed(other, "blue"));
    expect(worldSeed(exercise, "blue")).toBe(worldSeed(exercise, "blue"));
    expect(worldSeed(exercise, "blue", 1)).not.toBe(worldSeed(exercise, "blue", 0));
    expect(worldSeed(exercise, "red")).not.toBe(worldSeed(exercise, "blue"));
  });

  test("follows from a seed that the facilitator fixed, and from nothing else then", async () => {
    const exercise = await openRecord((await openDesk({ seed: 42 })).record);
    const other = { ...exercise, secret: new Uint8Array(32) };
    expect(worldSeed(exercise, "blue")).toBe(worldSeed(other, "blue"));
  });
});

describe("folders", () => {
  test("the wrong one is called by its name", async () => {
    const desk = await openDesk();
    await desk.seat("blue", "x");
    await expect(tableAt(desk.record, desk.now)).rejects.toThrow(/the facilitator's record/);
    await expect(openRecord(desk.folderOf("blue"))).rejects.toThrow(/folder of team blue/);
    await expect(tableAt(tmpdir(), desk.now)).rejects.toThrow(/no exercise here/);
  });

  test("another account's is not taken for an empty one", async () => {
    const desk = await openDesk();
    await desk.seat("blue", "x");
    // Whoever may read everything cannot be refused.
    if (process.getuid?.() === 0) return;
    chmodSync(desk.record, 0);
    try {
      const refused = { code: "refused", message: expect.stringContaining("permission denied") };
      await expect(openRecord(desk.record)).rejects.toMatchObject(refused);
      await expect(tableAt(desk.folderOf("blue"), desk.now)).rejects.toMatchObject(refused);
    } finally {
      chmodSync(desk.record, 0o700);
    }
  });

  test("the facilitator plays for a team from the record, and for no team that is not there", async () => {
    const desk = await openDesk();
    await desk.seat("blue", "x");
    const { team } = await tableAt(desk.record, desk.now, "blue");
    expect(team).toBe("blue");
    await expect(tableAt(desk.record, desk.now, "red")).rejects.toThrow(/no team "red".*blue/);
    await expect(tableAt(desk.folderOf("blue"), desk.now, "red")).rejects.toThrow(/team blue/);
  });

  test("a record that was moved is joined with its teams again", async () => {
    const desk = await openDesk();
    await desk.seat("blue", "x");
    const moved = `${desk.record}-moved`;
    renameSync(desk.record, moved);
    await expect(tableAt(desk.folderOf("blue"), desk.now)).rejects.toMatchObject({
      code: "not-found",
    });
    await relinkTeam(moved, "blue", null);
    expect((await readPointer(desk.folderOf("blue"))).record).toBe(moved);
    const table = await tableAt(desk.folderOf("blue"), desk.now);
    await expect(relinkTeam(moved, "red", null)).rejects.toThrow(/no team/);
    await nextPhase(table);
    expect((await statusOf(table)).state.phase).toBe("investigate");
  });

  test("hold a program of their own that runs from anywhere and hands its words on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "exercise program '"));
    await writeLauncher(folder);
    const program = join(folder, "backchannel");
    expect(statSync(program).mode & 0o111).toBe(0o111);
    const text = readFileSync(program, "utf8");
    expect(/^program='(.*)'$/m.exec(text)?.[1]).toMatch(/client\/cli\/launcher\.js$/);
    const said = execFileSync(program, ["--version"], { cwd: tmpdir(), encoding: "utf8" });
    expect(said.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  }, 60_000);
});

describe("beginning", () => {
  test.each([0, 481, -1, 1.5])(
    "%d minutes are refused, and leave nothing behind",
    async (minutes) => {
      const desk = await openDesk();
      const record = `${desk.record}-fresh`;
      const begun = beginExercise({
        ...{ scenario: { id: "stolen-device" }, team: "blue", folder: desk.folderOf("blue") },
        ...{ record, seed: null, minutes, now: desk.now },
      });
      await expect(begun).rejects.toMatchObject({ code: "usage" });
      expect(existsSync(record)).toBe(false);
    },
  );

  test("another team brings no other time, seed or rule into an exercise", async () => {
    const desk = await openDesk();
    const plan = {
      ...{ scenario: { id: "stolen-device" }, team: "red", folder: desk.folderOf("red") },
      ...{ record: desk.record, seed: null, minutes: null, now: desk.now },
    };
    const differs = /belong to the whole exercise/;
    await expect(beginExercise({ ...plan, minutes: 60 })).rejects.toThrow(differs);
    await expect(beginExercise({ ...plan, seed: 6 })).rejects.toThrow(differs);
    await expect(beginExercise({ ...plan, late: "marked" })).rejects.toThrow(differs);
    expect(existsSync(desk.record)).toBe(true);
  });
});

test("news is told once, and what was told before is counted", async () => {
  const desk = await openDesk();
  const { exercise } = await desk.seat("blue", "x");
  const inject = (n: number) => ({
    ...{ v: 1 as const, n, wall: new Date(desk.wall).toISOString(), atMs: 0 },
    ...{ type: "inject" as const, inject: `i${n}`, to: "all" as const, via: "news" as const },
    ...{ body: "x", objective: null, expectedAction: null, effect: null, by: "clock" as const },
  });
  const told = [inject(0)];
  expect((await newsFor(exercise, "blue", told)).fresh).toHaveLength(1);
  told.push(inject(1));
  const next = await newsFor(exercise, "blue", told);
  expect(next.fresh.map(({ inject: id }) => id)).toEqual(["i1"]);
  expect(next.earlier).toBe(1);
  expect((await newsFor(exercise, "blue", told)).fresh).toEqual([]);
});
