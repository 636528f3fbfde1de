import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { member } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";

/** WEAK ON PURPOSE, of controls only: the product's cipher in a client that hands out its signature keys while they are in use. */
export function betrayingCipher(secrets: Map<string, Uint8Array>): Cipher {
  return {
    ...sealedCipher,
    protect(group, data, random) {
      const own = member(group, group.ownLeaf);
      assert(own !== null, "who speaks is in the tree");
      secrets.set(hex(own.signatureKey), group.state.signatureSecret.slice());
      return sealedCipher.protect(group, data, random);
    },
  };
}
