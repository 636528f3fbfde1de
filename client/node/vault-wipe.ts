import { existsSync, rmSync } from "node:fs";
import { slotRecordBytes, slotRecords } from "#client/core/key-slot.ts";
import type { Random } from "#client/core/ports.ts";
import { Failure } from "#shared/failure.ts";
import { systemRandom } from "./random.ts";
import type { Sqlite } from "./sqlite.ts";
import {
  diskFailure,
  diskFiles,
  lockDatabase,
  type VaultFiles,
  vaultPaths,
} from "./vault-files.ts";
import { noVault } from "./vault-load.ts";

/**
 * Destroys a vault without its passphrase: the key slot first, durably, then the files. A damaged vault
 * is destroyed as well. Failures: `not-found`, `locked` while a process holds it.
 */
export function wipeVault(
  dir: string,
  { files = diskFiles, random = systemRandom }: { files?: VaultFiles; random?: Random } = {},
): void {
  const paths = vaultPaths(dir);
  const slots = [paths.slot, paths.newSlot].filter((path) => existsSync(path));
  if (slots.length === 0 && !existsSync(paths.database)) throw noVault(dir);
  const database = existsSync(paths.database) ? lockIfWhole(files, paths.database) : null;
  try {
    for (const path of slots) overwrite(files, path, random);
    // Names go in this order so that what is left after a crash is still recognised and wiped again.
    for (const path of [...slots, paths.database, paths.journal, paths.socket]) {
      rmSync(path, { force: true });
    }
    files.syncFolder(dir);
  } catch (error) {
    throw diskFailure(error, "keyslot");
  } finally {
    database?.close();
  }
}

function lockIfWhole(files: VaultFiles, path: string): Sqlite | null {
  try {
    return lockDatabase(files, path);
  } catch (error) {
    if (error instanceof Failure && error.code === "vault-damaged") return null;
    throw error;
  }
}

function overwrite(files: VaultFiles, path: string, random: Random): void {
  const slot = files.openSlot(path, "existing");
  try {
    for (let index = 0; index < slotRecords; index++) slot.write(index, random(slotRecordBytes));
    slot.sync();
  } finally {
    slot.close();
  }
}
