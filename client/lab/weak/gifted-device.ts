import type { Random } from "#client/core/ports.ts";
import { clockRandom } from "../algorithms/clock-random.ts";

/** WEAK: the randomness of a device that was given as a present: it knows the time and nothing else. */
export function giftedDevice(bootMs: number): Random {
  return clockRandom(bootMs);
}
