import {
  malformed,
  putU16,
  putU64,
  putVector,
  type Reader,
  takeU16,
  takeU64,
  takeVector,
  type Writer,
} from "./codec.ts";
import { type Extension, putExtensions, takeExtensions } from "./extension.ts";

/** ProtocolVersion mls10 (RFC 9420 section 6). */
export const mls10 = 1;

/** RFC 9420 section 8.1: what all members of an epoch agree on. */
export interface GroupContext {
  readonly suiteId: number;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly treeHash: Uint8Array;
  readonly confirmedTranscriptHash: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function putGroupContext(to: Writer, context: GroupContext): void {
  putU16(to, mls10);
  putU16(to, context.suiteId);
  putVector(to, context.groupId);
  putU64(to, context.epoch);
  putVector(to, context.treeHash);
  putVector(to, context.confirmedTranscriptHash);
  putExtensions(to, context.extensions);
}

export function takeGroupContext(from: Reader): GroupContext {
  takeVersion(from);
  return {
    suiteId: takeU16(from),
    groupId: takeVector(from),
    epoch: takeU64(from),
    treeHash: takeVector(from),
    confirmedTranscriptHash: takeVector(from),
    extensions: takeExtensions(from),
  };
}

/** Takes the protocol version, of which there is one. */
export function takeVersion(from: Reader): void {
  if (takeU16(from) !== mls10) throw malformed(from, "unknown protocol version");
}
