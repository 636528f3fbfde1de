import { limits } from "#shared/limits.ts";
import type { LinkState } from "./state.ts";

/** What a channel knows of its connection, as plain data. */

/** Which attempt at opening a mailbox an event belongs to; what older attempts still say is not heard. */
export function isCurrentOpening(link: LinkState, mailbox: string, opening: number): boolean {
  return link.opening.some((one) => one.mailbox === mailbox && one.number === opening);
}

export function isOpening(link: LinkState, mailbox: string): boolean {
  return link.opening.some((one) => one.mailbox === mailbox);
}

/** A mailbox is asked for: under a number that no attempt of this connection had. */
export function noteOpening(link: LinkState, mailbox: string): LinkState {
  const number = link.openings + 1;
  return { ...link, openings: number, opening: [...link.opening, { mailbox, number }] };
}

/** A mailbox is closed or was refused: it has to be opened again. */
export function noteClosed(link: LinkState, mailbox: string): LinkState {
  return {
    ...link,
    opening: link.opening.filter((one) => one.mailbox !== mailbox),
    live: link.live.filter((name) => name !== mailbox),
  };
}

/** Everything stored in the mailbox has been delivered. */
export function noteLive(link: LinkState, mailbox: string): LinkState {
  const live = [...link.live.filter((name) => name !== mailbox), mailbox];
  return { ...link, live, failures: 0 };
}

/** Opens the mailbox at the very position wanted next time. */
export function noteExact(link: LinkState, mailbox: string): LinkState {
  return { ...noteClosed(link, mailbox), exact: [...link.exact, mailbox] };
}

/** Nothing is asked for a while: longer each time, and as long as the relay says. */
export function pause(link: LinkState, now: number, retryAfterMs: number | null): LinkState {
  const backoffMs = Math.min(limits.retryMsMin * 2 ** link.failures, limits.retryMsMax);
  return {
    ...link,
    retryAt: now + Math.max(backoffMs, retryAfterMs ?? 0),
    failures: Math.min(link.failures + 1, 16),
  };
}

/** Frames that have to be posted again over this connection. */
export function notePostAgain(link: LinkState, names: readonly string[]): LinkState {
  return { ...link, posted: link.posted.filter((name) => !names.includes(name)) };
}
