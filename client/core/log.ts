import { equalBytes } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { cutChain, extendChain, knowsFrame, marksMax, shortBytes, startChain } from "./chain.ts";
import type { Policy } from "./policy.ts";
import type { Log } from "./state.ts";

/** An epoch's log before its first frame. */
export function startLog(firstMailbox: Uint8Array): Log {
  const chain = startChain(firstMailbox);
  return { overflow: 0, base: 0, baseHead: chain.head, bytes: 0, chain, lost: [], rereadTo: 0 };
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
  const { head, position } = log.chain;
  return { ...log, overflow: log.overflow + 1, base: position, baseHead: head, bytes: 0 };
}

/**
 * The log cut back to the start of its mailbox, for a relay that lost some of it or shows another one:
 * all of that mailbox is read anew, so that its octets and its chain are those of what the relay has now.
 */
export function cutLog(log: Log): Log {
  const { chain, cut } = cutChain(log.chain, { position: log.base, head: log.baseHead });
  return {
    ...log,
    bytes: 0,
    chain,
    lost: [...log.lost, ...cut].slice(-marksMax),
    rereadTo: Math.max(log.rereadTo, log.chain.position),
  };
}

/**
 * Whether the position read last was read before the relay lost it. What stands there may have been
 * read already, and its author may have seen the log as it was.
 */
export function isReadAgain(log: Log): boolean {
  return log.chain.position <= log.rereadTo;
}
