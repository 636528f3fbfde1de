import { describe, expect, test } from "vitest";
import { edit, emptyDraft, type Key } from "#client/cli/editor.ts";
import { createPaint, fold, oneLine, widthOf, wrap } from "#client/cli/paint.ts";
import { drawScene, type Item, type Scene } from "#client/cli/screen.ts";

const bare = createPaint(false);
const coloured = createPaint(true);

function sceneOf(items: readonly Item[], changes: Partial<Scene> = {}): Scene {
  return {
    channel: "north-line",
    label: "Slate",
    epoch: 3,
    connected: true,
    state: "open",
    members: [
      { label: "Slate", self: true, heard: true },
      { label: "Heron", self: false, heard: false },
    ],
    words: ["harbor", "velvet", "nine"],
    timer: null,
    alarm: null,
    items,
    draft: emptyDraft,
    back: 0,
    ...changes,
  };
}

function said(body: string, id = body, from = "Heron"): Item {
  return { kind: "message", id, from, mine: false, atMs: 0, body, state: "sent" };
}

const type = (text: string) => edit(emptyDraft, { sequence: text });

describe("the conversation's screen", () => {
  const items = Array.from({ length: 40 }, (_, at) => said(`line ${at} ${"word ".repeat(at)}`));

  test.each([
    [80, 24],
    [120, 40],
    [24, 8],
    [41, 13],
  ])("fills exactly %i columns and %i rows, wherever one reads", (columns, rows) => {
    for (const back of [0, 7, 1_000]) {
      for (const paint of [bare, coloured]) {
        const scene = sceneOf(items, { back, draft: type("漢字 and a long line ".repeat(9)) });
        const drawn = drawScene(scene, { columns, rows }, paint);
        expect(drawn.rows.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...drawn.rows.map(widthOf))).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("shows the newest, and the oldest to whoever goes back far enough", () => {
    const size = { columns: 80, rows: 24 };
    const newest = drawScene(sceneOf(items), size, bare);
    expect(newest.rows.join("\n")).toContain("line 39");
    const oldest = drawScene(sceneOf(items, { back: newest.backMax }), size, bare);
    expect(oldest.rows.join("\n")).toContain("line 0");
    expect(oldest.rows.join("\n")).not.toContain("line 39");
  });

  test("names channel, epoch, members, words and an alarm at the top", () => {
    const alarm = "fork: two frames claim one place";
    const head = drawScene(sceneOf([], { alarm }), { columns: 80, rows: 24 }, bare).rows.slice(
      0,
      5,
    );
    expect(head.join("\n")).toBe(
      [
        `north-line · epoch 3${" ".repeat(49)}● connected`,
        "Slate you · Heron silent",
        "Read aloud: harbor velvet nine",
        "⚠ fork: two frames claim one place",
        "─".repeat(80),
      ].join("\n"),
    );
  });

  test("what waits for the relay, and what is kept without it, is marked", () => {
    const waiting: Item = { ...said("on its way"), state: "waiting" } as Item;
    const kept: Item = { ...said("kept"), state: "kept" } as Item;
    const text = drawScene(sceneOf([waiting, kept]), { columns: 80, rows: 24 }, bare).rows.join(
      "\n",
    );
    expect(text).toContain("on its way …");
    expect(text).toContain("kept ⧗");
  });

  test("nothing that a peer writes can steer the terminal", () => {
    const hostile = "\x1b[2J\x1b]0;title\x07 abc\u202ecba\r\u200b";
    const scene = sceneOf([said(hostile, "x", "He\x1b[31mron")], { alarm: hostile });
    const text = drawScene(scene, { columns: 80, rows: 24 }, bare).rows.join("\n");
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(oneLine("a\x1bb")).toBe("a·b");
  });
});

describe("talk on a terminal", () => {
  const long = `${"a word ".repeat(20)}end`;

  test.each(["✗ ", "  → ", "── ", "    ", ""])(
    "is broken at spaces, under its beginning %j",
    (begin) => {
      for (const paint of [bare, coloured]) {
        const rows = fold(paint.bad(begin + long), 40).split("\n");
        expect(rows.length).toBeGreaterThan(3);
        expect(Math.max(...rows.map(widthOf))).toBeLessThanOrEqual(40);
        const indent = " ".repeat(begin.length);
        const under = new RegExp(`^${indent}(?:a|word|end)`);
        expect(rows.slice(1).filter((row) => !under.test(row))).toEqual([]);
      }
    },
  );

  test("a command to copy is not broken, and what fits stays as it is", () => {
    const command = `    backchannel join 482913-crawfish-bamboo-tulip --relay ${"x".repeat(60)}:7117`;
    expect(fold(command, 40)).toBe(command);
    expect(fold("a  b\n\n  c", 40)).toBe("a  b\n\n  c");
  });
});

describe("the line that one types", () => {
  const keys = (...pressed: Key[]) => pressed.reduce(edit, type("two words"));
  const textOf = (...pressed: Key[]) => keys(...pressed).text.join("");

  test.each<[string, Key[], string]>([
    ["backspace takes one character", [{ name: "backspace" }], "two word"],
    ["delete at the end takes nothing", [{ name: "delete" }], "two words"],
    ["Ctrl-W takes a word", [{ name: "w", ctrl: true }], "two "],
    ["Ctrl-U takes everything before", [{ name: "u", ctrl: true }], ""],
    ["Home and Ctrl-K take everything", [{ name: "home" }, { name: "k", ctrl: true }], ""],
    ["left inserts before", [{ name: "left" }, { sequence: "!" }], "two word!s"],
    ["an unknown key changes nothing", [{ name: "f5", sequence: "\x1b[15~" }], "two words"],
    ["a Ctrl letter is not typed", [{ name: "x", ctrl: true, sequence: "\x18" }], "two words"],
    [
      "a character beyond the first plane is one",
      [{ sequence: "🕊" }, { name: "backspace" }],
      "two words",
    ],
  ])("%s", (_, pressed, text) => {
    expect(textOf(...pressed)).toBe(text);
  });
});

describe("wrapping", () => {
  test("no piece is wider than asked, and no character is lost", () => {
    for (const text of ["", "one", "a bb ccc dddd eeeee", "漢字漢字漢字 漢字", "x".repeat(50)]) {
      for (const columns of [2, 3, 7, 20]) {
        const pieces = wrap(text, columns);
        expect(Math.max(...pieces.map(widthOf))).toBeLessThanOrEqual(columns);
        expect(pieces.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }
    }
  });
});
