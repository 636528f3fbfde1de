import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type Driver, isBusy, isFull, openDriver, type Statement } from "./driver.ts";
import type { Append, Appended, Extent, LogLimits, StoredFrame, Stretch } from "./log.ts";
import type { Random } from "./ports.ts";
import { schema, schemaVersion } from "./schema.ts";

/** The log over SQLite, synchronous: log-worker.ts runs it beside the event loop, inline-log.ts in it. */
export interface LogDatabase {
  append(appends: readonly Append[], expiresHour: number): Appended[];
  extent(mailbox: Uint8Array): Extent;
  read(mailbox: Uint8Array, from: number, bytesMax: number): Stretch;
  expire(hour: number): number;
  checkpoint(): void;
  close(): void;
}

export interface DatabaseOptions {
  /** The database file; null keeps everything in memory. Beside it lies a lock file. */
  readonly path: string | null;
  readonly limits: LogLimits;
  readonly random: Random;
}

/** A mailbox's row while a transaction works on it. */
interface MailboxRow {
  readonly number: number;
  head: number;
  bytes: number;
  /** Of its newest frame: expiry never decreases along a log, so what expires is always its beginning. */
  expires: number;
}

/** SQLite's default page. */
const pageBytes = 4096;

/**
 * Opens a log's database. Failures: `locked` when another relay uses it, `unavailable` when it was
 * written by another version, `relay-full` when there is no room even to begin.
 */
export function openDatabase(options: DatabaseOptions): LogDatabase {
  const unlock = options.path === null ? () => {} : lock(`${options.path}.lock`);
  let driver: Driver;
  try {
    driver = openFile(options.path, options.limits.dataBytesMax);
  } catch (error) {
    unlock();
    throw isFull(error) ? relayFull() : error;
  }
  const statements = prepareStatements(driver);
  const database: LogDatabase = {
    append: (appends, expiresHour) =>
      inTransaction(driver, () => appendAll(statements, options, appends, expiresHour)),
    extent: (mailbox) => {
      const row = findMailbox(statements, mailbox);
      return row === null ? { head: 0, oldest: 1 } : extentOf(statements, row);
    },
    read: (mailbox, from, bytesMax) => readFrom(statements, mailbox, from, bytesMax),
    expire: (hour) => inTransaction(driver, () => expireSome(statements, hour)),
    checkpoint: () => checkpoint(driver),
    close: () => {
      checkpointIfRoom(driver);
      driver.close();
      unlock();
    },
  };
  // A crash leaves the write-ahead log, and in it what was deleted before the crash.
  checkpointIfRoom(driver);
  return database;
}

function checkpoint(driver: Driver): void {
  try {
    driver.exec("PRAGMA incremental_vacuum");
    driver.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    throw isFull(error) ? relayFull() : error;
  }
}

/** Without room nothing is lost: what was committed stays in the write-ahead log until there is. */
function checkpointIfRoom(driver: Driver): void {
  try {
    checkpoint(driver);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "relay-full")) throw error;
  }
}

function relayFull(): Failure {
  return new Failure("relay-full", "the relay's disk is full; nothing was stored", 5_000);
}

/** An exclusive transaction on a file of its own: the system releases it even after kill -9. */
function lock(path: string): () => void {
  const driver = openDriver(path);
  try {
    // Only the lock is wanted: no journal file, which a full disk would refuse.
    driver.exec("PRAGMA journal_mode = MEMORY");
    driver.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    driver.close();
    if (isBusy(error)) throw new Failure("locked", "another relay is using this data folder");
    throw error;
  }
  return () => driver.close();
}

function openFile(path: string | null, dataBytesMax: number | null): Driver {
  const driver = openDriver(path ?? ":memory:");
  // auto_vacuum must be chosen before the first table; secure_delete overwrites what is deleted.
  driver.exec("PRAGMA auto_vacuum = INCREMENTAL");
  driver.exec("PRAGMA journal_mode = WAL");
  driver.exec("PRAGMA synchronous = FULL");
  driver.exec("PRAGMA secure_delete = ON");
  const version = driver.prepare("PRAGMA user_version").rows()[0]?.[0];
  if (version === 0) {
    driver.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT`);
  } else if (version !== schemaVersion) {
    driver.close();
    throw new Failure("unavailable", `relay data has version ${version}, not ${schemaVersion}`);
  }
  if (dataBytesMax !== null) {
    driver.exec(`PRAGMA max_page_count = ${Math.floor(dataBytesMax / pageBytes)}`);
  }
  return driver;
}

type Statements = Readonly<
  Record<
    | "mailbox"
    | "addMailbox"
    | "saveMailbox"
    | "newestExpires"
    | "oldest"
    | "addFrame"
    | "frame"
    | "frames"
    | "addId"
    | "findId"
    | "expired"
    | "dropFrame"
    | "dropId",
    Statement
  >
>;

function prepareStatements(driver: Driver): Statements {
  // Positions of mailbox n are the ids n * 2^32 to n * 2^32 + 2^32 - 1.
  const within = "id BETWEEN (?1 << 32) AND (?1 << 32) + 4294967295";
  return {
    mailbox: driver.prepare("SELECT number, head, bytes FROM mailbox WHERE name = ?"),
    addMailbox: driver.prepare("INSERT OR IGNORE INTO mailbox VALUES (?, ?, 0, 0)"),
    saveMailbox: driver.prepare("UPDATE mailbox SET head = ?2, bytes = ?3 WHERE number = ?1"),
    newestExpires: driver.prepare(
      `SELECT expires FROM frame WHERE ${within} ORDER BY id DESC LIMIT 1`,
    ),
    oldest: driver.prepare(`SELECT id & 4294967295 FROM frame WHERE ${within} ORDER BY id LIMIT 1`),
    addFrame: driver.prepare("INSERT INTO frame VALUES ((?1 << 32) | ?2, ?3, ?4, ?5)"),
    frame: driver.prepare("SELECT frame FROM frame WHERE id = (?1 << 32) | ?2"),
    frames: driver.prepare(
      `SELECT id & 4294967295, frame_id, frame FROM frame
       WHERE id BETWEEN (?1 << 32) | ?2 AND (?1 << 32) | ?3 ORDER BY id`,
    ),
    addId: driver.prepare("INSERT OR IGNORE INTO dedupe VALUES (?, ?, ?)"),
    findId: driver.prepare("SELECT seq FROM dedupe WHERE mailbox = ? AND frame_id = ?"),
    expired: driver.prepare(
      "SELECT id >> 32, id & 4294967295, frame_id FROM frame WHERE expires <= ? ORDER BY expires, id LIMIT ?",
    ),
    dropFrame: driver.prepare("DELETE FROM frame WHERE id = (?1 << 32) | ?2"),
    dropId: driver.prepare("DELETE FROM dedupe WHERE mailbox = ? AND frame_id = ?"),
  };
}

function inTransaction<T>(driver: Driver, work: () => T): T {
  driver.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    driver.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      driver.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does after some of its errors.
    }
    throw isFull(error) ? relayFull() : error;
  }
}

function findMailbox(statements: Statements, name: Uint8Array): MailboxRow | null {
  const row = statements.mailbox.rows(name)[0];
  if (row === undefined) return null;
  const [number, head, bytes] = row as [number, number, number];
  return { number, head, bytes, expires: 0 };
}

function extentOf(statements: Statements, row: MailboxRow): Extent {
  const oldest = statements.oldest.rows(row.number)[0]?.[0] as number | undefined;
  return { head: row.head, oldest: oldest ?? row.head + 1 };
}

function appendAll(
  statements: Statements,
  options: DatabaseOptions,
  appends: readonly Append[],
  expiresHour: number,
): Appended[] {
  const rows = new Map<string, MailboxRow>();
  const results = appends.map((append) => {
    const name = Buffer.from(append.mailbox).toString("latin1");
    let row = rows.get(name);
    if (row === undefined) {
      row = findMailbox(statements, append.mailbox) ?? addMailbox(statements, options, append);
      const newest = statements.newestExpires.rows(row.number)[0]?.[0] as number | undefined;
      row.expires = Math.max(expiresHour, newest ?? 0);
      rows.set(name, row);
    }
    return appendOne(statements, options.limits, row, append);
  });
  for (const row of rows.values()) statements.saveMailbox.run(row.number, row.head, row.bytes);
  return results;
}

function addMailbox(statements: Statements, options: DatabaseOptions, append: Append): MailboxRow {
  for (;;) {
    const [a, b, c, d] = options.random(4) as unknown as [number, number, number, number];
    const number = ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
    // Taken numbers are ignored by the statement: draw again.
    if (number !== 0 && statements.addMailbox.run(number, append.mailbox) === 1) {
      return { number, head: 0, bytes: 0, expires: 0 };
    }
  }
}

function appendOne(
  statements: Statements,
  bounds: LogLimits,
  row: MailboxRow,
  append: Append,
): Appended {
  const { frameId, frame } = append;
  const full =
    row.head >= bounds.mailboxFramesMax || row.bytes + frame.length > bounds.mailboxBytesMax;
  const seq = row.head + 1;
  if (!full && statements.addId.run(row.number, frameId, seq) === 1) {
    statements.addFrame.run(row.number, seq, frameId, row.expires, frame);
    row.head = seq;
    row.bytes += frame.length;
    return { kind: "stored", seq };
  }
  const found = statements.findId.rows(row.number, frameId)[0]?.[0] as number | undefined;
  if (found === undefined) return { kind: "refused", code: "mailbox-full" };
  const stored = statements.frame.rows(row.number, found)[0]?.[0] as Uint8Array;
  return equalBytes(stored, frame)
    ? { kind: "again", seq: found }
    : { kind: "refused", code: "bad-message" };
}

function readFrom(
  statements: Statements,
  mailbox: Uint8Array,
  from: number,
  bytesMax: number,
): Stretch {
  const row = findMailbox(statements, mailbox);
  if (row === null) return { head: 0, oldest: 1, frames: [] };
  const frames: StoredFrame[] = [];
  let bytes = 0;
  let next = from;
  // A few rows at a time: a mailbox may hold far more than is wanted.
  while (next <= row.head && bytes < bytesMax) {
    const last = Math.min(row.head, next + readRows - 1);
    const rows = statements.frames.rows(row.number, next, last);
    for (const [seq, frameId, frame] of rows as [number, Uint8Array, Uint8Array][]) {
      if (frames.length > 0 && bytes + frame.length > bytesMax) {
        bytes = bytesMax;
        break;
      }
      frames.push({ seq, frameId, frame });
      bytes += frame.length;
      next = seq + 1;
    }
    if (rows.length === 0) break;
  }
  return { ...extentOf(statements, row), frames };
}

/** Rows fetched at once while reading. */
const readRows = 16;

function expireSome(statements: Statements, hour: number): number {
  const rows = statements.expired.rows(hour, limits.expireFramesMax);
  for (const [number, seq, frameId] of rows as [number, number, Uint8Array][]) {
    statements.dropFrame.run(number, seq);
    statements.dropId.run(number, frameId);
  }
  return rows.length;
}
