import { textOf } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";

/** One frame as it stands in a capture file. */
export interface FileFrame {
  readonly tap: number;
  /** Microseconds since 1970. */
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

export interface ReadCapture {
  /** Name of each tapped line, in the order of their numbers; empty where the file has none. */
  readonly taps: readonly string[];
  readonly frames: readonly FileFrame[];
}

/** Bounds of a capture file that an attack reads. */
export const captureLimits = { fileBytesMax: 256 << 20, tapsMax: 256, framesMax: 2_000_000 };

/** Digits after the second, of the unit of time of an interface that does not say. */
const defaultDigits = 6;

interface Interface {
  readonly name: string;
  readonly snapBytes: number;
  /** Microseconds in one unit of its time. */
  readonly unitUs: number;
}

/**
 * Reads a capture file of one little-endian section whose interfaces are Ethernet (draft-ietf-opsawg-pcapng):
 * what the lab writes, and what editcap and mergecap make of it. Blocks of other types are skipped, as the
 * draft says. Failure `malformed` with the place for everything else, truncated frames among it.
 */
export function decodePcapng(bytes: Uint8Array): ReadCapture {
  if (bytes.length > captureLimits.fileBytesMax) fail(0, "larger than any that the lab writes");
  const interfaces: Interface[] = [];
  const frames: FileFrame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { type, body, next } = blockAt(bytes, at);
    if (at === 0) checkSection(type, body);
    else if (type === sectionType) fail(at, "a second section");
    else if (type === 1) interfaces.push(interfaceOf(body, at));
    else if (type === 6) frames.push(frameOf(body, at, interfaces));
    else if (type === 2 || type === 3) fail(at, "a packet without a time or of an obsolete kind");
    if (interfaces.length > captureLimits.tapsMax) fail(at, "too many interfaces");
    if (frames.length > captureLimits.framesMax) fail(at, "too many frames");
    at = next;
  }
  if (at === 0) fail(0, "empty");
  return { taps: interfaces.map(({ name }) => name), frames };
}

const sectionType = 0x0a0d_0d0a;

function fail(at: number, what: string): never {
  throw new Failure("malformed", `pcapng: ${what}, at octet ${at}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function blockAt(bytes: Uint8Array, at: number) {
  if (bytes.length - at < 12) fail(at, "a block is cut off");
  const view = viewOf(bytes);
  const length = view.getUint32(at + 4, true);
  if (length < 12 || length % 4 !== 0) fail(at, "a block of no possible length");
  if (length > bytes.length - at) fail(at, "a block is cut off");
  if (view.getUint32(at + length - 4, true) !== length) fail(at, "a block whose lengths differ");
  return {
    type: view.getUint32(at, true),
    body: bytes.subarray(at + 8, at + length - 4),
    next: at + length,
  };
}

function checkSection(type: number, body: Uint8Array): void {
  if (type !== sectionType || body.length < 16) fail(0, "not a capture file");
  const view = viewOf(body);
  if (view.getUint32(0, true) !== 0x1a2b_3c4d) fail(8, "not little-endian");
  if (view.getUint16(4, true) !== 1 || view.getUint16(6, true) !== 0) fail(12, "unknown version");
}

function interfaceOf(body: Uint8Array, at: number): Interface {
  if (body.length < 8) fail(at, "an interface is cut off");
  const view = viewOf(body);
  if (view.getUint16(0, true) !== 1) fail(at, "an interface that is not Ethernet");
  const options = optionsOf(body.subarray(8), at);
  const name = textOf(options.get(2) ?? new Uint8Array());
  if (name === null) fail(at, "an interface whose name is not UTF-8");
  const resolution = options.get(9) ?? Uint8Array.of(defaultDigits);
  const digits = resolution[0] ?? 0;
  if (resolution.length !== 1 || digits > 9) fail(at, "a unit of time that nobody uses");
  return { name, snapBytes: view.getUint32(4, true), unitUs: 10 ** (6 - digits) };
}

function optionsOf(bytes: Uint8Array, place: number): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 4) fail(place, "an option is cut off");
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    if (code === 0) {
      if (length !== 0 || at + 4 !== bytes.length) fail(place, "something after the last option");
      break;
    }
    const end = at + 4 + length;
    if (end > bytes.length) fail(place, "an option is cut off");
    options.set(code, bytes.subarray(at + 4, end));
    at = (end + 3) & ~3;
  }
  return options;
}

function frameOf(body: Uint8Array, at: number, interfaces: readonly Interface[]): FileFrame {
  if (body.length < 20) fail(at, "a packet is cut off");
  const view = viewOf(body);
  const tap = view.getUint32(0, true);
  const from = interfaces[tap];
  if (from === undefined) fail(at, "a packet of an interface that does not exist");
  const captured = view.getUint32(12, true);
  if (captured !== view.getUint32(16, true)) fail(at, "a packet that was cut short");
  if (from.snapBytes !== 0 && captured > from.snapBytes) fail(at, "a packet beyond its interface");
  if (captured > body.length - 20) fail(at, "a packet is cut off");
  const units = view.getUint32(4, true) * 2 ** 32 + view.getUint32(8, true);
  const atUs = Math.floor(units * from.unitUs);
  if (!Number.isSafeInteger(units) || !Number.isSafeInteger(atUs)) fail(at, "a time out of range");
  return { tap, atUs, bytes: body.subarray(20, 20 + captured) };
}
