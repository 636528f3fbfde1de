import type { Reference, ReferenceRow, Settled } from "./reference.ts";

/** One reference as lines for a terminal: what it is, every parameter, and the rows in columns. */
export function printed(
  reference: Reference,
  settled: Settled,
  rows: readonly ReferenceRow[],
): string[] {
  const { name, source, differs } = reference;
  return [
    `${name}: ${source}`,
    "",
    ...parameterLines(settled),
    "",
    ...columns(
      ["setting", "published", "ours", "interval", ""],
      rows.map((row) => [row.setting, row.published || "–", row.ours, row.interval, mark(row)]),
    ),
    ...rows.flatMap(({ setting, note }) => (note === undefined ? [] : [`  * ${setting}: ${note}`])),
    "",
    `How this differs from the paper: ${differs}`,
    "",
  ];
}

function mark({ agrees }: ReferenceRow): string {
  return agrees === null ? "" : agrees ? "agrees" : "DIFFERS";
}

function parameterLines({ all }: Settled): string[] {
  const rows = Object.entries(all).map(([name, { value, words, source }]) => [
    `${name}=${value}`,
    source,
    words,
  ]);
  return columns(["parameter", "from", "meaning"], rows);
}

/** Rows under their heads, each column as wide as its widest cell. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, at) =>
    Math.max(cell.length, ...rows.map((row) => (row[at] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd();
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)];
}
