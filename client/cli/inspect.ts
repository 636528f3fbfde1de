import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Excerpt, parseExcerpt, provesText } from "#client/core/excerpt.ts";
import { decodeSlotRecord, slotRecordBytes } from "#client/core/key-slot.ts";
import { outlineFrame, outlineMessage, readyToOutline } from "#client/core/outline.ts";
import { decodeVaultHeader } from "#client/core/vault-header.ts";
import { openSqlite, type Sqlite } from "#client/node/sqlite.ts";
import { imageRows } from "#client/node/vault-image.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Output } from "./output.ts";

const inspectBytesMax = 256 << 20;
const shownMailboxesMax = 50;

type Value = string | number | boolean | null;
interface Inspection {
  readonly kind: string;
  readonly facts: readonly (readonly [string, Value])[];
}

/**
 * Prints what a file gives away to somebody without any key: a relay's database, a vault, its key slot,
 * a frame or an MLS message. Failures: `not-found`, `too-large`, `malformed` when it is none of these.
 */
export async function inspect(file: string, output: Output): Promise<void> {
  const bytes = readWhole(file);
  await readyToOutline();
  const { kind, facts } = look(file, bytes);
  if (!output.json) output.talk(`${output.paint.strong(basename(file))}: ${kind}`);
  for (const [name, value] of facts) {
    output.line({ type: "inspect", file: basename(file), kind, name, value });
  }
}

/** A line of a talk with its proof, from a file. Failures `usage`, `not-found`, `malformed`. */
export function readExcerpt(file: string): Excerpt {
  const excerpt = parseExcerpt(new TextDecoder().decode(readWhole(file)));
  if (excerpt === null) throw new Failure("usage", `${file}: is no line of a talk with its proof`);
  return excerpt;
}

function readWhole(file: string): Uint8Array {
  let size: number;
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new Failure("usage", `${file}: not a file`);
    size = found.size;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure("not-found", file);
  }
  if (size > inspectBytesMax) throw new Failure("too-large", `${file}: more than 256 MiB`);
  return new Uint8Array(readFileSync(file));
}

function look(file: string, bytes: Uint8Array): Inspection {
  if (startsWith(bytes, utf8("SQLite format 3\0"))) return lookAtDatabase(file, bytes);
  if (bytes.length === 2 * slotRecordBytes && hasSlotRecord(bytes)) return lookAtSlot(bytes);
  const excerpt = bytes[0] === 0x7b ? parseExcerpt(new TextDecoder().decode(bytes)) : null;
  if (excerpt !== null) return lookAtExcerpt(excerpt);
  const frame = outlineFrame(bytes);
  if (frame !== null) return { kind: "frame", facts: frame };
  return { kind: "MLS message", facts: outlineMessage(bytes) };
}

function lookAtExcerpt(excerpt: Excerpt): Inspection {
  const facts: [string, Value][] = [
    ["from, as it says", excerpt.from],
    ["signature key", excerpt.proof.key],
    ["signature holds over the text", provesText(excerpt)],
    ["who can have signed", "whoever has the key: everybody in the channel, once it was released"],
  ];
  return { kind: "excerpt", facts };
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((octet, at) => bytes[at] === octet);
}

/** Looks at a copy: opening a database may change it, and evidence is never written to. */
function lookAtDatabase(file: string, bytes: Uint8Array): Inspection {
  const folder = mkdtempSync(join(tmpdir(), "backchannel-inspect-"));
  try {
    const copy = join(folder, "copy.sqlite");
    writeFileSync(copy, bytes, { mode: 0o600 });
    for (const suffix of ["-wal", "-journal"]) {
      try {
        writeFileSync(`${copy}${suffix}`, readFileSync(`${file}${suffix}`), { mode: 0o600 });
      } catch {
        // Most databases lie alone.
      }
    }
    const database = openSqlite(copy);
    try {
      const tables = database
        .rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .map(([name]) => String(name));
      if (tables.includes("mailbox") && tables.includes("frame")) return lookAtRelay(database);
      if (tables.includes("root") && tables.includes("segment")) return lookAtVault(database);
      throw new Failure("malformed", `${basename(file)}: neither a relay's database nor a vault`);
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lookAtRelay(database: Sqlite): Inspection {
  const number = (sql: string): number => Number(database.rows(sql)[0]?.[0] ?? 0);
  const mailboxes = database.rows(
    `SELECT name, head, bytes FROM mailbox ORDER BY name LIMIT ${shownMailboxesMax}`,
  );
  const sizes = database.rows("SELECT length(frame), count(*) FROM frame GROUP BY 1 ORDER BY 1");
  return {
    kind: "relay database",
    facts: [
      ["mailboxes", number("SELECT count(*) FROM mailbox")],
      ["frames kept", number("SELECT count(*) FROM frame")],
      ["members, accounts", "no such columns"],
      ["addresses, times", "no such columns, but the hour in which a frame expires"],
      ...sizes.map(([size, count]): [string, Value] => [`frames of ${size} B`, Number(count)]),
      ...mailboxes.map(([name, head, bytes]): [string, Value] => [
        `mailbox ${hex(name as Uint8Array).slice(0, 12)}…`,
        `${head} frames ever, ${bytes} bytes`,
      ]),
    ],
  };
}

function lookAtVault(database: Sqlite): Inspection {
  const image = imageRows(database);
  const header = decodeVaultHeader(image.header);
  const segments = [...image.segments.values()];
  return {
    kind: "vault",
    facts: [
      ["vault id", hex(header.vaultId)],
      ["Argon2id passes", header.cost.passes],
      ["Argon2id memory", `${header.cost.memoryBytes >> 20} MiB`],
      ["saves so far", image.generation],
      ["sealed root", `${image.root.length} bytes`],
      ["sealed segments", segments.length],
      ["bytes in segments", segments.reduce((sum, sealed) => sum + sealed.length, 0)],
      ["names, texts, keys", "sealed; the key is in `keyslot`, wrapped by the passphrase"],
    ],
  };
}

function slotRecordsOf(bytes: Uint8Array) {
  return [0, 1].map((at) =>
    decodeSlotRecord(bytes.subarray(at * slotRecordBytes, (at + 1) * slotRecordBytes)),
  );
}

function hasSlotRecord(bytes: Uint8Array): boolean {
  return slotRecordsOf(bytes).some((record) => record !== null);
}

function lookAtSlot(bytes: Uint8Array): Inspection {
  return {
    kind: "vault key slot",
    facts: slotRecordsOf(bytes).map((record, at): [string, Value] => [
      `record ${at}`,
      record === null ? "erased" : `wraps the key of save ${record.generation}`,
    ]),
  };
}
