import { z } from "zod";
import { limits } from "#shared/limits.ts";

/** Building blocks for schemas of CBOR bodies and stored records. */

/** Exactly so many octets. */
export function fixed(bytes: number) {
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === bytes, {
    error: `not ${bytes} octets`,
  });
}

/** At most so many octets. */
export function upTo(bytes: number) {
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= bytes, {
    error: `more than ${bytes} octets`,
  });
}

export const version = z.literal(limits.version);
export const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const timeMs = count;
export const leafIndex = z
  .int()
  .min(0)
  .max(limits.seatsMax * 2);
