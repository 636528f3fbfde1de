/**
 * What guesses cost on hardware that is named and not here (LEAKLAB 3.6): a measured rate of somebody else, or a
 * bound from the memory's bandwidth, times a price. EXTRAPOLATED, always.
 */

export interface Hardware {
  readonly name: string;
  /** Octets a second between the chip and its memory. */
  readonly bandwidth: number;
  /** Dollars for an hour of it. */
  readonly price: number;
}

/** LEAKLAB's. */
export const rtx4090: Hardware = { name: "RTX 4090", bandwidth: 1_008e9, price: 0.35 };

/** Hashcat 6.2.6 on one RTX 4090, guesses a second (secondary copies of the Chick3nman figures). */
export const hashcat4090 = {
  sha256: 21.98e9,
  /** At cost 5. */
  bcrypt5: 184_000,
  /** PBKDF2-HMAC-SHA256 at 999 iterations. */
  pbkdf2At999: 8_865_700,
} as const;

export interface ArgonCost {
  readonly passes: number;
  readonly memoryBytes: number;
}

/**
 * The most guesses a second that the bandwidth allows (tobtu.com): for each block the first pass moves two, one
 * read and one written, and every later pass three. No bound where a guess's memory fits into the chip's cache.
 */
export function argonRateMax({ passes, memoryBytes }: ArgonCost, bandwidth: number): number {
  return bandwidth / (memoryBytes * (3 * passes - 1));
}

/** Each step of bcrypt's cost doubles the work. */
export function bcryptRate(rateAt5: number, cost: number): number {
  return rateAt5 / 2 ** (cost - 5);
}

/** PBKDF2's work is proportional to its iterations. */
export function pbkdf2Rate(rateAt999: number, iterations: number): number {
  return (rateAt999 * 999) / iterations;
}

/** Dollars for so many guesses. */
export function guessDollars(guesses: number, rate: number, price: number): number {
  return (guesses / rate / 3_600) * price;
}

/** Bits of a phrase whose words are drawn from a list, each alike. */
export function phraseBits(words: number, list: number): number {
  return words * Math.log2(list);
}
