import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { cutChain, extendChain, knowsFrame, marksMax, shortBytes, startChain } from "./chain.ts";
import type { Policy } from "./policy.ts";
import type { Log } from "./state.ts";

/** An epoch's log before its first frame. */
export function startLog(firstMailbox: Uint8Array): Log {
  return { overflow: 0, base: 0, bytes: 0, chain: startChain(firstMailbox), lost: [] };
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

/** The log cut back to what a relay that lost the rest still has in the current mailbox. */
export function cutLog(log: Log, head: number): Log {
  const { chain, cut } = cutChain(log.chain, log.base + head);
  return { ...log, chain, lost: [...log.lost, ...cut].slice(-marksMax) };
}
