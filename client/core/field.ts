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

/**
 * A schema for immutable parts of a record that is written again and again: what has been found in order once
 * is not looked at again. A new object, as everything that is read from outside, always is.
 */
export function checkedOnce<T extends object>(schema: z.ZodType<T>) {
  const checked = new WeakSet<object>();
  return z.custom<T>((value) => {
    if (typeof value !== "object" || value === null) return false;
    if (!checked.has(value)) {
      if (!schema.safeParse(value).success) return false;
      checked.add(value);
    }
    return true;
  });
}

export const version = z.literal(limits.version);
export const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const timeMs = count;
export const leafIndex = z
  .int()
  .min(0)
  .max(limits.seatsMax * 2);
