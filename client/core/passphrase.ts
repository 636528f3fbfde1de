import { utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

/**
 * The bytes of a typed passphrase, the same whichever keyboard composed its accents (Unicode NFC).
 * Failure `usage` for an empty or an endless one.
 */
export function passphraseBytes(passphrase: string): Uint8Array {
  const bytes = utf8(passphrase.normalize("NFC"));
  if (bytes.length === 0) throw new Failure("usage", "passphrase: it is empty");
  if (bytes.length > limits.passphraseBytesMax) {
    throw new Failure("usage", `passphrase: longer than ${limits.passphraseBytesMax} bytes`);
  }
  return bytes;
}
