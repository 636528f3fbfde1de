import { z } from "zod";
import { sha256 } from "#client/crypto/hash.ts";
import { concat, equalBytes, utf8 } from "#shared/bytes.ts";
import { checkedOnce, count, fixed } from "./field.ts";

/** Octets of a hash chain's head: SHA-256. */
export const headBytes = 32;
/** Heads kept to compare with what others have seen, and frames kept to know them again. */
export const marksMax = 64;
/** Octets of a hash in the marks: its first half. */
export const shortBytes = 16;

export const chainSchema = z.strictObject({
  head: fixed(headBytes),
  position: count,
  marks: z
    .array(checkedOnce(z.strictObject({ head: fixed(shortBytes), frame: fixed(shortBytes) })))
    .max(marksMax),
});

/** The hash chain over one epoch's log, with the last positions' heads and frame hashes (first halves). */
export type Chain = z.infer<typeof chainSchema>;

const startLabel = utf8("Backchannel v1 log\0");

/** The chain of an empty log: its head is SHA-256(label ‖ name of the epoch's first mailbox). */
export function startChain(mailbox: Uint8Array): Chain {
  return { head: sha256(concat(startLabel, mailbox)), position: 0, marks: [] };
}

/** Adds the frame at the next position: head = SHA-256(head ‖ SHA-256(frame)). */
export function extendChain(chain: Chain, frameHash: Uint8Array): Chain {
  const head = sha256(concat(chain.head, frameHash));
  const mark = { head: head.slice(0, shortBytes), frame: frameHash.slice(0, shortBytes) };
  return {
    head,
    position: chain.position + 1,
    marks: [...chain.marks.slice(1 - marksMax), mark],
  };
}

/**
 * Compares what an author had seen with the own view of the same position, while the chain stands at
 * the author's message: nobody can have seen as far as that. Null when there is nothing to compare.
 */
export function hasSameView(
  chain: Chain,
  seen: { readonly position: number; readonly head: Uint8Array },
): boolean | null {
  if (seen.position >= chain.position) return false;
  if (seen.position === 0) return null;
  const mark = chain.marks[chain.marks.length - 1 - (chain.position - seen.position)];
  if (mark === undefined) return null;
  return equalBytes(mark.head, seen.head.subarray(0, shortBytes));
}

/** Whether a frame was read at one of the marked positions. */
export function knowsFrame(chain: Chain, frameHash: Uint8Array): boolean {
  return chain.marks.some(({ frame }) => equalBytes(frame, frameHash.subarray(0, shortBytes)));
}

/** The chain as it was at an earlier position and head, with the frames that were cut off, as far as marked. */
export function cutChain(
  chain: Chain,
  at: { readonly position: number; readonly head: Uint8Array },
): { readonly chain: Chain; readonly cut: readonly Uint8Array[] } {
  const keep = Math.max(0, chain.marks.length - (chain.position - at.position));
  const cut = chain.marks.slice(keep).map(({ frame }) => frame);
  return { chain: { ...at, marks: chain.marks.slice(0, keep) }, cut };
}
