import { expand } from "#client/crypto/hkdf.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { createKeyPackage, type OwnKeyPackage } from "#client/mls/group.ts";
import { concat, utf8 } from "#shared/bytes.ts";
import { type Declaration, encodeDeclaration } from "./declaration.ts";
import type { Random } from "./ports.ts";
import { channelExtensions } from "./rules.ts";

/** A newcomer's KeyPackage under an identity, saying what its client does; its keys depend on suite and seed (32 bytes) alone. */
export function newcomerKeyPackage(
  suite: Suite,
  seed: Uint8Array,
  identity: Uint8Array,
  declaration: Declaration,
): OwnKeyPackage {
  let draws = 0;
  const random: Random = (bytes) => {
    const info = concat(utf8("Backchannel v1 newcomer keys\0"), Uint8Array.of(draws++));
    return expand("sha512", seed, info, bytes);
  };
  const extensionTypes = [...channelExtensions];
  const leafExtensions = encodeDeclaration(declaration);
  return createKeyPackage({ suite, identity, extensionTypes, leafExtensions, random });
}
