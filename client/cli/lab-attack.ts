import {
  type ClaimCell,
  type ClaimTable,
  type Findings,
  numberText,
  runAttack,
  tellFindings,
} from "#client/lab/door.ts";
import type { Output } from "./output.ts";
import { createPaint, oneLine, type Paint, wantsColours, widthOf } from "./paint.ts";

/** A screen or two: whoever wants more asks for JSON. */
const rowsMax = 60;
const columnMax = 52;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs one attack on a saved bundle. Failures: those of the lab. */
export async function attack(
  options: { readonly id: string; readonly bundle: string },
  output: Output,
): Promise<void> {
  const findings = await runAttack({
    ...options,
    onProgress: ({ step, done, of }) => output.talk(output.paint.faint(`[${done}/${of}] ${step}`)),
  });
  output.object({ type: "findings", ...findings });
  if (output.json) return;
  const paint = createPaint(wantsColours(process.stdout, process.env));
  print(paint.strong(findings.attack));
  for (const table of tellFindings(findings)) showTable(table, paint);
  showTexts(findings, paint);
  showChain(findings, paint);
  print(`\n${paint.strong("Counted on the way")}`);
  for (const [name, value] of Object.entries(findings.counts)) {
    print(`  ${name.padEnd(20)} ${numberText(value)}`);
  }
  for (const note of findings.notes) print(paint.faint(`  ${oneLine(note)}`));
  print(paint.faint("\n--json prints all of it, as one object"));
}

function showTable({ title, head, rows }: ClaimTable, paint: Paint): void {
  print(`\n${paint.strong(title)}`);
  if (rows.length === 0) {
    print(paint.faint("  nothing"));
    return;
  }
  const shown = rows.slice(0, rowsMax).map((row) => row.map(cellText));
  const widths = head.map((name, at) =>
    Math.min(columnMax, Math.max(...[name, ...shown.map((row) => row[at] ?? "")].map(widthOf))),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => padded(cell, widths[at] ?? 0)).join("  ")}`.trimEnd();
  print(paint.faint(line(head)));
  for (const row of shown) print(line(row));
  if (rows.length > rowsMax) print(paint.faint(`  and ${rows.length - rowsMax} more: --json`));
}

function cellText(cell: ClaimCell): string {
  return typeof cell === "string" ? oneLine(cell) : numberText(cell);
}

function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

function showTexts({ read }: Findings, paint: Paint): void {
  if (read.length === 0) return;
  print(`\n${paint.strong(`${read.length} texts`)}`);
  for (const { text, by, from, epoch } of read) {
    const where = epoch === null ? "" : ` epoch ${epoch}`;
    const speaker = from === null ? "" : `${oneLine(from)}: `;
    print(`  ${paint.faint(`${by.padEnd(6)}${where}`)} ${speaker}${oneLine(text)}`);
  }
}

function showChain({ chain }: Findings, paint: Paint): void {
  if (chain.length === 0) return;
  print(`\n${paint.strong("Epochs that the keys reach, one after the other")}`);
  for (const { epoch, end, committer, framesOpened } of chain) {
    const by = committer === null ? "" : ` by ${oneLine(committer)}`;
    print(`  epoch ${epoch}: ${framesOpened} frames opened; ${endWords[end]}${by}`);
  }
}

/** How an epoch ended for the thief. */
const endWords: Readonly<Record<Findings["chain"][number]["end"], string>> = {
  followed: "followed into the next one, begun",
  "own-update": "the device's own update shut it out",
  removed: "the device was removed",
  "log-ends": "the log ends here",
  stuck: "nothing led on",
};
