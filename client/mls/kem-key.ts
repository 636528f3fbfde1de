import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";

/**
 * Checks a KEM public key that somebody publishes: who let in one that nobody can encrypt to could
 * never send that node a path secret again, and no member beside it could heal. Pure, so all members
 * judge alike. Throws `malformed` for a wrong length, `refused` for bytes that are no key.
 */
export function checkKemKey(suite: Suite, key: Uint8Array, place: string): void {
  if (key.length !== suite.kem.publicBytes) {
    throw new Failure("malformed", `${place} has the wrong length`);
  }
  if (!suite.kem.isPublicKey(key)) throw new Failure("refused", `${place} is not a key`);
}
