import { z } from "zod";
import type { Extension } from "#client/mls/group.ts";
import { decodeCbor, encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { version } from "./field.ts";

/** LeafNode extension in which a seat's client says what it does: private-use type (RFC 9420 section 17.3). */
export const declarationExtension = 0xfb02;

/** A client that does nothing unusual says nothing, so each declaration has one form only. */
const schema = z.strictObject({ v: version, archives: z.literal(true) });

/**
 * What a seat's client says about itself. Its leaf's signature and the tree hash cover it, so everybody sees
 * the same; that it is true nobody can check. A client that hides what it does says nothing.
 */
export interface Declaration {
  /** A copy of what it reads and writes is kept outside of its vault. */
  readonly archives: boolean;
}

/** The extensions of a leaf that says this: deterministic CBOR `{v, archives: true}`, or none. */
export function encodeDeclaration({ archives }: Declaration): Extension[] {
  if (!archives) return [];
  const data = encodeCbor(schema.parse({ v: limits.version, archives }));
  return [{ type: declarationExtension, data }];
}

/** Inverse of `encodeDeclaration`. Failures: `refused` for any other extension of a leaf, `malformed`. */
export function decodeDeclaration(extensions: readonly Extension[]): Declaration {
  const [extension] = extensions;
  if (extension === undefined) return { archives: false };
  if (extensions.length > 1 || extension.type !== declarationExtension) {
    throw new Failure("refused", "declaration: a leaf has no extension but this one");
  }
  const parsed = schema.safeParse(decodeCbor(extension.data, "declaration"));
  if (!parsed.success) throw new Failure("malformed", "declaration: not {v, archives: true}");
  return { archives: true };
}
