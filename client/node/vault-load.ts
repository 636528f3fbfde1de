import { existsSync } from "node:fs";
import { z } from "zod";
import {
  decodeSlotRecord,
  type SlotRecord,
  slotRecordBytes,
  slotRecords,
  unwrapSlotKey,
} from "#client/core/key-slot.ts";
import { passphraseBytes } from "#client/core/passphrase.ts";
import { openRoot } from "#client/core/vault.ts";
import { decodeVaultHeader, openVaultHeader, type VaultHeader } from "#client/core/vault-header.ts";
import { segmentIdBytes, type VaultRoot } from "#client/core/vault-root.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { DeriveKey } from "./argon.ts";
import type { SlotFile } from "./slot-file.ts";
import type { Sqlite } from "./sqlite.ts";
import { diskFailure, schemaState, vaultPaths } from "./vault-files.ts";
import type { VaultState } from "./vault-state.ts";

/** The parsed rows of `vault.sqlite` that an opening needs; segments are read when they are asked for. */
export interface VaultRows {
  readonly header: VaultHeader;
  readonly headerBytes: Uint8Array;
  readonly generation: number;
  readonly sealedRoot: Uint8Array;
  readonly segmentIds: ReadonlySet<string>;
}

const headerRow = z.tuple([z.tuple([z.instanceof(Uint8Array)])]);
const rootRow = z.tuple([z.tuple([z.int().nonnegative(), z.instanceof(Uint8Array)])]);
const idRows = z.array(
  z.tuple([z.instanceof(Uint8Array).refine((id) => id.length === segmentIdBytes)]),
);

/** Reads and parses the rows. Failures: `not-found` for a vault never finished, `vault-version`, `vault-damaged`. */
export function readRows(database: Sqlite, dir: string): VaultRows {
  try {
    if (schemaState(database) === "empty") {
      if (!existsSync(vaultPaths(dir).slot)) throw noVault(dir);
      throw damaged("vault.sqlite: it is empty");
    }
    const [[headerBytes]] = parse(headerRow, database, "SELECT bytes FROM header", "header row");
    // Before the other tables: another version may have others.
    const header = decodeVaultHeader(headerBytes);
    if (schemaState(database) !== "vault") throw damaged("vault.sqlite: unknown tables");
    const rootSql = "SELECT generation, sealed FROM root";
    const [[generation, sealedRoot]] = parse(rootRow, database, rootSql, "root row");
    const ids = parse(idRows, database, "SELECT id FROM segment", "segment rows");
    const segmentIds = new Set(ids.map(([id]) => hex(id)));
    return { header, headerBytes, generation, sealedRoot, segmentIds };
  } catch (error) {
    throw diskFailure(error, "vault.sqlite");
  }
}

/** The two records of the key slot; null for one that is erased or torn. Failure `vault-damaged`. */
export function readSlot(slot: SlotFile): (SlotRecord | null)[] {
  const bytes = slot.read();
  if (bytes.length !== slotRecordBytes * slotRecords) {
    throw damaged(`keyslot: not ${slotRecordBytes * slotRecords} bytes long`);
  }
  return [0, 1].map((index) =>
    decodeSlotRecord(bytes.subarray(index * slotRecordBytes, (index + 1) * slotRecordBytes)),
  );
}

/**
 * Unlocks what was read, from the passphrase down to the list of segments, and writes nothing.
 * Failures: `passphrase`, `vault-damaged` naming the part.
 */
export async function unlock(
  rows: VaultRows,
  slot: SlotFile,
  passphrase: string,
  derive: DeriveKey,
): Promise<VaultState> {
  const { header, generation } = rows;
  const records = readSlot(slot);
  const activeRecord = records.findIndex((record) => record?.generation === generation);
  const record = records[activeRecord];
  if (!record) throw damaged("keyslot: no intact record for the root's generation");
  const typed = passphraseBytes(passphrase);
  const argonKey = await derive({ passphrase: typed, salt: header.salt, cost: header.cost });
  typed.fill(0);
  const wrappingKey = openVaultHeader(header, argonKey);
  if (wrappingKey === null) throw new Failure("passphrase", "vault: the passphrase is wrong");
  const slotKey = unwrapSlotKey(record, header.vaultId, wrappingKey);
  if (slotKey === null) throw damaged("keyslot: its record was altered");
  const root = openRoot(rows.sealedRoot, { vaultId: header.vaultId, generation }, slotKey);
  if (root === null) throw damaged("vault.sqlite: the root was altered");
  checkSegments(root, rows.segmentIds);
  return { header, wrappingKey, generation, activeRecord, slotKey, root };
}

function checkSegments(root: VaultRoot, segmentIds: ReadonlySet<string>): void {
  for (const [key, segment] of root.cold) {
    if (!segmentIds.has(hex(segment.id))) {
      throw damaged(`vault.sqlite: the segment of ${key} is missing`);
    }
  }
  if (segmentIds.size !== root.cold.size) {
    throw damaged("vault.sqlite: it has segments that the root does not know");
  }
}

/** There is no vault, or only the beginnings of one. */
export function noVault(dir: string): Failure {
  return new Failure("not-found", `${dir}: there is no vault here`);
}

function damaged(fault: string): Failure {
  return new Failure("vault-damaged", fault);
}

function parse<Rows>(shape: z.ZodType<Rows>, database: Sqlite, sql: string, place: string): Rows {
  const parsed = shape.safeParse(database.rows(sql));
  if (!parsed.success) throw damaged(`vault.sqlite: no valid ${place}`);
  return parsed.data;
}
