import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change } from "#client/core/ports.ts";
import { argon2id } from "#client/crypto/argon.ts";
import type { DeriveKey } from "#client/node/argon.ts";
import type { SlotFile } from "#client/node/slot-file.ts";
import type { Sqlite } from "#client/node/sqlite.ts";
import type { Vault, VaultOptions } from "#client/node/vault.ts";
import { diskFiles, type VaultFiles } from "#client/node/vault-files.ts";
import { textOf, utf8 } from "#shared/bytes.ts";

/** Argon2id at its cheapest, in this thread. */
const deriveHere: DeriveKey = async ({ passphrase, salt, cost }) =>
  argon2id({ passphrase, salt, opsLimit: cost.passes, memBytes: cost.memoryBytes });

export const cheap = { argon: { passes: 1, memoryBytes: 8192 }, derive: deriveHere } as const;

export function withFiles(files: VaultFiles): VaultOptions {
  return { ...cheap, files };
}

let copies: string[] = [];

/** A folder of its own for one test, and its removal together with the copies that the test made. */
export function scratch(): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), "vault-"));
  return {
    dir,
    remove() {
      for (const folder of [dir, ...copies]) rmSync(folder, { recursive: true, force: true });
      copies = [];
    },
  };
}

export function hot(key: string, text: string | null): Change {
  return { key, bytes: text === null ? null : utf8(text), tier: "hot" };
}

export function cold(key: string, text: string | null): Change {
  return { key, bytes: text === null ? null : utf8(text), tier: "cold" };
}

/** Every record of a vault as text. */
export async function contents(vault: Vault): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const key of await vault.keys("")) {
    const bytes = await vault.read(key);
    found[key] = bytes === null ? "(absent)" : (textOf(bytes) ?? "(not text)");
  }
  return found;
}

/** All files of a folder, by name. */
export function filesOf(dir: string): Map<string, Buffer> {
  return new Map(
    readdirSync(dir)
      .sort()
      .map((name) => [name, readFileSync(join(dir, name))]),
  );
}

export function copyOf(dir: string): string {
  const copy = mkdtempSync(join(tmpdir(), "vault-copy-"));
  cpSync(dir, copy, { recursive: true });
  copies.push(copy);
  return copy;
}

/** A disk on which `step` is called, with a name, before each thing that changes it; it may throw. */
export function steppedFiles(step: (name: string) => void): VaultFiles {
  return {
    openSlot(path, mode) {
      if (mode === "new") step("create key slot");
      return steppedSlot(diskFiles.openSlot(path, mode), step);
    },
    openDatabase: (path) => steppedDatabase(diskFiles.openDatabase(path), step),
    rename(from, to) {
      step("rename");
      diskFiles.rename(from, to);
    },
    syncFolder(dir) {
      step("sync folder");
      diskFiles.syncFolder(dir);
    },
  };
}

function steppedSlot(slot: SlotFile, step: (name: string) => void): SlotFile {
  return {
    read: () => slot.read(),
    write(index, record) {
      step(`write record ${index}`);
      // A write that a power cut tears: the first half arrives, and then the rest.
      slot.write(index, Uint8Array.from(halfOf(slot, index, record)));
      step(`tear record ${index}`);
      slot.write(index, record);
    },
    sync() {
      step("sync key slot");
      slot.sync();
    },
    close: () => slot.close(),
  };
}

function halfOf(slot: SlotFile, index: number, record: Uint8Array): Uint8Array {
  const at = index * record.length;
  const before = slot.read().slice(at, at + record.length);
  const torn = new Uint8Array(record.length);
  torn.set(before);
  // 64 octets: within the part of a record that is in use.
  torn.set(record.subarray(0, 64));
  return torn;
}

function steppedDatabase(database: Sqlite, step: (name: string) => void): Sqlite {
  // A cache of one page makes SQLite write to the file in the middle of a transaction too.
  database.exec("PRAGMA cache_size = 1");
  const writes = /^(BEGIN IMMEDIATE|CREATE|INSERT|UPDATE|DELETE|COMMIT)/;
  let writing = false;
  const before = (sql: string): void => {
    if (sql.startsWith("BEGIN IMMEDIATE")) writing = true;
    if (writing && writes.test(sql)) step(sql.split(" ", 3).join(" "));
    if (sql === "COMMIT") writing = false;
  };
  return {
    get inTransaction() {
      return database.inTransaction;
    },
    exec(sql) {
      before(sql);
      database.exec(sql);
    },
    run(sql, ...values) {
      before(sql);
      database.run(sql, ...values);
    },
    rows: (sql, ...values) => database.rows(sql, ...values),
    close: () => database.close(),
  };
}
