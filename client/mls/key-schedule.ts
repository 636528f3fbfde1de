import { wipe } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { deriveSecret, expandWithLabel } from "./labelled.ts";
import type { Rules } from "./rules.ts";

/**
 * The secrets of RFC 9420 section 8 that outlive the commit. Those that only external commits,
 * PublicMessages and PSKs need are null where the rules refuse these: what is not kept cannot leak.
 */
export interface EpochSecrets {
  readonly senderData: Uint8Array;
  readonly exporter: Uint8Array;
  readonly authenticator: Uint8Array;
  readonly init: Uint8Array;
  readonly external: Uint8Array | null;
  readonly membership: Uint8Array | null;
  readonly resumption: Uint8Array | null;
}

/** A new epoch's secrets, with the two that are used at once and then erased. */
export interface NewEpochSecrets {
  readonly kept: EpochSecrets;
  /** Becomes the root of the secret tree. */
  readonly encryption: Uint8Array;
  /** Makes and checks the one confirmation tag of the epoch. */
  readonly confirmation: Uint8Array;
}

/** joiner_secret from the last epoch's init_secret, the commit_secret and the new GroupContext. */
export function joinerSecret(
  suite: Suite,
  parts: { init: Uint8Array; commit: Uint8Array; encodedContext: Uint8Array },
): Uint8Array {
  const extracted = suite.extract(parts.init, parts.commit);
  const joiner = expandWithLabel(suite, extracted, "joiner", parts.encodedContext, suite.hashBytes);
  wipe(extracted);
  return joiner;
}

/** The unnamed value between joiner_secret and epoch_secret; welcome_secret comes from it too. */
export function memberSecret(suite: Suite, joiner: Uint8Array, psk: Uint8Array): Uint8Array {
  return suite.extract(joiner, psk);
}

/** Key and nonce that open the Welcome's GroupInfo (section 12.4.3.1). */
export function welcomeKey(
  suite: Suite,
  member: Uint8Array,
): { key: Uint8Array; nonce: Uint8Array } {
  const welcome = deriveSecret(suite, member, "welcome");
  const empty = new Uint8Array(0);
  const key = expandWithLabel(suite, welcome, "key", empty, suite.aead.keyBytes);
  const nonce = expandWithLabel(suite, welcome, "nonce", empty, suite.aead.nonceBytes);
  wipe(welcome);
  return { key, nonce };
}

/** epoch_secret. */
export function epochSecret(
  suite: Suite,
  member: Uint8Array,
  encodedContext: Uint8Array,
): Uint8Array {
  return expandWithLabel(suite, member, "epoch", encodedContext, suite.hashBytes);
}

/** Everything derived from epoch_secret, which the caller erases. */
export function deriveEpoch(suite: Suite, epoch: Uint8Array, rules: Rules): NewEpochSecrets {
  const derive = (label: string): Uint8Array => deriveSecret(suite, epoch, label);
  return {
    kept: {
      senderData: derive("sender data"),
      exporter: derive("exporter"),
      authenticator: derive("authentication"),
      init: derive("init"),
      external: rules.externalSenders ? derive("external") : null,
      membership: rules.publicMessages ? derive("membership") : null,
      resumption: rules.psk ? derive("resumption") : null,
    },
    encryption: derive("encryption"),
    confirmation: derive("confirm"),
  };
}

/** MLS-Exporter (section 8.5): `length` bytes. */
export function exportFrom(
  suite: Suite,
  exporter: Uint8Array,
  request: { label: string; context: Uint8Array; length: number },
): Uint8Array {
  const derived = deriveSecret(suite, exporter, request.label);
  const context = suite.hash(request.context);
  const secret = expandWithLabel(suite, derived, "exported", context, request.length);
  wipe(derived);
  return secret;
}
