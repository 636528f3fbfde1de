import { z } from "zod";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Artefact, Evidence } from "../evidence.ts";

/** One frame as a relay's database holds it. */
export interface SeizedFrame {
  /** The mailbox's name, lower-case hex. */
  readonly mailbox: string;
  readonly seq: number;
  readonly frameId: Uint8Array;
  /** Hours since 1970 after which the relay would have deleted it. */
  readonly expires: number;
  readonly bytes: Uint8Array;
}

export interface SeizedDatabase {
  readonly artefact: Artefact;
  /** By mailbox, then by position. */
  readonly frames: readonly SeizedFrame[];
  readonly mailboxes: readonly string[];
  /** The artefact's files, raw, by path: what lies between and beneath the tables too. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const blob = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const frameRow = z.tuple([blob, z.number(), blob, z.number(), blob]);
const mailboxRow = z.tuple([blob]);

/** Reads a seized relay database. Failure `malformed` when it is not one. */
export async function readDatabase(
  evidence: Evidence,
  artefact: Artefact,
): Promise<SeizedDatabase> {
  const main = artefact.files.find((file) => file.path.endsWith(".sqlite"));
  if (main === undefined) throw new Failure("malformed", `${artefact.id}: no SQLite file`);
  const files = new Map<string, Uint8Array>();
  for (const file of artefact.files) files.set(file.path, await evidence.read(file.path));
  if ((files.get(main.path)?.length ?? 0) === 0) {
    return { artefact, frames: [], mailboxes: [], files };
  }
  const database = await evidence.openDatabase(artefact, main.path);
  try {
    const frames = database
      .rows(
        `SELECT mailbox.name, frame.id & 4294967295, frame_id, expires, frame
         FROM frame JOIN mailbox ON mailbox.number = frame.id >> 32 ORDER BY mailbox.name, frame.id`,
      )
      .map((row): SeizedFrame => {
        const [name, seq, frameId, expires, bytes] = frameRow.parse(row);
        return { mailbox: hex(name), seq, frameId, expires, bytes };
      });
    const mailboxes = database
      .rows("SELECT name FROM mailbox ORDER BY name")
      .map((row) => hex(mailboxRow.parse(row)[0]));
    return { artefact, frames, mailboxes, files };
  } catch (error) {
    const detail = error instanceof Error ? error.message : "unknown error";
    throw new Failure("malformed", `${artefact.id}: not a relay's database (${detail})`);
  } finally {
    database.close();
  }
}

/** Frames by the mailbox that they lie in. */
export function byMailbox(
  frames: readonly SeizedFrame[],
): ReadonlyMap<string, readonly SeizedFrame[]> {
  const boxes = new Map<string, SeizedFrame[]>();
  for (const frame of frames) {
    const box = boxes.get(frame.mailbox);
    if (box === undefined) boxes.set(frame.mailbox, [frame]);
    else box.push(frame);
  }
  return boxes;
}
