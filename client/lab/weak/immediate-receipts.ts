import type { ReceiptTimes } from "#client/core/ports.ts";

/**
 * WEAK: a receipt that answers at once, as most messengers send them. Its time is the arrival's, so whoever
 * sees deliveries sees who answers whom, and whoever is answered sees when a device was asleep.
 */
export const immediateReceipts: ReceiptTimes = (now) => now;

/** WEAK, but not as weak: the product's windows of a minute without its choice among ten of them. */
export const quantisedReceipts: ReceiptTimes = (now) => (Math.floor(now / 60_000) + 1) * 60_000;
