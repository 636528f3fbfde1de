import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from "node:fs";
import {
  encodeSlotRecord,
  erasedSlotRecord,
  slotKeyBytes,
  wrapSlotKey,
} from "#client/core/key-slot.ts";
import { passphraseBytes } from "#client/core/passphrase.ts";
import type { Random } from "#client/core/ports.ts";
import { sealRoot, vaultSchema } from "#client/core/vault.ts";
import {
  type ArgonCost,
  argonSaltBytes,
  encodeVaultHeader,
  isArgonCost,
  sealVaultHeader,
  vaultIdBytes,
} from "#client/core/vault-header.ts";
import { Failure } from "#shared/failure.ts";
import type { DeriveKey } from "./argon.ts";
import type { SlotFile } from "./slot-file.ts";
import type { Sqlite } from "./sqlite.ts";
import type { VaultLock } from "./vault-commit.ts";
import {
  diskFailure,
  lockDatabase,
  schemaState,
  type VaultFiles,
  vaultPaths,
} from "./vault-files.ts";
import type { VaultHandles, VaultState } from "./vault-state.ts";

interface CreateParts {
  readonly argon: ArgonCost;
  readonly derive: DeriveKey;
  readonly random: Random;
  readonly files: VaultFiles;
}

/**
 * A new, empty vault. It exists from the moment at which SQLite commits its header: a crash before
 * leaves something that may be made again, a crash after leaves a vault that opens.
 */
export async function makeVault(
  dir: string,
  passphrase: string,
  parts: CreateParts,
): Promise<{ handles: VaultHandles; state: VaultState }> {
  const { files, random } = parts;
  const paths = vaultPaths(dir);
  makeFolder(dir);
  if (existsSync(paths.slot)) throw exists(dir);
  makePrivateFile(paths.database);
  const database = lockDatabase(files, paths.database);
  let slot: SlotFile | null = null;
  try {
    if (schemaState(database) !== "empty") throw exists(dir);
    const lock = await newLock(random(vaultIdBytes), passphrase, parts);
    const state = firstState(lock, random);
    const name = { vaultId: lock.header.vaultId, generation: state.generation };
    slot = files.openSlot(paths.newSlot, "new");
    slot.write(0, encodeSlotRecord(wrapSlotKey(name, state, random)));
    slot.write(1, erasedSlotRecord());
    slot.sync();
    files.syncFolder(dir);
    writeFirstRows(database, state, sealRoot(state.root, name, state.slotKey, random));
    files.rename(paths.newSlot, paths.slot);
    files.syncFolder(dir);
    return { handles: { dir, files, database, slot, random }, state };
  } catch (error) {
    slot?.close();
    database.close();
    throw diskFailure(error, "new vault");
  }
}

/** Header and wrapping key for a passphrase, with a fresh salt. Failure `usage`. */
export async function newLock(
  vaultId: Uint8Array,
  passphrase: string,
  { argon, derive, random }: Omit<CreateParts, "files">,
): Promise<VaultLock> {
  if (!isArgonCost(argon)) throw new Failure("usage", "Argon2id: parameters out of bounds");
  const typed = passphraseBytes(passphrase);
  const salt = random(argonSaltBytes);
  const argonKey = await derive({ passphrase: typed, salt, cost: argon });
  typed.fill(0);
  return sealVaultHeader({ vaultId, cost: argon, salt }, argonKey);
}

function firstState(lock: VaultLock, random: Random): VaultState {
  const { header, wrappingKey } = lock;
  // Not 1: a single stolen copy then does not tell how often its owner saved.
  const generation = new DataView(random(4).buffer).getUint32(0) + 1;
  const root = { hot: new Map(), cold: new Map() };
  return { header, wrappingKey, generation, activeRecord: 0, slotKey: random(slotKeyBytes), root };
}

function writeFirstRows(database: Sqlite, state: VaultState, sealedRoot: Uint8Array): void {
  const { header, generation } = state;
  database.exec("BEGIN IMMEDIATE");
  for (const table of vaultSchema) database.exec(table);
  database.run("INSERT INTO header (id, bytes) VALUES (1, ?)", encodeVaultHeader(header));
  const insertRoot = "INSERT INTO root (id, generation, sealed) VALUES (1, ?, ?)";
  database.run(insertRoot, generation, sealedRoot);
  database.exec("COMMIT");
}

/** Whether the folder was made; false when it was there. */
function makeDirectory(dir: string): boolean {
  try {
    return mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code !== "EEXIST" && code !== "ENOTDIR") throw error;
    throw new Failure("usage", `${dir}: is a file, or lies behind one; a vault is a folder`);
  }
}

/** A folder that nobody else may enter; an existing one is closed only if that can surprise nobody. */
function makeFolder(dir: string): void {
  if (makeDirectory(dir)) return;
  if ((statSync(dir).mode & 0o077) === 0) return;
  if (readdirSync(dir).length > 0) {
    throw new Failure("usage", `${dir}: others may enter this folder; chmod 700 it first`);
  }
  chmodSync(dir, 0o700);
}

/** SQLite would make the file readable by others; it gives the journal the same rights. */
function makePrivateFile(path: string): void {
  // Never opened when it exists: closing it again would drop this process's lock on it.
  if (!existsSync(path)) closeSync(openSync(path, "ax", 0o600));
}

function exists(dir: string): Failure {
  return new Failure("usage", `${dir}: there is a vault here already`);
}
