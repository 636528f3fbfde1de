import * as cborg from "cborg";
import { equalBytes, join } from "./bytes.ts";
import { Failure } from "./failure.ts";

/** Deterministic CBOR (RFC 8949 section 4.2): shortest forms, sorted keys, no floats, no tags, no undefined. */
export function encodeCbor(value: unknown): Uint8Array {
  return cborg.encode(value, { float64: true });
}

/**
 * As `encodeCbor`, for a state that is written again and again and changes little: the bytes of its objects are
 * remembered. No object may change after it was encoded.
 */
export function rememberingEncoder(): (value: unknown) => Uint8Array {
  const known = new WeakMap<object, Uint8Array>();
  const keys = new Map<string, Uint8Array>();
  const encodeKey = (key: string): Uint8Array => {
    const bytes = keys.get(key) ?? encodeCbor(key);
    keys.set(key, bytes);
    return bytes;
  };
  const encode = (value: unknown): Uint8Array => {
    if (Array.isArray(value)) return join([head(4, value.length), ...value.map(encode)]);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
      return encodeCbor(value);
    }
    const before = known.get(value);
    if (before !== undefined) return before;
    const entries = Object.entries(value).map(([key, each]) => [encodeKey(key), each] as const);
    entries.sort(([a], [b]) => compareBytes(a, b));
    const parts = entries.flatMap(([key, each]) => [key, encode(each)]);
    const bytes = join([head(5, entries.length), ...parts]);
    known.set(value, bytes);
    return bytes;
  };
  return encode;
}

/** Major type and shortest length of an array (4) or a map (5), RFC 8949 section 3. */
function head(major: 4 | 5, length: number): Uint8Array {
  const type = major << 5;
  if (length < 24) return Uint8Array.of(type | length);
  if (length < 0x100) return Uint8Array.of(type | 24, length);
  if (length < 0x1_0000) return Uint8Array.of(type | 25, length >> 8, length & 0xff);
  throw new Failure("internal", "cbor: longer than any state");
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
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
