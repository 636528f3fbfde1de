import { createCipheriv } from "node:crypto";
import { concat } from "#shared/bytes.ts";

/**
 * A ciphertext with no associated data that opens under two keys and one nonce, of 12 (ChaCha20-Poly1305)
 * or 24 bytes (XChaCha20-Poly1305): the "invisible salamander" of Dodis, Grubbs, Ristenpart and Woodage
 * (2018). Poly1305 is linear in its blocks: two blocks are chosen so that both keys give one tag.
 */
export function salamander(first: Uint8Array, second: Uint8Array, nonce: Uint8Array): Uint8Array {
  const [a, b] = [authenticator(first, nonce), authenticator(second, nonce)];
  for (let tag = 1n; ; tag++) {
    // What the polynomial must come to before s is added, less the block that holds the lengths.
    const wantedA = mod(mod128(tag - a.s) - lengths * a.r);
    const wantedB = mod(mod128(tag - b.s) - lengths * b.r);
    // x r^3 + y r^2 = wanted, for both keys: Cramer's rule.
    const [a2, b2] = [mod(a.r * a.r), mod(b.r * b.r)];
    const [a3, b3] = [mod(a2 * a.r), mod(b2 * b.r)];
    const inverse = invert(mod(a3 * b2 - a2 * b3));
    const x = mod((wantedA * b2 - a2 * wantedB) * inverse);
    const y = mod((a3 * wantedB - wantedA * b3) * inverse);
    // A whole block carries 2^128: one try in sixteen has both in range.
    if (x >> 128n === 1n && y >> 128n === 1n) {
      return concat(little(x - bit128), little(y - bit128), little(tag));
    }
  }
}

const prime = (1n << 130n) - 5n;
const bit128 = 1n << 128n;
/** The last block: no associated data, 32 bytes of ciphertext (RFC 8439 section 2.8). */
const lengths = bit128 + (32n << 64n);

function mod(value: bigint): bigint {
  return ((value % prime) + prime) % prime;
}

function mod128(value: bigint): bigint {
  return BigInt.asUintN(128, value);
}

function invert(value: bigint): bigint {
  let [result, base] = [1n, value];
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
}

function little(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

function bigintOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

/** Poly1305's r and s for a key and a nonce (RFC 8439 section 2.6): the first block of the key stream. */
function authenticator(key: Uint8Array, nonce: Uint8Array): { r: bigint; s: bigint } {
  const extended = nonce.length === 24;
  const streamKey = extended ? hchacha20(key, nonce.subarray(0, 16)) : key;
  const streamNonce = extended ? concat(new Uint8Array(4), nonce.subarray(16)) : nonce;
  const iv = concat(new Uint8Array(4), streamNonce);
  const block = createCipheriv("chacha20", streamKey, iv).update(new Uint8Array(32));
  const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  return { r: bigintOf(block.subarray(0, 16)) & clamp, s: bigintOf(block.subarray(16)) };
}

/** HChaCha20 (draft-irtf-cfrg-xchacha-03 section 2.2), which Node does not offer. */
function hchacha20(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const constants = new TextEncoder().encode("expand 32-byte k");
  const words = new Uint32Array(concat(constants, key, nonce).buffer);
  const turn = (at: number, from: number, to: number, by: number) => {
    words[at] = (words[at] as number) + (words[from] as number);
    const mixed = (words[to] as number) ^ (words[at] as number);
    words[to] = (mixed << by) | (mixed >>> (32 - by));
  };
  const quarter = (a: number, b: number, c: number, d: number) => {
    turn(a, b, d, 16);
    turn(c, d, b, 12);
    turn(a, b, d, 8);
    turn(c, d, b, 7);
  };
  for (let round = 0; round < 10; round++) {
    for (let at = 0; at < 4; at++) quarter(at, at + 4, at + 8, at + 12);
    for (let at = 0; at < 4; at++) {
      quarter(at, 4 + ((at + 1) % 4), 8 + ((at + 2) % 4), 12 + ((at + 3) % 4));
    }
  }
  const octets = new Uint8Array(words.buffer);
  return concat(octets.subarray(0, 16), octets.subarray(48));
}
