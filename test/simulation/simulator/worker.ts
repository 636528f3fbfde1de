import { ready } from "#client/crypto/sodium.ts";
import { live } from "./live.ts";

/** One life for each seed that comes; a life that breaks the simulator itself is a violation, too. */
await ready();
process.on("message", async ({ seed, isTraced }: { seed: number; isTraced: boolean }) => {
  const lived = await live(seed);
  process.send?.({ ...lived, trace: isTraced ? lived.trace : null });
});
