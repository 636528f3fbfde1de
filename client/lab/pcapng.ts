import { concat, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";

/** A whole Ethernet frame as a tap saw it. */
export interface CapturedFrame {
  /** Which of the interfaces it passed. */
  readonly tap: number;
  /** Microseconds since 1970. */
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

export interface CaptureFile {
  /** One name for each tapped line. */
  readonly taps: readonly string[];
  readonly frames: readonly CapturedFrame[];
}

const snapBytes = 65_535;

/**
 * A pcapng file (draft-ietf-opsawg-pcapng), little-endian: one section, one Ethernet interface for each tap
 * with microseconds as its unit of time, one enhanced packet for each frame.
 *
 *     section    0A0D0D0A  length  1A2B3C4D  version 1.0  section length unknown (-1)         length
 *     interface  1  length  link type 1  0  65535  options 2 (name), 9 (time: 10^-6)  end     length
 *     packet     6  length  interface  time high, low  captured  original  bytes, padded      length
 */
export function encodePcapng({ taps, frames }: CaptureFile): Uint8Array {
  const section = new Uint8Array(16);
  const head = view(section);
  head.setUint32(0, 0x1a2b_3c4d, true);
  head.setUint16(4, 1, true);
  head.setUint16(6, 0, true);
  head.setBigInt64(8, -1n, true);
  const blocks = [block(0x0a0d_0d0a, section), ...taps.map((name) => block(1, tapBody(name)))];
  for (const { tap, atUs, bytes } of frames) {
    assert(tap >= 0 && tap < taps.length, "a frame passed one of the taps");
    assert(Number.isSafeInteger(atUs) && atUs >= 0, "a time is whole microseconds since 1970");
    assert(bytes.length <= snapBytes, "an Ethernet frame fits an interface");
    const body = new Uint8Array(20 + padded(bytes.length));
    const fields = view(body);
    fields.setUint32(0, tap, true);
    fields.setUint32(4, Math.floor(atUs / 2 ** 32), true);
    fields.setUint32(8, atUs % 2 ** 32, true);
    fields.setUint32(12, bytes.length, true);
    fields.setUint32(16, bytes.length, true);
    body.set(bytes, 20);
    blocks.push(block(6, body));
  }
  return concat(...blocks);
}

function tapBody(name: string): Uint8Array {
  const fixed = new Uint8Array(8);
  view(fixed).setUint16(0, 1, true);
  view(fixed).setUint32(4, snapBytes, true);
  return concat(fixed, option(2, utf8(name)), option(9, Uint8Array.of(6)), new Uint8Array(4));
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  view(bytes).setUint16(0, code, true);
  view(bytes).setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

function block(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const fields = view(bytes);
  fields.setUint32(0, type, true);
  fields.setUint32(4, bytes.length, true);
  bytes.set(body, 8);
  fields.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

/** Up to the next multiple of four octets. */
function padded(length: number): number {
  return (length + 3) & ~3;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
