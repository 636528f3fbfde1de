import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { cutChain, extendChain, knowsFrame, marksMax, shortBytes, startChain } from "./chain.ts";
import type { Policy } from "./policy.ts";
import type { Log } from "./state.ts";

/** An epoch's log before its first frame. */
export function startLog(firstMailbox: Uint8Array): Log {
  return { overflow: 0, base: 0, bytes: 0, sizes: [], chain: startChain(firstMailbox), lost: [] };
}

/** The sequence in the current mailbox that is to be read next, from 1. */
export function nextSeq(log: Log): number {
  return log.chain.position - log.base + 1;
}

/**
 * What the frame at the next position is: `fresh`; `found`, read before the relay lost it and appended
 * anew; or `repeated`, a copy of one that is still in the log.
 */
export function readNext(
  log: Log,
  frame: { readonly hash: Uint8Array; readonly bytes: number },
): { readonly log: Log; readonly kind: "fresh" | "found" | "repeated" } {
  const short = frame.hash.subarray(0, shortBytes);
  const isFound = log.lost.some((one) => equalBytes(one, short));
  const isRepeated = !isFound && knowsFrame(log.chain, frame.hash);
  return {
    log: {
      ...log,
      bytes: log.bytes + frame.bytes,
      sizes: [...log.sizes.slice(1 - marksMax), frame.bytes],
      chain: extendChain(log.chain, frame.hash),
      lost: isFound ? log.lost.filter((one) => !equalBytes(one, short)) : log.lost,
    },
    kind: isFound ? "found" : isRepeated ? "repeated" : "fresh",
  };
}

/**
 * Whether the current mailbox is complete, so that the log goes on in the next overflow mailbox. A
 * function of the frames and the policy alone: what lies behind that point counts for nobody, and a
 * relay that would take more changes nothing.
 */
export function isComplete(log: Log, policy: Policy): boolean {
  const frames = log.chain.position - log.base;
  return frames >= policy.mailboxFrames || log.bytes > policy.mailboxBytes - limits.frameBytesMax;
}

/** The log as it goes on in the next overflow mailbox. */
export function continueLog(log: Log): Log {
  return { ...log, overflow: log.overflow + 1, base: log.chain.position, bytes: 0 };
}

/**
 * The log cut back to what a relay that lost the rest still has in the current mailbox, or to the
 * mailbox's start when more is lost than is remembered: then all of it is read anew. Its octets are
 * those of the frames that stay, so that every member finds the mailbox complete at the same frame.
 */
export function cutLog(log: Log, head: number): Log {
  const lostFrames = log.chain.position - log.base - head;
  const kept = log.sizes.length - lostFrames;
  const isKnown = kept >= 0 && head > 0;
  const { chain, cut } = cutChain(log.chain, log.base + (isKnown ? head : 0));
  const givenBack = isKnown
    ? log.sizes.slice(kept).reduce((sum, size) => sum + size, 0)
    : log.bytes;
  return {
    ...log,
    bytes: log.bytes - givenBack,
    sizes: isKnown ? log.sizes.slice(0, kept) : [],
    chain,
    lost: [...log.lost, ...cut].slice(-marksMax),
  };
}
