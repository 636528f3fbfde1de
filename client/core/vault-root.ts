import { z } from "zod";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { Segment } from "./vault.ts";

/**
 * The one record that every save rewrites: all hot records, and for each cold record where it lies and
 * the key that opens it. Whoever loses this root's key loses every segment that only older roots knew.
 */
export interface VaultRoot {
  readonly hot: ReadonlyMap<string, Uint8Array>;
  readonly cold: ReadonlyMap<string, Segment>;
}
