import { Failure } from "#shared/failure.ts";
import { loadScenario } from "../scenario.ts";

/**
 * Every mistake of a scenario file as `file:line:column key.path: what is wrong`; none when it is in order.
 * Mistakes of YAML come first, then of types, then of names: a later kind shows when the earlier are mended.
 * Failure `not-found` when there is no such file.
 */
export async function checkFile(path: string): Promise<readonly string[]> {
  try {
    await loadScenario({ path });
    return [];
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "malformed") throw error;
    return error.message.split("\n");
  }
}
