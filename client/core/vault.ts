import type { Random } from "#client/crypto/random.ts";
import { openCommitted, sealCommitted, sealKeyBytes, sealNonceBytes } from "#client/crypto/seal.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { type SlotName, u64 } from "./key-slot.ts";
import { decodeVaultHeader } from "./vault-header.ts";
import {
  decodeRoot,
  encodeRoot,
  type Segment,
  segmentIdBytes,
  type VaultRoot,
} from "./vault-root.ts";

/**
 * The tables of `vault.sqlite`. What each column tells a thief without the passphrase:
 * header  that this is a vault, and what a guess of its passphrase costs
 * root    generation: from two copies, how many saves lie between them (it starts at random);
 *         sealed: the size of all hot records together, rounded up to a power of two
 * segment id: nothing (random, new at each rewrite, and the order of rows follows it);
 *         sealed: the size of one cold record, rounded up to a power of two; the rows: their number
 */
export const vaultSchema = [
  "CREATE TABLE header (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL) STRICT",
  "CREATE TABLE root (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
  "CREATE TABLE segment (id BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID",
] as const;

/** What lies in `vault.sqlite`, as bytes: the header row, the root row, and segment rows by id in hex. */
export interface VaultImage {
  readonly header: Uint8Array;
  readonly generation: number;
  readonly root: Uint8Array;
  readonly segments: ReadonlyMap<string, Uint8Array>;
}

const rootLabel = utf8("Backchannel v1 vault root\0");
const segmentLabel = utf8("Backchannel v1 vault segment\0");

/** Seals a root under the slot key of its generation: nonce 24 ‖ commitment 32 ‖ ciphertext ‖ tag 16. */
export function sealRoot(
  root: VaultRoot,
  name: SlotName,
  slotKey: Uint8Array,
  random: Random,
): Uint8Array {
  const bytes = encodeRoot(root);
  if (bytes.length > limits.vaultRootBytesMax) {
    throw new Failure("too-large", "vault: more hot records than the root may hold");
  }
  return sealPadded(slotKey, rootAad(name), { bytes, bytesMin: limits.vaultRootBytesMin }, random);
}

/** The root of a generation; null under another key or when altered. Failure `vault-damaged` if it is not a root. */
export function openRoot(
  sealed: Uint8Array,
  name: SlotName,
  slotKey: Uint8Array,
): VaultRoot | null {
  const bytes = openPadded(slotKey, rootAad(name), sealed, "root");
  return bytes === null ? null : decodeRoot(bytes);
}

/** Seals a cold record into a row of its own, under a key and a row id that were never used before. */
export function sealSegment(
  vaultId: Uint8Array,
  bytes: Uint8Array,
  random: Random,
): { segment: Segment; sealed: Uint8Array } {
  if (bytes.length > limits.vaultSegmentBytesMax) {
    throw new Failure("too-large", "vault: record larger than a segment may be");
  }
  const segment = { id: random(segmentIdBytes), key: random(sealKeyBytes) };
  const padded = { bytes, bytesMin: limits.vaultSegmentBytesMin };
  return {
    segment,
    sealed: sealPadded(segment.key, segmentAad(vaultId, segment.id), padded, random),
  };
}

/** The record in a segment's row; null under another key, at another id, or when altered. */
export function openSegment(
  vaultId: Uint8Array,
  segment: Segment,
  sealed: Uint8Array,
): Uint8Array | null {
  const place = `segment ${hex(segment.id)}`;
  return openPadded(segment.key, segmentAad(vaultId, segment.id), sealed, place);
}

function rootAad({ vaultId, generation }: SlotName): Uint8Array {
  return concat(rootLabel, vaultId, u64(generation));
}

function segmentAad(vaultId: Uint8Array, id: Uint8Array): Uint8Array {
  return concat(segmentLabel, vaultId, id);
}

/** Sizes are powers of two, so that a locked vault does not tell the length of a text. */
function sealPadded(
  key: Uint8Array,
  aad: Uint8Array,
  { bytes, bytesMin }: { bytes: Uint8Array; bytesMin: number },
  random: Random,
): Uint8Array {
  let paddedBytes = bytesMin;
  while (paddedBytes < 4 + bytes.length) paddedBytes *= 2;
  const padded = new Uint8Array(paddedBytes);
  new DataView(padded.buffer).setUint32(0, bytes.length);
  padded.set(bytes, 4);
  const nonce = random(sealNonceBytes);
  const sealed = concat(nonce, sealCommitted(key, nonce, aad, padded));
  padded.fill(0);
  return sealed;
}

function openPadded(
  key: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  place: string,
): Uint8Array | null {
  assert(key.length === sealKeyBytes, "a key of the vault has 32 bytes");
  if (sealed.length < sealNonceBytes) return null;
  const nonce = sealed.subarray(0, sealNonceBytes);
  const padded = openCommitted(key, nonce, aad, sealed.subarray(sealNonceBytes));
  if (padded === null) return null;
  const size =
    padded.length < 4 ? padded.length : new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (size > padded.length - 4 || padded.subarray(4 + size).some((octet) => octet !== 0)) {
    throw new Failure("vault-damaged", `vault ${place}: wrong padding`);
  }
  return padded.subarray(4, 4 + size);
}

/**
 * Every record of an image that its slot key opens, by record key, and the keys of those whose segment
 * is missing or altered. Null when the key is not the one of this image's generation.
 * Failures: `vault-version`, `vault-damaged`.
 */
export function readVaultImage(
  image: VaultImage,
  slotKey: Uint8Array,
): { records: ReadonlyMap<string, Uint8Array>; unreadable: readonly string[] } | null {
  const { vaultId } = decodeVaultHeader(image.header);
  const root = openRoot(image.root, { vaultId, generation: image.generation }, slotKey);
  if (root === null) return null;
  const records = new Map(root.hot);
  const unreadable: string[] = [];
  for (const [key, segment] of root.cold) {
    const sealed = image.segments.get(hex(segment.id));
    const bytes = sealed === undefined ? null : openSegment(vaultId, segment, sealed);
    if (bytes === null) unreadable.push(key);
    else records.set(key, bytes);
  }
  return { records, unreadable };
}
