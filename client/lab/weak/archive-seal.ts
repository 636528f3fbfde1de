import { sealBase } from "#client/crypto/hpke.ts";
import { sealCommitted, sealNonceBytes } from "#client/crypto/seal.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { systemRandom } from "#client/node/random.ts";
import { concat, unhex } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import type { ServiceOptions } from "../attacks/archive-format.ts";
import { archiveLabel } from "../attacks/archive-label.ts";

export type Seal = (bytes: Uint8Array) => { readonly sealed: string; readonly box: Uint8Array };

/**
 * A copy as the database gets it: to the archive's public key, under the service's own, or in the clear.
 * Keys are hex.
 */
export async function sealer({ publicKey, serviceKey }: ServiceOptions): Promise<Seal> {
  if (publicKey === null && serviceKey === null) return (box) => ({ sealed: "no", box });
  await ready();
  if (publicKey !== null) {
    const to = keyOf(publicKey);
    const none = new Uint8Array(0);
    return (bytes) => {
      const { enc, ciphertext } = sealBase(xwingSuite, to, archiveLabel, none, bytes, systemRandom);
      return { sealed: "public-key", box: concat(enc, ciphertext) };
    };
  }
  assert(serviceKey !== null, "a service that seals has a key");
  return (bytes) => {
    const nonce = systemRandom(sealNonceBytes);
    const box = sealCommitted(keyOf(serviceKey), nonce, archiveLabel, bytes);
    return { sealed: "service-key", box: concat(nonce, box) };
  };
}

function keyOf(text: string): Uint8Array {
  const bytes = unhex(text);
  assert(bytes !== null, "keys are hex");
  return bytes;
}
