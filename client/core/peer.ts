import { z } from "zod";
import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { checkedOnce, count, fixed, leafIndex, timeMs } from "./field.ts";
import { messageIdBytes } from "./message.ts";
import { provenanceSchema } from "./motion-schema.ts";
import type { Provenance } from "./view.ts";

/** Missing counters and recent ids that are remembered of one sender. */
const missingMax = 64;
const recentMax = 8;

export const peerSchema = z.strictObject({
  leaf: leafIndex,
  /** The counter expected next; 0 until the first message, whatever its counter. */
  next: count,
  missing: z.array(count).max(missingMax),
  recent: z
    .array(checkedOnce(z.strictObject({ counter: count, id: fixed(messageIdBytes) })))
    .max(recentMax),
  lastHeardEpoch: count.nullable(),
  /** How far its last receipt said that it had read; null when it sends none. */
  receipt: z.strictObject({ epoch: count, position: count }).nullable(),
  /** The slots in which it posts, when it was last heard, and whether its silence was reported; null when it has none. */
  slots: z
    .strictObject({
      everyMs: timeMs.min(limits.slotMsMin).max(limits.slotMsMax),
      heardAt: timeMs,
      isReported: z.boolean(),
    })
    .nullable(),
  /** Who approved this seat, when this client saw it and in which epoch; null when it was there before us. */
  admitted: z
    .strictObject({ by: z.array(provenanceSchema).max(64), at: timeMs, epoch: count })
    .nullable(),
});

/** What is remembered of another seat. */
export type Peer = z.infer<typeof peerSchema>;

/** `next` is 1 for a newcomer, 0 for a seat that was there before us. */
export function newPeer(
  leaf: number,
  next: 0 | 1,
  admitted: {
    readonly by: readonly Provenance[];
    readonly at: number;
    readonly epoch: number;
  } | null,
): Peer {
  return {
    leaf,
    next,
    missing: [],
    recent: [],
    lastHeardEpoch: null,
    receipt: null,
    slots: null,
    admitted: admitted && { ...admitted, by: [...admitted.by] },
  };
}

/**
 * What a message's counter says. `again`: shown before (the author lost a race and sent it anew).
 * `twisted`: the same counter with another id, which no honest author sends.
 */
export type Verdict =
  | { readonly kind: "new"; readonly missing: number }
  | { readonly kind: "filled" }
  | { readonly kind: "again" }
  | { readonly kind: "twisted" };

/** Counts a message of this peer: the verdict, and what is remembered from now on. */
export function countMessage(
  peer: Peer,
  message: { readonly counter: number; readonly id: Uint8Array },
): { readonly peer: Peer; readonly verdict: Verdict } {
  const { counter, id } = message;
  const recent = [...peer.recent, { counter, id }].slice(-recentMax);
  if (peer.next === 0 || counter >= peer.next) {
    const missing = peer.next === 0 ? 0 : counter - peer.next;
    // Of a seat that was there before us nothing is missing yet, and what it said earlier may still come:
    // a relay that holds its messages back must not make them look like ones that were shown.
    const open = peer.next === 0 ? counter - 1 : missing;
    // The bound keeps the nearest ones: an author who jumps ahead cannot make us count to the sky.
    const first = Math.max(counter - open, counter - missingMax);
    const added = Array.from({ length: counter - first }, (_, at) => first + at);
    return {
      peer: {
        ...peer,
        next: counter + 1,
        missing: [...peer.missing, ...added].slice(-missingMax),
        recent,
      },
      verdict: { kind: "new", missing },
    };
  }
  if (peer.missing.includes(counter)) {
    const missing = peer.missing.filter((one) => one !== counter);
    return { peer: { ...peer, missing, recent }, verdict: { kind: "filled" } };
  }
  const known = peer.recent.find((one) => one.counter === counter);
  if (known !== undefined && !equalBytes(known.id, id))
    return { peer, verdict: { kind: "twisted" } };
  return { peer, verdict: { kind: "again" } };
}
