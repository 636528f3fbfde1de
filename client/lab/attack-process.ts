import { hostAttack } from "./attack-host.ts";

// The attacks are imported after the network is closed: what they import may reach for it at load.
await hostAttack(
  async () => (await import("./attacks/catalogue.ts")).attacks,
  process.argv.slice(2),
);
