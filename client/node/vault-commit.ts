import {
  encodeSlotRecord,
  erasedSlotRecord,
  slotKeyBytes,
  wrapSlotKey,
} from "#client/core/key-slot.ts";
import { sealRoot } from "#client/core/vault.ts";
import { encodeVaultHeader, type VaultHeader } from "#client/core/vault-header.ts";
import type { VaultRoot } from "#client/core/vault-root.ts";
import type { VaultSave } from "#client/core/vault-save.ts";
import { Failure } from "#shared/failure.ts";
import { diskFailure } from "./vault-files.ts";
import type { VaultHandles, VaultState } from "./vault-state.ts";

/** What a save may replace besides records: with a new passphrase, the header and its wrapping key. */
export interface VaultLock {
  readonly header: VaultHeader;
  readonly wrappingKey: Uint8Array;
}

/** What becomes of a save whose outcome must be read from the disk again: the vault has to be reopened. */
export class UnsettledSave extends Error {
  override readonly name = "UnsettledSave";
}

/**
 * One save, in the order in which a crash at any point leaves a vault that opens (DESIGN section 3):
 *
 *   1. the new slot key goes into the free record, fsync       the old root still has its record
 *   2. SQLite commits the new root with the next generation    from here the new state counts
 *   3. the old record is overwritten, fsync                    older roots have lost their key
 *
 * Gives the new state. Throws a Failure when nothing has changed, UnsettledSave when that is unknown or
 * when the new state stands but the old key may not be erased.
 */
export function commitSave(
  handles: VaultHandles,
  state: VaultState,
  save: Pick<VaultSave, "root" | "insert" | "remove">,
  lock: VaultLock = state,
): VaultState {
  const { slot, random } = handles;
  const generation = state.generation + 1;
  const activeRecord = 1 - state.activeRecord;
  const slotKey = random(slotKeyBytes);
  const name = { vaultId: lock.header.vaultId, generation };
  const keys = { slotKey, wrappingKey: lock.wrappingKey };
  const record = encodeSlotRecord(wrapSlotKey(name, keys, random));
  const sealedRoot = sealRoot(save.root, name, slotKey, random);
  try {
    slot.write(activeRecord, record);
    slot.sync();
  } catch (error) {
    throw diskFailure(error, "keyslot");
  }
  const headerBytes = lock === state ? null : encodeVaultHeader(lock.header);
  writeRows(handles, state, { ...save, generation, sealedRoot, headerBytes });
  try {
    slot.write(state.activeRecord, erasedSlotRecord());
    slot.sync();
  } catch (error) {
    throw new UnsettledSave(diskFailure(error, "keyslot").message);
  }
  const { header, wrappingKey } = lock;
  return { header, wrappingKey, generation, activeRecord, slotKey, root: save.root };
}

interface NewRows extends Pick<VaultSave, "insert" | "remove"> {
  readonly root: VaultRoot;
  readonly generation: number;
  readonly sealedRoot: Uint8Array;
  readonly headerBytes: Uint8Array | null;
}

function writeRows(handles: VaultHandles, state: VaultState, rows: NewRows): void {
  const { database } = handles;
  try {
    database.exec("BEGIN IMMEDIATE");
    for (const id of rows.remove) database.run("DELETE FROM segment WHERE id = ?", id);
    for (const { id, sealed } of rows.insert) {
      database.run("INSERT INTO segment (id, sealed) VALUES (?, ?)", id, sealed);
    }
    const { generation, sealedRoot, headerBytes } = rows;
    database.run("UPDATE root SET generation = ?, sealed = ?", generation, sealedRoot);
    if (headerBytes !== null) database.run("UPDATE header SET bytes = ?", headerBytes);
    database.exec("COMMIT");
  } catch (error) {
    // An error of COMMIT does not say on which side of it the disk is; the disk itself does.
    if (generationAfterRollback(handles) === rows.generation) return;
    forgetFreeRecord(handles, state);
    throw diskFailure(error, "vault.sqlite");
  }
}

function generationAfterRollback({ database }: VaultHandles): unknown {
  try {
    if (database.inTransaction) database.exec("ROLLBACK");
    const generation = database.rows("SELECT generation FROM root")[0]?.[0];
    if (typeof generation === "number") return generation;
  } catch (error) {
    throw new UnsettledSave(diskFailure(error, "vault.sqlite").message);
  }
  throw new UnsettledSave("vault.sqlite: the root row is gone");
}

/** The failed save's key opens nothing that counts; should this fail too, the next save overwrites it. */
function forgetFreeRecord({ slot }: VaultHandles, state: VaultState): void {
  try {
    slot.write(1 - state.activeRecord, erasedSlotRecord());
    slot.sync();
  } catch {
    // The first error is the one to report.
  }
}

/** An UnsettledSave as the Failure its caller sees. */
export function unsettled(error: UnsettledSave): Failure {
  return new Failure("internal", `${error.message}; open the vault again`);
}
