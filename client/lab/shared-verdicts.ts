import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";

/** Verdicts that are kept: a message is read by everybody before the next dozen is written. */
const keptMax = 256;

interface Verdict {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly holds: boolean;
}

/**
 * A suite that verifies the same signature over the same octets under the same key once. Everybody of a world
 * lives in one process, and each reads what all others read: the verdict is the same for all of them, and it
 * is most of what reading costs. Nothing else is shared, and nothing that differs in one bit shares a verdict.
 */
export function sharedVerdicts(inner: Suite): Suite {
  const verdicts = new Map<string, Verdict>();
  const verify: Suite["signature"]["verify"] = (publicKey, message, signature) => {
    const name = Buffer.from(signature).toString("latin1");
    const known = verdicts.get(name);
    if (
      known !== undefined &&
      equalBytes(known.publicKey, publicKey) &&
      equalBytes(known.message, message)
    ) {
      return known.holds;
    }
    const holds = inner.signature.verify(publicKey, message, signature);
    // Copies: the caller may overwrite its own octets.
    verdicts.set(name, { publicKey: publicKey.slice(), message: message.slice(), holds });
    const [oldest] = verdicts.keys();
    if (verdicts.size > keptMax && oldest !== undefined) verdicts.delete(oldest);
    return holds;
  };
  return { ...inner, signature: { ...inner.signature, verify } };
}
