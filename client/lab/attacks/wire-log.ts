import { z } from "zod";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Artefact, Evidence } from "../evidence.ts";

const wireLine = z.strictObject({
  atMs: z.number(),
  line: z.string(),
  side: z.enum(["first", "second"]),
  what: z.enum(["opened", "stored", "withheld"]),
  mailbox: z.string(),
  frameId: z.string().nullable(),
  bytes: z.number().nullable(),
});

export type WireEntry = z.infer<typeof wireLine>;

/** A relay's own log of who opened and appended what. Failure `malformed` when it is not one. */
export async function readWire(
  evidence: Evidence,
  artefact: Artefact,
): Promise<readonly WireEntry[]> {
  const entries: WireEntry[] = [];
  for (const { path } of artefact.files) {
    const text = textOf(await evidence.read(path)) ?? "";
    for (const [index, row] of text.split("\n").entries()) {
      if (row === "") continue;
      entries.push(entryOf(row, `${path}:${index + 1}`));
    }
  }
  return entries;
}

function entryOf(row: string, place: string): WireEntry {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    throw new Failure("malformed", `${place}: not JSON`);
  }
  const parsed = wireLine.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${place}: not a line of a wire log`);
  return parsed.data;
}
