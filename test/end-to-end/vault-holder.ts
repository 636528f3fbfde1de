import { createVault, openVault, vaultExists } from "#client/node/vault.ts";
import { utf8 } from "#shared/bytes.ts";
import { cheap } from "#test/unit/node/vault-rig.ts";

/**
 * A process of its own that holds the vault of a folder (argument 1) and counts in it until it is
 * killed; each number is printed only after its save has returned.
 */
const dir = process.argv[2] as string;
const vault = vaultExists(dir)
  ? await openVault(dir, "heron", cheap)
  : await createVault(dir, "heron", cheap);
const counted = await vault.read("count");
let count = counted === null ? 0 : Number(new TextDecoder().decode(counted));
for (;;) {
  count += 1;
  const text = utf8(String(count));
  await vault.save([
    { key: "count", bytes: text, tier: "hot" },
    { key: "segment", bytes: utf8(`${count} `.repeat(2_000)), tier: "cold" },
    { key: `past/${count}`, bytes: text, tier: "cold" },
    { key: `past/${count - 3}`, bytes: null, tier: "cold" },
  ]);
  process.stdout.write(`${count}\n`);
  // Lets the pipe drain: what a killed process had queued would be lost with it.
  await new Promise((resolve) => setImmediate(resolve));
}
