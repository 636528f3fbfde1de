import { closeSync, fsyncSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { vaultSchema } from "#client/core/vault.ts";
import { Failure } from "#shared/failure.ts";
import { openSlotFile, type SlotFile } from "./slot-file.ts";
import { openSqlite, type Sqlite, sqliteCode } from "./sqlite.ts";

/** Where the parts of a vault lie in its folder. */
export function vaultPaths(dir: string) {
  return {
    database: join(dir, "vault.sqlite"),
    journal: join(dir, "vault.sqlite-journal"),
    slot: join(dir, "keyslot"),
    /** A key slot whose vault is still being made; the vault exists once its header row does. */
    newSlot: join(dir, "keyslot.new"),
    socket: join(dir, "socket"),
  };
}

/** The disk under a vault: a test puts its faults between the vault and this. */
export interface VaultFiles {
  openSlot(path: string, mode: "existing" | "new"): SlotFile;
  openDatabase(path: string): Sqlite;
  rename(from: string, to: string): void;
  /** Makes the names in a folder durable. */
  syncFolder(dir: string): void;
}

export const diskFiles: VaultFiles = {
  openSlot: openSlotFile,
  openDatabase: openSqlite,
  rename: renameSync,
  syncFolder(dir) {
    const folder = openSync(dir, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
};

/**
 * Opens the database and takes its lock, which the operating system releases when the process dies.
 * Writes nothing, except that SQLite rolls back what a crash left half-written.
 * Failures: `locked`, `vault-damaged`.
 */
export function lockDatabase(files: VaultFiles, path: string): Sqlite {
  const database = files.openDatabase(path);
  try {
    // TRUNCATE empties the journal, and syncs that, before a save erases the old key: a journal that
    // came back after a power cut would roll back to a root whose key is gone.
    for (const pragma of [
      "locking_mode = EXCLUSIVE",
      "journal_mode = TRUNCATE",
      "synchronous = FULL",
      "secure_delete = ON",
      "temp_store = MEMORY",
      "trusted_schema = OFF",
      "cell_size_check = ON",
    ]) {
      database.exec(`PRAGMA ${pragma}`);
    }
    database.exec("BEGIN EXCLUSIVE");
    database.exec("COMMIT");
    return database;
  } catch (error) {
    database.close();
    throw diskFailure(error, "vault.sqlite");
  }
}

/** Whether the tables are the vault's, none, or something else. */
export function schemaState(database: Sqlite): "vault" | "empty" | "foreign" {
  const found = database.rows("SELECT sql FROM sqlite_schema ORDER BY rowid").map(([sql]) => sql);
  if (found.length === 0) return "empty";
  const same =
    found.length === vaultSchema.length && vaultSchema.every((sql, at) => sql === found[at]);
  return same ? "vault" : "foreign";
}

/** An error of SQLite or of the file system as a Failure that names the file. */
export function diskFailure(error: unknown, file: string): Failure {
  if (error instanceof Failure) return error;
  const code = sqliteCode(error) ?? fileCode(error) ?? "";
  const detail = `${file}: ${error instanceof Error ? error.message : "unknown error"}`;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new Failure("locked", `${file}: another process holds this vault`);
  }
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)) return new Failure("disk-full", detail);
  if (/^SQLITE_(CORRUPT|NOTADB|ERROR|SCHEMA|CONSTRAINT)/.test(code) || code === "ENOENT") {
    return new Failure("vault-damaged", detail);
  }
  return new Failure("internal", detail);
}

function fileCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
