import type { VaultPlace } from "./holder.ts";
import type { Output } from "./output.ts";
export async function chat(
  _p: VaultPlace,
  _c: string | null,
  _o: Output,
  _s: AbortSignal,
): Promise<void> {}
