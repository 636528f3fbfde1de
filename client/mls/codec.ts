import { assert, Failure } from "#shared/failure.ts";

/** Bytes being written; grows by doubling. Start with `writer()`, end with `written(w)`. */
export interface Writer {
  bytes: Uint8Array;
  size: number;
}

/** Bytes being read. `place` names the structure in the detail of a `malformed` Failure. */
export interface Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly place: string;
}

export type Put<T> = (to: Writer, value: T) => void;
export type Take<T> = (from: Reader) => T;

/** The longest vector of RFC 9420 section 2.1.2: a 30-bit length. */
const vectorBytesMax = 2 ** 30 - 1;

export function writer(bytes = 256): Writer {
  return { bytes: new Uint8Array(bytes), size: 0 };
}

/** What was written, as a view: the writer must not be used afterwards. */
export function written(to: Writer): Uint8Array {
  return to.bytes.subarray(0, to.size);
}

/** The bytes of one value. */
export function encode<T>(put: Put<T>, value: T): Uint8Array {
  const to = writer();
  put(to, value);
  // A copy, so that an encoding kept for long does not hold its buffer's slack.
  return to.bytes.slice(0, to.size);
}

function reserve(to: Writer, bytes: number): number {
  const at = to.size;
  const needed = at + bytes;
  if (needed > to.bytes.length) {
    const grown = new Uint8Array(Math.max(needed, 2 * to.bytes.length));
    grown.set(to.bytes.subarray(0, at));
    // What is encoded may be secret, and the old buffer is out of the caller's reach.
    to.bytes.fill(0);
    to.bytes = grown;
  }
  to.size = needed;
  return at;
}

export function putU8(to: Writer, value: number): void {
  const at = reserve(to, 1);
  to.bytes[at] = value;
}

export function putU16(to: Writer, value: number): void {
  const at = reserve(to, 2);
  to.bytes[at] = value >>> 8;
  to.bytes[at + 1] = value;
}

export function putU32(to: Writer, value: number): void {
  const at = reserve(to, 4);
  to.bytes[at] = value >>> 24;
  to.bytes[at + 1] = value >>> 16;
  to.bytes[at + 2] = value >>> 8;
  to.bytes[at + 3] = value;
}

export function putU64(to: Writer, value: bigint): void {
  putU32(to, Number(value >> 32n));
  putU32(to, Number(value & 0xffff_ffffn));
}

/** Bytes without a length in front. */
export function putBytes(to: Writer, bytes: Uint8Array): void {
  const at = reserve(to, bytes.length);
  to.bytes.set(bytes, at);
}

/** The variable-size length header of RFC 9420 section 2.1.2, in its shortest form. */
export function putLength(to: Writer, length: number): void {
  if (length < 0x40) putU8(to, length);
  else if (length < 0x4000) putU16(to, 0x4000 | length);
  else {
    assert(length <= vectorBytesMax, "a vector fits its length header");
    putU32(to, (0x80000000 | length) >>> 0);
  }
}

/** `opaque value<V>` */
export function putVector(to: Writer, bytes: Uint8Array): void {
  putLength(to, bytes.length);
  putBytes(to, bytes);
}

/** `T values<V>`: the length is that of the items' bytes, so they make room for it afterwards. */
export function putList<T>(to: Writer, values: readonly T[], put: Put<T>): void {
  const start = to.size;
  for (const value of values) put(to, value);
  const length = to.size - start;
  const headerBytes = length < 0x40 ? 1 : length < 0x4000 ? 2 : 4;
  reserve(to, headerBytes);
  to.bytes.copyWithin(start + headerBytes, start, start + length);
  to.size = start;
  putLength(to, length);
  to.size += length;
}

/** `optional<T>` */
export function putOptional<T>(to: Writer, value: T | null, put: Put<T>): void {
  putU8(to, value === null ? 0 : 1);
  if (value !== null) put(to, value);
}

export function reader(bytes: Uint8Array, place: string): Reader {
  return { bytes, at: 0, place };
}

function advance(from: Reader, bytes: number): number {
  const at = from.at;
  if (bytes > from.bytes.length - at) throw malformed(from, "ends too early");
  from.at = at + bytes;
  return at;
}

export function malformed(from: Reader, fault: string): Failure {
  return new Failure("malformed", `${from.place}: ${fault}`);
}

export function takeU8(from: Reader): number {
  const at = advance(from, 1);
  return from.bytes[at] as number;
}

export function takeU16(from: Reader): number {
  const at = advance(from, 2);
  return ((from.bytes[at] as number) << 8) | (from.bytes[at + 1] as number);
}

export function takeU32(from: Reader): number {
  return takeU16(from) * 0x10000 + takeU16(from);
}

export function takeU64(from: Reader): bigint {
  return (BigInt(takeU32(from)) << 32n) | BigInt(takeU32(from));
}

/** The next bytes, as a view. */
export function takeBytes(from: Reader, bytes: number): Uint8Array {
  const at = advance(from, bytes);
  return from.bytes.subarray(at, at + bytes);
}

/** A length header; longer than needed or with the reserved prefix is `malformed` (section 2.1.2). */
export function takeLength(from: Reader): number {
  const first = takeU8(from);
  const prefix = first >>> 6;
  if (prefix === 0) return first;
  if (prefix === 3) throw malformed(from, "reserved length prefix");
  let length = first & 0x3f;
  for (let octet = 1; octet < 1 << prefix; octet++) length = length * 0x100 + takeU8(from);
  if (length < (prefix === 1 ? 0x40 : 0x4000)) throw malformed(from, "length is not minimal");
  return length;
}

/** `opaque value<V>`, as a view. */
export function takeVector(from: Reader): Uint8Array {
  return takeBytes(from, takeLength(from));
}

/** `T values<V>` */
export function takeList<T>(from: Reader, take: Take<T>): T[] {
  const inner = reader(takeVector(from), from.place);
  const values: T[] = [];
  while (inner.at < inner.bytes.length) values.push(take(inner));
  return values;
}

/** `optional<T>`: any presence octet but 0 and 1 is `malformed` (section 2.1.1). */
export function takeOptional<T>(from: Reader, take: Take<T>): T | null {
  const presence = takeU8(from);
  if (presence > 1) throw malformed(from, "presence octet is neither 0 nor 1");
  return presence === 0 ? null : take(from);
}

/** Refuses bytes left over. */
function takeEnd(from: Reader): void {
  if (from.at !== from.bytes.length) throw malformed(from, "has trailing bytes");
}

/** One value that fills `bytes` exactly. Throws `malformed`. */
export function decode<T>(take: Take<T>, bytes: Uint8Array, place: string): T {
  const from = reader(bytes, place);
  const value = take(from);
  takeEnd(from);
  return value;
}
