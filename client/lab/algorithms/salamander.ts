import { tagBytes, xchacha } from "#client/crypto/aead.ts";
import type { Random } from "#client/crypto/random.ts";
import { concat } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { xchachaFirstBlock } from "./chacha-block.ts";

const blockBytes = 16;
const prime = 2n ** 130n - 5n;
const block = 2n ** 128n;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

export interface SalamanderPlan {
  readonly keys: readonly [Uint8Array, Uint8Array];
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  /** What stands at the start under the first key, and behind it under the second: whole blocks of 16 bytes. */
  readonly texts: readonly [Uint8Array, Uint8Array];
  readonly random: Random;
  readonly triesMax: number;
}

export interface Salamander {
  /** Ciphertext ‖ tag, as XChaCha20-Poly1305 makes it; opens under both keys. */
  readonly sealed: Uint8Array;
  /** Tags that were tried until both free blocks were blocks. */
  readonly tries: number;
}

/**
 * One ciphertext and tag that open under two keys (Dodis, Grubbs, Ristenpart and Woodage 2018; Len and others
 * 2021): text 1 stands under key 1 where key 2 gives junk, and the other way round. Two free blocks at the end
 * solve a system of two equations mod 2^130-5, one for each key's Poly1305. A solution is a pair of blocks with
 * chance 1/16; otherwise another tag is drawn. Null when `triesMax` tags were not enough.
 */
export function salamander(plan: SalamanderPlan): Salamander | null {
  const [first, second] = plan.texts;
  assert(
    first.length % blockBytes === 0 && second.length % blockBytes === 0,
    "texts of whole blocks",
  );
  const head = first.length + second.length;
  const streams = plan.keys.map((key) => keystream(key, plan.nonce, head));
  const body = concat(
    xor(first, streams[0] as Uint8Array),
    xor(second, (streams[1] as Uint8Array).subarray(first.length)),
  );
  const rows = plan.keys.map((key) => equation(key, plan, body));
  const [one, two] = rows as [Equation, Equation];
  const determinant = mod(one.x * two.y - two.x * one.y);
  if (determinant === 0n) return null;
  const inverse = power(determinant, prime - 2n);
  for (let tries = 1; tries <= plan.triesMax; tries++) {
    const tag = littleEndian(plan.random(tagBytes));
    const right = [one, two].map(({ s, rest }) => mod((tag - s + block) % block) - rest);
    const [a, b] = right as [bigint, bigint];
    const x = mod(mod(a * two.y - b * one.y) * inverse);
    const y = mod(mod(one.x * b - two.x * a) * inverse);
    if (!isBlock(x) || !isBlock(y)) continue;
    const sealed = concat(body, bytesOf(x - block), bytesOf(y - block), bytesOf(tag));
    return { sealed, tries };
  }
  return null;
}

interface Equation {
  /** What the two free blocks are multiplied by. */
  readonly x: bigint;
  readonly y: bigint;
  /** What all other blocks come to. */
  readonly rest: bigint;
  readonly s: bigint;
}

/** One key's Poly1305 (RFC 8439 section 2.8): associated data, body, the two free blocks, the lengths. */
function equation(key: Uint8Array, { nonce, aad }: SalamanderPlan, body: Uint8Array): Equation {
  const oneTime = xchachaFirstBlock(key, nonce);
  const r = littleEndian(oneTime.subarray(0, 16)) & clamp;
  const s = littleEndian(oneTime.subarray(16, 32));
  const lengths = new Uint8Array(blockBytes);
  const view = new DataView(lengths.buffer);
  view.setUint32(0, aad.length, true);
  view.setUint32(8, body.length + 2 * blockBytes, true);
  let rest = 0n;
  const padded = concat(aad, new Uint8Array((blockBytes - (aad.length % blockBytes)) % blockBytes));
  for (const each of [...blocksOf(padded), ...blocksOf(body), null, null, ...blocksOf(lengths)]) {
    rest = mod((rest + (each ?? 0n)) * r);
  }
  return { x: power(r, 3n), y: power(r, 2n), rest, s };
}

/** Blocks as Poly1305 reads them: little-endian, with one bit set above. */
function blocksOf(bytes: Uint8Array): bigint[] {
  return Array.from(
    { length: bytes.length / blockBytes },
    (_, index) =>
      littleEndian(bytes.subarray(blockBytes * index, blockBytes * (index + 1))) + block,
  );
}

function isBlock(value: bigint): boolean {
  return value >= block && value < 2n * block;
}

/** The keystream of the AEAD, by sealing zeros. */
function keystream(key: Uint8Array, nonce: Uint8Array, bytes: number): Uint8Array {
  return xchacha.seal(key, nonce, new Uint8Array(0), new Uint8Array(bytes)).subarray(0, bytes);
}

function xor(bytes: Uint8Array, stream: Uint8Array): Uint8Array {
  return bytes.map((octet, at) => octet ^ (stream[at] as number));
}

function mod(value: bigint): bigint {
  return ((value % prime) + prime) % prime;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const octet of [...bytes].reverse()) value = (value << 8n) | BigInt(octet);
  return value;
}

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: blockBytes }, (_, at) =>
    Number((value >> BigInt(8 * at)) & 255n),
  );
}
