import { assert, Failure } from "#shared/failure.ts";
import { sodium } from "./sodium.ts";

export interface ArgonInput {
  readonly passphrase: Uint8Array;
  /** 16 bytes. */
  readonly salt: Uint8Array;
  /** Passes over the memory, at least 1. */
  readonly opsLimit: number;
  /** Memory to fill, at least 8 KiB; rounded down to whole KiB. */
  readonly memBytes: number;
}

export const argonSaltBytes = 16;
export const argonMemBytesMin = 8 * 1024;
/** More does not fit beside the rest in a 32-bit address space. */
export const argonMemBytesMax = 1 << 30;
export const argonOpsMax = 64;

const argon2id13 = 2;

/**
 * Argon2id 1.3 with one lane (RFC 9106): a key of 32 bytes. Blocks for as long as it takes and leaves
 * libsodium's memory at its size for ever, so it runs in a worker that is thrown away afterwards.
 * Failure `vault-damaged` for parameters out of range (they are read from a file), `unavailable` when
 * the memory cannot be had.
 */
export function argon2id(input: ArgonInput): Uint8Array {
  const { passphrase, salt, opsLimit, memBytes } = input;
  assert(salt.length === argonSaltBytes, "Argon2id salt is 16 bytes");
  if (
    !inRange(opsLimit, 1, argonOpsMax) ||
    !inRange(memBytes, argonMemBytesMin, argonMemBytesMax)
  ) {
    throw new Failure("vault-damaged", "Argon2id parameters are out of range");
  }
  const memory = sodium();
  memory.open(32 + passphrase.length + salt.length);
  const out = memory.room(32);
  const passphraseAt = memory.put(passphrase);
  const saltAt = memory.put(salt);
  const status = memory.raw._crypto_pwhash(
    out,
    32,
    0,
    passphraseAt,
    passphrase.length,
    0,
    saltAt,
    opsLimit,
    0,
    memBytes,
    argon2id13,
  );
  const key = memory.close(out, 32);
  if (status !== 0) throw new Failure("unavailable", `Argon2id: no ${memBytes} bytes of memory`);
  return key;
}

function inRange(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
