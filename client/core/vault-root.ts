import { z } from "zod";
import { sealKeyBytes } from "#client/crypto/seal.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

export const segmentIdBytes = 16;

/** Where a cold record lies (its row) and what opens it. */
export interface Segment {
  readonly id: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * The one record that every save rewrites: all hot records, and the segment of each cold one. Whoever
 * loses the key of this root loses with it every segment that only older roots knew.
 */
export interface VaultRoot {
  readonly hot: ReadonlyMap<string, Uint8Array>;
  readonly cold: ReadonlyMap<string, Segment>;
}

/** Deterministic CBOR: `[[[key, bytes], …], [[key, segment id 16, segment key 32], …]]`, sorted by key. */
export function encodeRoot(root: VaultRoot): Uint8Array {
  const hot = sorted(root.hot).map(([key, bytes]) => [key, bytes]);
  const cold = sorted(root.cold).map(([key, segment]) => [key, segment.id, segment.key]);
  return encodeCbor([hot, cold]);
}

/** The parsed root. Failure `vault-damaged`. */
export function decodeRoot(bytes: Uint8Array): VaultRoot {
  const parsed = rootShape.safeParse(decodeRootCbor(bytes));
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error));
  const [hotRows, coldRows] = parsed.data;
  const hot = new Map(hotRows);
  const cold = new Map(coldRows.map(([key, id, segmentKey]) => [key, { id, key: segmentKey }]));
  const keys = [...hot.keys(), ...cold.keys()];
  if (new Set(keys).size !== hotRows.length + coldRows.length) throw damaged("a key occurs twice");
  return { hot, cold };
}

/** Whether a text may name a record. */
export function isRecordKey(key: string): boolean {
  return recordKey.safeParse(key).success;
}

const recordKey = z.string().min(1).max(limits.vaultKeyCharactersMax);
const octets = z.instanceof(Uint8Array);
const octetsOf = (size: number) =>
  octets.refine((bytes) => bytes.length === size, `not ${size} bytes`);
const rootShape = z.tuple([
  z.array(z.tuple([recordKey, octets])),
  z.array(z.tuple([recordKey, octetsOf(segmentIdBytes), octetsOf(sealKeyBytes)])),
]);

function decodeRootCbor(bytes: Uint8Array): unknown {
  try {
    return decodeCbor(bytes, "vault root");
  } catch (error) {
    // Here the bytes come from our own disk, not from a peer.
    if (error instanceof Failure && error.code === "malformed") throw damaged(error.message);
    throw error;
  }
}

function sorted<Value>(records: ReadonlyMap<string, Value>): [string, Value][] {
  return [...records].sort(([a], [b]) => (a < b ? -1 : 1));
}

function damaged(fault: string): Failure {
  return new Failure("vault-damaged", `vault root: ${fault}`);
}
