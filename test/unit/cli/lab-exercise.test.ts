import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventWords } from "#client/cli/lab-exercise-log.ts";
import { deskAt, mustBeSure, typedAt } from "#client/cli/lab-exercise-place.ts";
import { createPaint } from "#client/cli/paint.ts";
import { errorLine } from "#client/cli/terminal.ts";
import { writeLauncher } from "#client/lab/exercise/launcher.ts";
import { Failure, failureCodes } from "#shared/failure.ts";
import { openDesk } from "../lab/exercise/desk.ts";

describe("a facilitator's verb", () => {
  test("works in the record, and is refused by its name in a team's folder", async () => {
    const desk = await openDesk();
    await desk.seat("blue", "x");
    expect((await deskAt(desk.record, "export")).folder).toBe(desk.record);
    await expect(deskAt(desk.folderOf("blue"), "export")).rejects.toThrow(/^export is the facil/);
    await expect(deskAt(tmpdir(), "board")).rejects.toMatchObject({ code: "not-found" });
  });

  test("that takes something away asks, and does nothing where nobody can be asked", async () => {
    const wish = { loss: "all is lost", question: "Go on?", verb: "reset blue" };
    const nobody = { interactive: false, json: false };
    await mustBeSure({ ...wish, yes: true }, nobody);
    const refused = /all is lost; to do it: reset blue --yes/;
    await expect(mustBeSure({ ...wish, yes: false }, nobody)).rejects.toThrow(refused);
    const program = { interactive: true, json: true };
    await expect(mustBeSure({ ...wish, yes: false }, program)).rejects.toThrow(refused);
  });
});

describe("a command that is shown", () => {
  test("is the folder's own program, with what names folder and team", async () => {
    const folder = mkdtempSync(join(tmpdir(), "seat-"));
    expect(typedAt({ folder, team: null }, "next")).toMatch(/^backchannel lab exercise next --in /);
    await writeLauncher(folder);
    const typed = typedAt({ folder, team: "blue" }, "next");
    expect(typed).toMatch(/seat-\w+\/backchannel lab exercise next --in \S+ --team blue$/);
  });
});

describe("what went wrong in the lab", () => {
  test.each(failureCodes)("%s speaks of no vault where the lab can say it", (code) => {
    const lab = [
      "usage",
      "not-found",
      "rate-limited",
      "refused",
      "malformed",
      "locked",
      "integrity",
    ];
    if (!lab.includes(code)) return;
    const { message, hint } = errorLine(new Failure(code, "the detail"), null, "lab");
    expect(`${message} ${hint}`).not.toMatch(/vault|sent|relay|channel|seal/);
    expect(message).toContain("the detail");
  });

  test("is told as before where people talk", () => {
    expect(errorLine(new Failure("usage", "x")).message).toContain("Nothing was sent.");
  });
});

test("every kind of event has a line, and none can steer the screen", async () => {
  const paint = createPaint(false);
  const head = { v: 1 as const, n: 0, wall: "2030-01-01T00:00:00.000Z", atMs: 61_000 };
  const body = "a\u001b[2Jb\u202ec";
  const row = eventWords(
    {
      ...head,
      ...{ type: "inject", inject: body, to: "all", via: "news", body, objective: null },
      ...{ expectedAction: null, effect: null, by: "clock" },
    },
    paint,
  );
  expect(row).toContain("1:01");
  expect(row).not.toContain("\u001b");
  expect(row).not.toContain("\u202e");
  const note = { ...head, type: "note" as const, team: "blue", words: "seen" };
  expect(eventWords(note, paint)).toMatch(/blue +note: seen/);
});

test("a damaged record is called so, and not another's", async () => {
  const desk = await openDesk();
  const path = join(desk.record, "exercise.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"minutes": 20', '"minutes": 0'));
  await expect(deskAt(desk.record, "board")).rejects.toMatchObject({ code: "malformed" });
});
