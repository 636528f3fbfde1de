import { z } from "zod";
import { textOf, unbase64url } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Artefact, Evidence } from "../evidence.ts";

const octets = z
  .string()
  .max(Math.ceil((limits.frameBytesMax * 4) / 3))
  .transform((text, context) => {
    const bytes = unbase64url(text);
    if (bytes !== null) return bytes;
    context.issues.push({ code: "custom", input: text, message: "not base64url" });
    return z.NEVER;
  });

const recordedLine = z.discriminatedUnion("what", [
  z.strictObject({
    what: z.literal("frame"),
    atMs: z.number(),
    mailbox: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: octets,
  }),
  z.strictObject({
    what: z.literal("said"),
    atMs: z.number(),
    nameplate: z.string().regex(/^[0-9]{6}$/),
    side: z.enum(["sponsor", "newcomer"]),
    index: z.number().int().min(0).max(0xffff),
    bytes: octets,
  }),
]);

/** One line, and where it stands. */
export type RecordedLine = z.infer<typeof recordedLine> & { readonly where: string };
export type RecordedFrame = Extract<RecordedLine, { what: "frame" }>;

/** What two people said through one nameplate, each side by index. */
export interface RecordedDoor {
  readonly nameplate: string;
  readonly sponsor: ReadonlyMap<number, Uint8Array>;
  readonly newcomer: ReadonlyMap<number, Uint8Array>;
}

export interface Recording {
  /** By mailbox, in the order in which they passed. */
  readonly boxes: ReadonlyMap<string, readonly RecordedFrame[]>;
  /** In the order in which they began. */
  readonly doors: readonly RecordedDoor[];
  readonly frames: number;
}

/** A recording of all that clients sent, one JSON object a line. Failure `malformed`, with file and line. */
export async function readRecording(
  evidence: Evidence,
  artefacts: readonly Artefact[],
): Promise<readonly RecordedLine[]> {
  const lines: RecordedLine[] = [];
  for (const { path } of artefacts.flatMap(({ files }) => files)) {
    const text = textOf(await evidence.read(path)) ?? "";
    for (const [index, row] of text.split("\n").entries()) {
      if (row !== "") lines.push(lineOf(row, `${path}:${index + 1}`));
    }
  }
  return lines;
}

/** The lines by what they belong to. */
export function sortRecording(lines: readonly RecordedLine[]): Recording {
  const boxes = new Map<string, RecordedFrame[]>();
  const doors = new Map<string, Record<"sponsor" | "newcomer", Map<number, Uint8Array>>>();
  for (const line of lines) {
    if (line.what === "frame") {
      const box = boxes.get(line.mailbox);
      if (box === undefined) boxes.set(line.mailbox, [line]);
      else box.push(line);
      continue;
    }
    const { nameplate, side, index, bytes } = line;
    const door = doors.get(nameplate) ?? { sponsor: new Map(), newcomer: new Map() };
    // What a side says under one index is said once.
    if (!door[side].has(index)) door[side].set(index, bytes);
    doors.set(nameplate, door);
  }
  return {
    boxes,
    doors: [...doors].map(([nameplate, door]) => ({ nameplate, ...door })),
    frames: lines.filter(({ what }) => what === "frame").length,
  };
}

function lineOf(row: string, place: string): RecordedLine {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    throw new Failure("malformed", `${place}: not JSON`);
  }
  const parsed = recordedLine.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${place}: not a line of a recording`);
  return { ...parsed.data, where: place };
}
