import type { Random } from "#client/core/ports.ts";

// The Web Crypto call refuses more than this at once.
const bytesPerCall = 65_536;

/** The operating system's randomness (FINDINGS 11: 30 times faster than libsodium's own wrapper of it). */
export const systemRandom: Random = (bytes) => {
  const fresh = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += bytesPerCall) {
    globalThis.crypto.getRandomValues(fresh.subarray(at, at + bytesPerCall));
  }
  return fresh;
};
