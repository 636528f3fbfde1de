import { existsSync, statSync } from "node:fs";
import { erasedSlotRecord, slotRecordBytes } from "#client/core/key-slot.ts";
import type { Change, Random, Store } from "#client/core/ports.ts";
import { openSegment, type VaultImage } from "#client/core/vault.ts";
import type { ArgonCost } from "#client/core/vault-header.ts";
import type { Segment } from "#client/core/vault-root.ts";
import { planSave } from "#client/core/vault-save.ts";
import { wipe } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type DeriveKey, deriveInWorker } from "./argon.ts";
import { systemRandom } from "./random.ts";
import type { SlotFile } from "./slot-file.ts";
import { commitSave, UnsettledSave, unsettled } from "./vault-commit.ts";
import { makeVault, newLock } from "./vault-create.ts";
import {
  diskFailure,
  diskFiles,
  lockDatabase,
  type VaultFiles,
  vaultPaths,
} from "./vault-files.ts";
import { imageRows } from "./vault-image.ts";
import { noVault, readRows, unlock } from "./vault-load.ts";
import { closeHandles, type VaultHandles, type VaultState } from "./vault-state.ts";

export interface VaultOptions {
  /** Called as the passphrase is being turned into a key, which takes a good part of a second. */
  readonly onDerive?: () => void;
  /** Cost of Argon2id for a new passphrase; an existing vault brings its own. */
  readonly argon?: ArgonCost;
  readonly derive?: DeriveKey;
  readonly random?: Random;
  readonly files?: VaultFiles;
}

interface VaultParts {
  readonly argon: ArgonCost;
  readonly derive: DeriveKey;
  readonly random: Random;
  readonly files: VaultFiles;
}

/**
 * Makes a vault in a folder (0700, made if need be) and opens it. Failures: `usage` when there is one
 * already or the folder is open to others, `locked`, `disk-full`.
 */
export async function createVault(
  dir: string,
  passphrase: string,
  options: VaultOptions = {},
): Promise<Vault> {
  await ready();
  const parts = withDefaults(options);
  const { handles, state } = await makeVault(dir, passphrase, parts);
  return new Vault(handles, state, parts);
}

/**
 * Opens a vault and holds it until `close`; a process that dies lets go of it. Nothing is written before
 * everything has been verified. Failures: `not-found`, `locked`, `passphrase`, `vault-version`,
 * `vault-damaged` naming the part.
 */
export async function openVault(
  dir: string,
  passphrase: string,
  options: VaultOptions = {},
): Promise<Vault> {
  await ready();
  const parts = withDefaults(options);
  const { files, random, derive } = parts;
  const paths = vaultPaths(dir);
  // SQLite would write a first page into an empty file.
  if (!existsSync(paths.database) || statSync(paths.database).size === 0) {
    throw existsSync(paths.slot)
      ? new Failure("vault-damaged", "vault.sqlite: it is missing or empty")
      : noVault(dir);
  }
  const database = lockDatabase(files, paths.database);
  let slot: SlotFile | null = null;
  try {
    const rows = readRows(database, dir);
    // A crash at the very end of a creation leaves the new key slot without its final name.
    const unnamed = !existsSync(paths.slot) && existsSync(paths.newSlot);
    slot = files.openSlot(unnamed ? paths.newSlot : paths.slot, "existing");
    const state = await unlock(rows, slot, passphrase, derive);
    const handles = { dir, files, database, slot, random };
    eraseOtherRecord(slot, state.activeRecord);
    if (unnamed) {
      files.rename(paths.newSlot, paths.slot);
      files.syncFolder(dir);
    }
    return new Vault(handles, state, parts);
  } catch (error) {
    slot?.close();
    database.close();
    throw diskFailure(error, "keyslot");
  }
}

/** Whether a folder holds a vault, finished and perhaps damaged; says nothing about a passphrase. */
export function vaultExists(dir: string): boolean {
  const paths = vaultPaths(dir);
  return existsSync(paths.database) || existsSync(paths.slot);
}

/** An open vault: the client's store. One process has it at a time. */
export class Vault implements Store {
  readonly dir: string;
  readonly #handles: VaultHandles;
  readonly #parts: VaultParts;
  #state: VaultState;
  #over: Failure | null = null;

  constructor(handles: VaultHandles, state: VaultState, parts: VaultParts) {
    this.dir = handles.dir;
    this.#handles = handles;
    this.#state = state;
    this.#parts = parts;
  }

  async keys(prefix: string): Promise<readonly string[]> {
    const { hot, cold } = this.#live().root;
    return [...hot.keys(), ...cold.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async read(key: string): Promise<Uint8Array | null> {
    const { hot, cold } = this.#live().root;
    const segment = cold.get(key);
    if (segment !== undefined) return this.#readSegment(key, segment);
    return hot.get(key)?.slice() ?? null;
  }

  /**
   * As the port says; Failure `internal` besides, after which the vault must be opened again, when the
   * disk failed so that only an opening can tell whether the save counts.
   */
  async save(changes: readonly Change[]): Promise<void> {
    const state = this.#live();
    if (changes.length === 0) return;
    const plan = planSave(state.root, state.header.vaultId, changes, this.#handles.random);
    this.#settle(() => commitSave(this.#handles, state, plan));
    wipe(state.slotKey, ...plan.spent);
  }

  /** Seals the vault under another passphrase; the old one opens nothing that is left on the disk. */
  async changePassphrase(passphrase: string): Promise<void> {
    const { vaultId } = this.#live().header;
    const lock = await newLock(vaultId, passphrase, this.#parts);
    const state = this.#live();
    const unchanged = { root: state.root, insert: [], remove: [] };
    this.#settle(() => commitSave(this.#handles, state, unchanged, lock));
    wipe(state.slotKey, state.wrappingKey);
  }

  /**
   * What a thief of the unlocked device has: the vault's rows, and the slot key that opens them
   * (`readVaultImage`). For the lab's evidence only.
   */
  unsafeUnlockedImage(): { readonly slotKey: Uint8Array; readonly image: VaultImage } {
    const { slotKey } = this.#live();
    return { slotKey: slotKey.slice(), image: imageRows(this.#handles.database) };
  }

  /** Erases the keys in memory and lets go of the vault. */
  close(): void {
    if (this.#over === null) this.#end(new Failure("internal", "vault: used after it was closed"));
  }

  #readSegment(key: string, segment: Segment): Uint8Array {
    const { database } = this.#handles;
    let sealed: unknown;
    try {
      sealed = database.rows("SELECT sealed FROM segment WHERE id = ?", segment.id)[0]?.[0];
    } catch (error) {
      throw diskFailure(error, "vault.sqlite");
    }
    const { vaultId } = this.#state.header;
    const bytes = sealed instanceof Uint8Array ? openSegment(vaultId, segment, sealed) : null;
    if (bytes === null) {
      throw new Failure("vault-damaged", `vault.sqlite: the segment of ${key} was altered`);
    }
    return bytes;
  }

  #live(): VaultState {
    if (this.#over !== null) throw this.#over;
    return this.#state;
  }

  #settle(commit: () => VaultState): void {
    try {
      this.#state = commit();
    } catch (error) {
      if (!(error instanceof UnsettledSave)) throw error;
      const failure = unsettled(error);
      this.#end(failure);
      throw failure;
    }
  }

  #end(why: Failure): void {
    this.#over = why;
    const { slotKey, wrappingKey, root } = this.#state;
    wipe(slotKey, wrappingKey, ...root.hot.values());
    for (const { key } of root.cold.values()) wipe(key);
    closeHandles(this.#handles);
  }
}

function eraseOtherRecord(slot: SlotFile, activeRecord: number): void {
  const other = 1 - activeRecord;
  const block = slot.read().subarray(other * slotRecordBytes, (other + 1) * slotRecordBytes);
  if (block.every((octet) => octet === 0)) return;
  slot.write(other, erasedSlotRecord());
  slot.sync();
}

function withDefaults(options: VaultOptions): VaultParts {
  const { onDerive } = options;
  const derive = options.derive ?? deriveInWorker;
  return {
    argon: options.argon ?? {
      passes: limits.argonPassesDefault,
      memoryBytes: limits.argonBytesDefault,
    },
    derive: (input) => {
      onDerive?.();
      return derive(input);
    },
    random: options.random ?? systemRandom,
    files: options.files ?? diskFiles,
  };
}
