import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { open, seal, sealNonceBytes, sealOverheadBytes } from "#client/crypto/seal.ts";
import { concat } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Padding } from "../algorithms/padding.ts";

/** Octets of a frame around what is padded: a version, the nonce and the tag. */
const overheadBytes = 1 + sealNonceBytes + sealOverheadBytes;
const lengthBytes = 4;

/** The version octet of these frames: no version that the product knows. */
const weakVersion = 0xfe;

/**
 * WEAK ON PURPOSE: frames of other sizes than the product's. The length and the message are padded as
 * `padding` says and then sealed as always, so only the size of a frame tells more than it should.
 */
export function lengthCipher(padding: Padding): Cipher {
  return {
    ...sealedCipher,
    seal(keys, message, random) {
      const padded = new Uint8Array(padding(lengthBytes + message.length));
      new DataView(padded.buffer).setUint32(0, message.length);
      padded.set(message, lengthBytes);
      const nonce = random(sealNonceBytes);
      const sealed = seal(keys.frameKey, nonce, associatedData(keys.publicKey), padded);
      return concat(Uint8Array.of(weakVersion), nonce, sealed);
    },
    open(keys, frame) {
      if (frame[0] !== weakVersion || frame.length < overheadBytes + lengthBytes) {
        throw new Failure("malformed", "frame: not one of this weak cipher's");
      }
      const nonce = frame.subarray(1, 1 + sealNonceBytes);
      const sealed = frame.subarray(1 + sealNonceBytes);
      const padded = open(keys.frameKey, nonce, associatedData(keys.publicKey), sealed);
      if (padded === null) throw new Failure("integrity", "frame: the seal does not hold");
      const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0);
      if (length > padded.length - lengthBytes) {
        throw new Failure("malformed", "frame: the message is longer than its frame");
      }
      return padded.slice(lengthBytes, lengthBytes + length);
    },
  };
}

function associatedData(mailbox: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(weakVersion), mailbox);
}
