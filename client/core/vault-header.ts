import { equalSecret, hmacSha256, sha256, wipe } from "#client/crypto/hash.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

/** Version of every byte layout of the vault; another one is refused as `vault-version`. */
export const vaultVersion = 1;
export const vaultIdBytes = 16;
export const argonSaltBytes = 16;

/** What Argon2id (RFC 9106, one lane) costs: passes over a memory of so many bytes. */
export interface ArgonCost {
  readonly passes: number;
  readonly memoryBytes: number;
}

/** The open part of a vault: enough to turn a passphrase into its wrapping key, and nothing about its use. */
export interface VaultHeader {
  readonly vaultId: Uint8Array;
  readonly cost: ArgonCost;
  readonly salt: Uint8Array;
  /** Which wrapping key is right, so that a wrong passphrase and damage are told apart. */
  readonly commitment: Uint8Array;
}

const magic = utf8("BCVAULT\0");
const fieldBytes = magic.length + 2 + vaultIdBytes + 4 + 4 + argonSaltBytes;
const headerBytes = fieldBytes + 32 + 32;

/**
 * The header row:
 *
 *     "BCVAULT\0" ‖ version u16 ‖ vault id 16 ‖ passes u32 ‖ memory bytes u32 ‖ salt 16
 *       ‖ commitment 32 ‖ SHA-256 of everything before 32
 */
export function encodeVaultHeader(header: VaultHeader): Uint8Array {
  const body = concat(encodeFields(header), header.commitment);
  return concat(body, sha256(body));
}

/** The parsed header. Failures: `vault-version` for another version, `vault-damaged` for anything else. */
export function decodeVaultHeader(bytes: Uint8Array): VaultHeader {
  if (bytes.length < magic.length + 2 || !equalBytes(bytes.subarray(0, magic.length), magic)) {
    throw damaged("not a vault header");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Before the checksum: another version may well end in something else.
  const version = view.getUint16(magic.length);
  if (version !== vaultVersion) {
    throw new Failure(
      "vault-version",
      `vault version ${version}; this program reads ${vaultVersion}`,
    );
  }
  if (bytes.length !== headerBytes)
    throw damaged(`${bytes.length} bytes instead of ${headerBytes}`);
  const body = bytes.subarray(0, fieldBytes + 32);
  if (!equalBytes(sha256(body), bytes.subarray(body.length))) throw damaged("wrong checksum");
  const idAt = magic.length + 2;
  const costAt = idAt + vaultIdBytes;
  const cost = { passes: view.getUint32(costAt), memoryBytes: view.getUint32(costAt + 4) };
  if (!isArgonCost(cost)) throw damaged("Argon2id parameters out of bounds");
  return {
    vaultId: bytes.slice(idAt, costAt),
    cost,
    salt: bytes.slice(costAt + 8, fieldBytes),
    commitment: bytes.slice(fieldBytes, fieldBytes + 32),
  };
}

/** Whether Argon2id parameters are within bounds; a planted header must not exhaust the machine. */
export function isArgonCost(cost: ArgonCost): boolean {
  const { passes, memoryBytes } = cost;
  return (
    Number.isSafeInteger(passes) &&
    passes >= 1 &&
    passes <= limits.argonPassesMax &&
    Number.isSafeInteger(memoryBytes) &&
    memoryBytes >= limits.argonBytesMin &&
    memoryBytes <= limits.argonBytesMax
  );
}

const commitmentLabel = utf8("Backchannel v1 vault commitment\0");
const wrappingLabel = utf8("Backchannel v1 vault wrapping key\0");

/**
 * A new vault's header and wrapping key from what Argon2id gave. Both are bound to every field of the
 * header: changed parameters give another key. Erases `argonKey`.
 */
export function sealVaultHeader(
  fields: Omit<VaultHeader, "commitment">,
  argonKey: Uint8Array,
): { header: VaultHeader; wrappingKey: Uint8Array } {
  const bound = encodeFields(fields);
  const commitment = hmacSha256(argonKey, commitmentLabel, bound);
  const wrappingKey = hmacSha256(argonKey, wrappingLabel, bound);
  wipe(argonKey);
  return { header: { ...fields, commitment }, wrappingKey };
}

/** The wrapping key (32 bytes) of a stored header; null when the passphrase was wrong. Erases `argonKey`. */
export function openVaultHeader(header: VaultHeader, argonKey: Uint8Array): Uint8Array | null {
  const { header: expected, wrappingKey } = sealVaultHeader(header, argonKey);
  if (equalSecret(expected.commitment, header.commitment)) return wrappingKey;
  wipe(wrappingKey);
  return null;
}

function encodeFields(header: Omit<VaultHeader, "commitment">): Uint8Array {
  const fields = new Uint8Array(fieldBytes);
  const view = new DataView(fields.buffer);
  const costAt = magic.length + 2 + vaultIdBytes;
  fields.set(magic);
  view.setUint16(magic.length, vaultVersion);
  fields.set(header.vaultId, magic.length + 2);
  view.setUint32(costAt, header.cost.passes);
  view.setUint32(costAt + 4, header.cost.memoryBytes);
  fields.set(header.salt, costAt + 8);
  return fields;
}

function damaged(fault: string): Failure {
  return new Failure("vault-damaged", `vault header: ${fault}`);
}
