import type { VaultHeader } from "#client/core/vault-header.ts";
import type { VaultRoot } from "#client/core/vault-root.ts";
import type { Random } from "#client/crypto/random.ts";
import type { SlotFile } from "./slot-file.ts";
import type { Sqlite } from "./sqlite.ts";
import type { VaultFiles } from "./vault-files.ts";

/** The open files of a vault. Its lock is the database's. */
export interface VaultHandles {
  readonly dir: string;
  readonly files: VaultFiles;
  readonly database: Sqlite;
  readonly slot: SlotFile;
  readonly random: Random;
}

/** What an unlocked vault knows, as of its last durable save. */
export interface VaultState {
  readonly header: VaultHeader;
  /** What the passphrase opens: wraps each new slot key. */
  readonly wrappingKey: Uint8Array;
  readonly generation: number;
  /** Which of the two records of the key slot holds the slot key. */
  readonly activeRecord: number;
  readonly slotKey: Uint8Array;
  readonly root: VaultRoot;
}

export function closeHandles(handles: Pick<VaultHandles, "database" | "slot">): void {
  // The lock goes last: until then nobody else may touch the key slot.
  handles.slot.close();
  handles.database.close();
}
