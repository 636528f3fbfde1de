import type { Draft } from "./editor.ts";
import { manyLines, oneLine, type Paint, takeColumns, widthOf, wrap } from "./paint.ts";

/** One thing in a conversation's scrollback. */
export type Item =
  | {
      readonly kind: "message";
      readonly id: string;
      readonly from: string;
      readonly mine: boolean;
      readonly atMs: number;
      readonly body: string;
      /** `waiting` for the relay's ack; `kept` in the outbox without a connection. */
      readonly state: "sent" | "waiting" | "kept";
    }
  | {
      readonly kind: "rule";
      readonly text: string;
      readonly tone: "calm" | "good" | "warn" | "bad";
    }
  | { readonly kind: "note"; readonly text: string };

/** Everything that the conversation's screen shows. */
export interface Scene {
  readonly channel: string;
  readonly label: string;
  readonly epoch: number;
  readonly connected: boolean;
  readonly state: string;
  readonly members: readonly {
    readonly label: string;
    readonly self: boolean;
    readonly heard: boolean;
  }[];
  readonly words: readonly string[];
  readonly timer: string | null;
  readonly alarm: string | null;
  readonly items: readonly Item[];
  readonly draft: Draft;
  /** Rows that the reader has gone back from the newest. */
  readonly back: number;
}

export interface Drawn {
  readonly rows: readonly string[];
  /** Where the cursor stands, from 0. */
  readonly cursor: { readonly row: number; readonly column: number };
  /** The furthest that one can go back. */
  readonly backMax: number;
}

const gutter = "  ";
const columnsMin = 24;
const rowsMin = 8;

/** Draws a conversation: exactly `rows` rows, none wider than `columns`. */
export function drawScene(
  scene: Scene,
  size: { readonly columns: number; readonly rows: number },
  paint: Paint,
): Drawn {
  const columns = Math.max(size.columns, columnsMin);
  const rows = Math.max(size.rows, rowsMin);
  const head = drawHead(scene, columns, paint);
  const input = drawInput(scene.draft, columns, paint);
  const foot = [paint.faint("─".repeat(columns)), ...input.rows, drawHint(scene, columns, paint)];
  const room = Math.max(1, rows - head.length - foot.length);
  const talk = scene.items.flatMap((item, at) =>
    drawItem(item, scene.items[at - 1], columns, paint),
  );
  const backMax = Math.max(0, talk.length - room);
  const end = talk.length - Math.min(scene.back, backMax);
  const seen = talk.slice(Math.max(0, end - room), end);
  // A young conversation stands at the bottom, next to the line where one types.
  const body = [...Array<string>(room - seen.length).fill(""), ...seen];
  return {
    rows: [...head, ...body, ...foot].slice(0, rows),
    cursor: { row: head.length + room + 1 + input.row, column: input.column },
    backMax,
  };
}

function drawHead(scene: Scene, columns: number, paint: Paint): string[] {
  const connection = scene.connected ? paint.good("● connected") : paint.warn("○ no connection");
  const state = scene.state === "open" ? connection : paint.bad(`■ ${scene.state}`);
  const timer = scene.timer === null ? "" : paint.faint(` · gone after ${scene.timer}`);
  const first = spread(
    `${paint.strong(oneLine(scene.channel))} ${paint.faint("·")} epoch ${paint.strong(String(scene.epoch))}${timer}`,
    state,
    columns,
  );
  const members = scene.members.map(({ label, self, heard }) => {
    const shown = paint.person(label, oneLine(label));
    return self
      ? `${shown} ${paint.faint("you")}`
      : heard
        ? shown
        : `${shown} ${paint.faint("silent")}`;
  });
  const head = [first, ...joinRows(members, paint.faint(" · "), columns)];
  // A seat that is gone has no words to compare.
  if (scene.words.length > 0) {
    const words = `Read aloud: ${scene.words.join(" ")}`;
    for (const row of wrap(words, columns)) head.push(paint.faint(row));
  }
  if (scene.alarm !== null) {
    for (const row of wrap(`⚠ ${oneLine(scene.alarm)}`, columns)) head.push(paint.bad(row));
  }
  return [...head, paint.faint("─".repeat(columns))];
}

/** Left and right on one row; the left gives way when both do not fit. */
function spread(left: string, right: string, columns: number): string {
  const room = columns - widthOf(left) - widthOf(right);
  return room >= 1 ? left + " ".repeat(room) + right : left;
}

function joinRows(parts: readonly string[], between: string, columns: number): string[] {
  const rows: string[] = [];
  let row = "";
  for (const part of parts) {
    const joined = row === "" ? part : row + between + part;
    if (row !== "" && widthOf(joined) > columns) {
      rows.push(row);
      row = part;
    } else row = joined;
  }
  return [...rows, row];
}

function drawItem(item: Item, before: Item | undefined, columns: number, paint: Paint): string[] {
  if (item.kind === "note") {
    return item.text
      .split("\n")
      .flatMap((line) => wrap(line, columns - 2).map((row) => gutter + paint.faint(row)));
  }
  if (item.kind === "rule") return drawRule(item.text, item.tone, columns, paint);
  const rows: string[] = [];
  const goesOn =
    before?.kind === "message" && before.from === item.from && item.atMs - before.atMs < 300_000;
  if (!goesOn) {
    const time = new Date(item.atMs).toTimeString().slice(0, 5);
    if (before !== undefined) rows.push("");
    rows.push(`${paint.person(item.from, oneLine(item.from))} ${paint.faint(time)}`);
  }
  const body = manyLines(item.body).flatMap((line) => wrap(line, columns - gutter.length - 2));
  const mark = { sent: "", waiting: paint.faint(" …"), kept: paint.warn(" ⧗") }[item.state];
  return [
    ...rows,
    ...body.map((row, at) => `${gutter}${row}${at === body.length - 1 ? mark : ""}`),
  ];
}

function drawRule(
  text: string,
  tone: "calm" | "good" | "warn" | "bad",
  columns: number,
  paint: Paint,
): string[] {
  const colour = { calm: paint.faint, good: paint.good, warn: paint.warn, bad: paint.bad }[tone];
  const pieces = wrap(oneLine(text), columns - 8);
  const rows = pieces.map((piece) => {
    const room = columns - widthOf(piece) - 2;
    const left = Math.max(2, Math.floor(room / 2));
    return colour(`${"╌".repeat(left)} ${piece} ${"╌".repeat(Math.max(2, room - left))}`);
  });
  return ["", ...rows];
}

const inputRowsMax = 4;

function drawInput(draft: Draft, columns: number, paint: Paint) {
  const width = columns - 3;
  const rows: string[] = [""];
  let cursor = { row: 0, column: 0 };
  for (const [at, character] of [...draft.text, " "].entries()) {
    const shown = at === draft.text.length ? " " : oneLine(character);
    let row = rows[rows.length - 1] as string;
    if (widthOf(row) + widthOf(shown) > width) {
      rows.push("");
      row = "";
    }
    if (at === draft.at) cursor = { row: rows.length - 1, column: widthOf(row) };
    rows[rows.length - 1] = row + shown;
  }
  const first = Math.max(0, Math.min(cursor.row, rows.length - inputRowsMax));
  const seen = rows.slice(first, first + inputRowsMax);
  return {
    rows: seen.map((row, at) => `${at === 0 ? paint.accent("› ") : gutter}${row}`),
    row: cursor.row - first,
    column: cursor.column + 2,
  };
}

function drawHint(scene: Scene, columns: number, paint: Paint): string {
  const others = scene.members.length - 1;
  const sealed = others === 1 ? "sealed for 1 other" : `sealed for ${others} others`;
  const text =
    scene.back > 0
      ? `${scene.back} rows back · End returns`
      : `${sealed} · Enter sends · /help · Ctrl-C ends`;
  return paint.faint(takeColumns(text, columns));
}
