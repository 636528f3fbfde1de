import * as cborg from "cborg";
import { equalBytes } from "./bytes.ts";
import { Failure } from "./failure.ts";

/** Deterministic CBOR (RFC 8949 section 4.2): shortest forms, sorted keys, no floats, no tags, no undefined. */
export function encodeCbor(value: unknown): Uint8Array {
  return cborg.encode(value, { float64: true });
}

/**
 * The value of one deterministic CBOR item, still `unknown`: the caller parses it with zod.
 * Throws `malformed` for truncated, trailing, non-minimal, unsorted or otherwise non-canonical bytes.
 */
export function decodeCbor(bytes: Uint8Array, place: string): unknown {
  let value: unknown;
  try {
    value = cborg.decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
    });
  } catch (error) {
    throw new Failure("malformed", `${place}: not CBOR (${(error as Error).message})`);
  }
  // Re-encoding is the one check that covers key order and every non-minimal form at once.
  if (!equalBytes(encodeCbor(value), bytes)) {
    throw new Failure("malformed", `${place}: CBOR is not in its deterministic form`);
  }
  return value;
}
