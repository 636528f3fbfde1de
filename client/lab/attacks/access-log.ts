import { z } from "zod";
import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Artefact, Evidence } from "../evidence.ts";

const accessLine = z.strictObject({
  atMs: z.number(),
  line: z.string(),
  what: z.enum(["opened", "stored", "delivered"]),
  /** Absent, as `seq` and `frameId` may be, where the log was kept without it. */
  mailbox: z.string().optional(),
  seq: z.number().int().nullable().optional(),
  frameId: z.string().nullable().optional(),
  bytes: z.number().int().nullable(),
});

export type AccessEntry = z.infer<typeof accessLine>;

/** A relay's access log, one JSON object a line. Failure `malformed`, with file and line. */
export async function readAccessLog(
  evidence: Evidence,
  artefact: Artefact,
): Promise<readonly AccessEntry[]> {
  const entries: AccessEntry[] = [];
  for (const { path } of artefact.files) {
    const text = textOf(await evidence.read(path)) ?? "";
    for (const [index, row] of text.split("\n").entries()) {
      if (row !== "") entries.push(entryOf(row, `${path}:${index + 1}`));
    }
  }
  return entries;
}

function entryOf(row: string, place: string): AccessEntry {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    throw new Failure("malformed", `${place}: not JSON`);
  }
  const parsed = accessLine.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${place}: not a line of an access log`);
  return parsed.data;
}
