import { sha256 } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import {
  openCommitted,
  sealCommitted,
  sealCommittedOverheadBytes,
  sealNonceBytes,
} from "#client/crypto/seal.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";

/** The key slot holds two records, a block apart: a torn write of one cannot touch the other. */
export const slotRecordBytes = 4_096;
export const slotRecords = 2;
export const slotKeyBytes = 32;

/** A record as it lies in the file: the slot key of one generation, still wrapped. */
export interface SlotRecord {
  readonly generation: number;
  readonly nonce: Uint8Array;
  readonly wrapped: Uint8Array;
}

const magic = utf8("BCSLOT\0\x01");
const wrappedBytes = slotKeyBytes + sealCommittedOverheadBytes;
const bodyBytes = magic.length + 8 + sealNonceBytes + wrappedBytes;
const label = utf8("Backchannel v1 vault key slot\0");

/** What identifies a slot key: the vault and the generation of the root that it seals. */
export interface SlotName {
  readonly vaultId: Uint8Array;
  readonly generation: number;
}

/** Wraps a slot key under the passphrase's wrapping key. */
export function wrapSlotKey(
  name: SlotName,
  keys: { slotKey: Uint8Array; wrappingKey: Uint8Array },
  random: Random,
): SlotRecord {
  assert(keys.slotKey.length === slotKeyBytes, "a slot key has 32 bytes");
  const nonce = random(sealNonceBytes);
  const wrapped = sealCommitted(keys.wrappingKey, nonce, nameBytes(name), keys.slotKey);
  return { generation: name.generation, nonce, wrapped };
}

/** The slot key of a record; null under another wrapping key, for another vault, or when altered. */
export function unwrapSlotKey(
  record: SlotRecord,
  vaultId: Uint8Array,
  wrappingKey: Uint8Array,
): Uint8Array | null {
  const name = nameBytes({ vaultId, generation: record.generation });
  return openCommitted(wrappingKey, record.nonce, name, record.wrapped);
}

/**
 * One record of the key slot:
 *
 *     "BCSLOT\0\1" ‖ generation u64 ‖ nonce 24 ‖ wrapped key 80 ‖ SHA-256 of everything before 32
 *       ‖ zeros up to 4096 bytes
 */
export function encodeSlotRecord(record: SlotRecord): Uint8Array {
  const bytes = new Uint8Array(slotRecordBytes);
  const body = concat(magic, u64(record.generation), record.nonce, record.wrapped);
  bytes.set(body);
  bytes.set(sha256(body), bodyBytes);
  return bytes;
}

/** What an erased record looks like: nothing but zeros. */
export function erasedSlotRecord(): Uint8Array {
  return new Uint8Array(slotRecordBytes);
}

/** The record in a block; null when it is erased, torn half-way through a write, or damaged. */
export function decodeSlotRecord(block: Uint8Array): SlotRecord | null {
  if (block.length !== slotRecordBytes) return null;
  const body = block.subarray(0, bodyBytes);
  if (!equalBytes(body.subarray(0, magic.length), magic)) return null;
  if (!equalBytes(sha256(body), block.subarray(bodyBytes, bodyBytes + 32))) return null;
  if (block.subarray(bodyBytes + 32).some((octet) => octet !== 0)) return null;
  const generation = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(magic.length));
  if (!Number.isSafeInteger(generation)) return null;
  const nonceAt = magic.length + 8;
  return {
    generation,
    nonce: body.slice(nonceAt, nonceAt + sealNonceBytes),
    wrapped: body.slice(nonceAt + sealNonceBytes),
  };
}

/** A generation as eight octets, most significant first. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function nameBytes({ vaultId, generation }: SlotName): Uint8Array {
  return concat(label, vaultId, u64(generation));
}
