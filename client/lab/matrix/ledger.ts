import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cell, cellSchema } from "./cell.ts";

/** Where finished measurements are kept, one JSON object a line, so that a matrix goes on where it stopped. */
export interface Ledger {
  readonly path: string;
  find(key: CellKey): Cell | null;
  /** Every measurement, in the order in which they were first made. */
  all(): readonly Cell[];
  add(cell: Cell): Promise<void>;
}

export type CellKey = Pick<Cell, "scenario" | "file" | "change" | "seed">;

/** Opens the ledger of a folder. A last line that was cut off is left out; its measurement is made again. */
export async function openLedger(folder: string): Promise<Ledger> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "cells.jsonl");
  const text = await readFile(path, "utf8").catch(() => "");
  const cells = new Map<string, Cell>();
  for (const line of text.split("\n")) {
    const cell = parseLine(line);
    if (cell !== null) cells.set(keyOf(cell), cell);
  }
  let isCut = text !== "" && !text.endsWith("\n");
  return {
    path,
    all: () => [...cells.values()],
    find: (key) => cells.get(keyOf(key)) ?? null,
    async add(cell) {
      cells.set(keyOf(cell), cell);
      const before = isCut ? "\n" : "";
      isCut = false;
      await appendFile(path, `${before}${JSON.stringify(cell)}\n`);
    },
  };
}

function keyOf({ scenario, file, change, seed }: CellKey): string {
  return JSON.stringify([scenario, file, change, seed]);
}

function parseLine(line: string): Cell | null {
  try {
    return cellSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
