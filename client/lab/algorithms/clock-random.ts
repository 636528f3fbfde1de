import { sha512 } from "#client/crypto/hash.ts";
import { expand } from "#client/crypto/hkdf.ts";
import type { Random } from "#client/crypto/random.ts";
import { concat, utf8 } from "#shared/bytes.ts";

/**
 * WEAK: everything that a device draws comes from the millisecond at which it was switched on. Draw n depends
 * on that and on n alone, so whoever knows the make of the device and the millisecond has all its keys.
 */
export function clockRandom(bootMs: number): Random {
  const seed = clockSeed(bootMs);
  let draws = 0;
  return (bytes) => clockDraw(seed, draws++, bytes);
}

/** The seed of a device that was switched on at this millisecond. */
export function clockSeed(bootMs: number): Uint8Array {
  const clock = new Uint8Array(8);
  new DataView(clock.buffer).setBigUint64(0, BigInt(bootMs));
  return sha512(concat(utf8("gifted device"), clock));
}

/** The device's draw `n` (from 0 on), of so many bytes. */
export function clockDraw(seed: Uint8Array, n: number, bytes: number): Uint8Array {
  const counter = new Uint8Array(4);
  new DataView(counter.buffer).setUint32(0, n);
  return expand("sha512", seed, concat(counter, utf8(String(bytes))), bytes);
}
