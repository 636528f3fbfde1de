import { Failure } from "./failure.ts";
import { limits } from "./limits.ts";

/** Octets of a frame id: random, chosen by the author, the same at every retry of one frame. */
export const frameIdBytes = 16;
/** Octets of an append or frame record without its frame. */
export const recordHeaderBytes = 1 + 4 + 4 + frameIdBytes + 4;
const ackBytes = 1 + 4 + 4;

/** Client to relay: store this frame in the mailbox opened under `handle`. `ref` names it in the answer. */
export interface AppendRecord {
  readonly kind: "append";
  readonly ref: number;
  readonly handle: number;
  readonly frameId: Uint8Array;
  readonly frame: Uint8Array;
}

/** Relay to client: the append `ref` is on the disk at position `seq` of its mailbox. */
export interface AckRecord {
  readonly kind: "ack";
  readonly ref: number;
  readonly seq: number;
}

/** Relay to client: position `seq` of the mailbox opened under `handle`. */
export interface FrameRecord {
  readonly kind: "frame";
  readonly handle: number;
  readonly seq: number;
  readonly frameId: Uint8Array;
  readonly frame: Uint8Array;
}

export type WireRecord = AppendRecord | AckRecord | FrameRecord;

const codes = { append: 1, ack: 2, frame: 3 } as const;

/** Octets that a record takes in a batch. */
export function recordBytes(record: WireRecord): number {
  return record.kind === "ack" ? ackBytes : recordHeaderBytes + record.frame.length;
}

/**
 * One binary WebSocket message: version ‖ record ‖ record …  All integers are big-endian.
 *
 *     append  0x01 ‖ ref u32    ‖ handle u32 ‖ frame id 16 ‖ length u32 ‖ frame
 *     ack     0x02 ‖ ref u32    ‖ seq u32
 *     frame   0x03 ‖ handle u32 ‖ seq u32    ‖ frame id 16 ‖ length u32 ‖ frame
 */
export function encodeBatch(records: readonly WireRecord[]): Uint8Array {
  let size = 1;
  for (const record of records) size += recordBytes(record);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = limits.version;
  let at = 1;
  for (const record of records) {
    bytes[at] = codes[record.kind];
    view.setUint32(at + 1, record.kind === "frame" ? record.handle : record.ref);
    view.setUint32(at + 5, record.kind === "append" ? record.handle : record.seq);
    if (record.kind !== "ack") {
      bytes.set(record.frameId, at + 9);
      view.setUint32(at + 25, record.frame.length);
      bytes.set(record.frame, at + recordHeaderBytes);
    }
    at += recordBytes(record);
  }
  return bytes;
}

/**
 * The records of one binary message (drawn at `encodeBatch`). Frames and ids are views into `bytes`:
 * copy what outlives it. Failures: `version`; `bad-message` for anything truncated, empty or unknown.
 */
export function decodeBatch(bytes: Uint8Array): WireRecord[] {
  if (bytes.length < 2) throw new Failure("bad-message", "batch: empty");
  if (bytes[0] !== limits.version) throw new Failure("version", `batch: version ${bytes[0]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: WireRecord[] = [];
  let at = 1;
  while (at < bytes.length) {
    const record = decodeRecord(bytes, view, at);
    records.push(record);
    at += recordBytes(record);
  }
  return records;
}

function decodeRecord(bytes: Uint8Array, view: DataView, at: number): WireRecord {
  const code = bytes[at];
  if (code === codes.ack) {
    need(bytes, at, ackBytes);
    return { kind: "ack", ref: view.getUint32(at + 1), seq: view.getUint32(at + 5) };
  }
  if (code !== codes.append && code !== codes.frame) {
    throw new Failure("bad-message", `batch: unknown record ${code} at octet ${at}`);
  }
  need(bytes, at, recordHeaderBytes);
  const length = view.getUint32(at + 25);
  if (length === 0) throw new Failure("bad-message", `batch: empty frame at octet ${at}`);
  need(bytes, at, recordHeaderBytes + length);
  const first = view.getUint32(at + 1);
  const second = view.getUint32(at + 5);
  const frameId = bytes.subarray(at + 9, at + 25);
  const frame = bytes.subarray(at + recordHeaderBytes, at + recordHeaderBytes + length);
  return code === codes.append
    ? { kind: "append", ref: first, handle: second, frameId, frame }
    : { kind: "frame", handle: first, seq: second, frameId, frame };
}

function need(bytes: Uint8Array, at: number, size: number): void {
  if (bytes.length - at < size) {
    throw new Failure("bad-message", `batch: record at octet ${at} is truncated`);
  }
}
