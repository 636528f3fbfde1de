/** One offer: when it was sent and when it arrived, in hours; a later one supersedes an earlier one. */
export interface Offer {
  readonly sentAt: number;
  readonly arrivesAt: number;
}

export interface Confusion {
  /** Offers that were acted on. */
  readonly actions: number;
  /** Of these, those that had been superseded when they were acted on. */
  readonly stale: number;
  /** Of these, those that were older than what the receiver remembers. */
  readonly steppedBack: number;
}

/** What an arriving offer is compared with: the newest that was seen, or the one that arrived last. */
export type Memory = "newest" | "last";

/**
 * What a receiver does who acts on each offer as it arrives (LEAKLAB 3.14). With `chain` each offer names the
 * one that it supersedes, under its author's signature, so that an older one than has been seen is left alone.
 */
export function confusionOf(
  offers: readonly Offer[],
  chain: boolean,
  memory: Memory = "newest",
): Confusion {
  const arriving = [...offers].sort((a, b) => a.arrivesAt - b.arrivesAt);
  let seen = Number.NEGATIVE_INFINITY;
  let [actions, stale, steppedBack] = [0, 0, 0];
  for (const offer of arriving) {
    const isOlder = offer.sentAt < seen;
    seen = memory === "last" ? offer.sentAt : Math.max(seen, offer.sentAt);
    if (chain && isOlder) continue;
    actions += 1;
    if (isOlder) steppedBack += 1;
    const isStale = offers.some(
      (other) => other.sentAt > offer.sentAt && other.sentAt <= offer.arrivesAt,
    );
    if (isStale) stale += 1;
  }
  return { actions, stale, steppedBack };
}
