import { vaultExists } from "#client/node/vault.ts";
import { wipeVault } from "#client/node/vault-wipe.ts";
import { Failure } from "#shared/failure.ts";
import { perform, type VaultPlace } from "./holder.ts";
import type { Output } from "./output.ts";

/** Forgets one channel, or destroys the vault, for which no passphrase is needed. Failures: `usage`, `locked`. */
export async function wipe(
  place: VaultPlace,
  wish: { readonly channel: string | null; readonly yes: boolean },
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { channel, yes } = wish;
  const what = channel === null ? `the whole vault in ${place.home}` : `channel ${channel}`;
  if (!yes) {
    if (!output.interactive) throw new Failure("usage", `wipe: add --yes to wipe ${what}`);
    const { sure } = await import("./prompts.ts");
    if (!(await sure(`Wipe ${what}? It cannot be undone, and nobody is told.`))) {
      throw new Failure("interrupted", "by you");
    }
  }
  if (channel !== null) {
    const caller = { emit: output.line, signal };
    return perform(place, { verb: "wipe", channel }, output, caller);
  }
  if (!vaultExists(place.home)) throw new Failure("not-found", `no vault in ${place.home}`);
  wipeVault(place.home);
  output.line({ type: "wiped", channel: null });
}
