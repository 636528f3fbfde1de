import { wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import {
  decode,
  encode,
  putU16,
  putVector,
  type Reader,
  takeU16,
  takeVector,
  type Writer,
} from "./codec.ts";
import {
  checkExtensions,
  type Extension,
  isDefaultExtension,
  putExtensions,
  takeExtensions,
} from "./extension.ts";
import { mls10, takeVersion } from "./group-context.ts";
import { checkKemKey } from "./kem-key.ts";
import { refHash, signWithLabel, verifyWithLabel } from "./labelled.ts";
import type { LeafCheck } from "./leaf-node.ts";
import {
  basicCredential,
  checkLeaf,
  type LeafNode,
  lifetimeMax,
  ownCapabilities,
  putLeafNode,
  signLeaf,
  takeLeafNode,
} from "./leaf-node.ts";
import { channelRules, type Rules } from "./rules.ts";

/** RFC 9420 section 10. */
export interface KeyPackage {
  readonly suiteId: number;
  readonly initKey: Uint8Array;
  readonly leaf: LeafNode;
  readonly extensions: readonly Extension[];
  readonly signature: Uint8Array;
}

/** Secrets behind a KeyPackage: KEM secrets of init and leaf key, and the signature secret key. */
export interface KeyPackageSecrets {
  readonly initSecret: Uint8Array;
  readonly leafSecret: Uint8Array;
  readonly signatureSecret: Uint8Array;
}

/** A KeyPackage of our own: the encoded KeyPackage, its KeyPackageRef and what stays here. */
export interface OwnKeyPackage {
  readonly keyPackage: Uint8Array;
  readonly ref: Uint8Array;
  readonly signatureKey: Uint8Array;
  readonly secrets: KeyPackageSecrets;
}

/** What a validated KeyPackage says; `bytes` is its encoding, `ref` its KeyPackageRef. */
export interface KeyPackageView {
  readonly bytes: Uint8Array;
  readonly ref: Uint8Array;
  readonly identity: Uint8Array;
  readonly signatureKey: Uint8Array;
  readonly initKey: Uint8Array;
  /** Extensions of the leaf (RFC 9420 section 7.2): what the newcomer says about itself. */
  readonly leafExtensions: readonly Extension[];
}

function putUnsigned(to: Writer, keyPackage: Omit<KeyPackage, "signature">): void {
  putU16(to, mls10);
  putU16(to, keyPackage.suiteId);
  putVector(to, keyPackage.initKey);
  putLeafNode(to, keyPackage.leaf);
  putExtensions(to, keyPackage.extensions);
}

export function putKeyPackage(to: Writer, keyPackage: KeyPackage): void {
  putUnsigned(to, keyPackage);
  putVector(to, keyPackage.signature);
}

export function takeKeyPackage(from: Reader): KeyPackage {
  takeVersion(from);
  return {
    suiteId: takeU16(from),
    initKey: takeVector(from),
    leaf: takeLeafNode(from),
    extensions: takeExtensions(from),
    signature: takeVector(from),
  };
}

/** MakeKeyPackageRef (section 5.2). */
export function keyPackageRef(suite: Suite, encoded: Uint8Array): Uint8Array {
  return refHash(suite, "MLS 1.0 KeyPackage Reference", encoded);
}

/** Makes a KeyPackage with a basic credential and fresh keys. */
export function createKeyPackage(request: {
  readonly suite: Suite;
  readonly identity: Uint8Array;
  readonly extensionTypes: readonly number[];
  readonly leafExtensions?: readonly Extension[];
  readonly random: Random;
}): OwnKeyPackage {
  const { suite, random } = request;
  const seeds = [random(suite.kem.secretBytes), random(suite.kem.secretBytes), random(32)] as const;
  const init = suite.kem.deriveKeyPair(seeds[0]);
  const leafKeys = suite.kem.deriveKeyPair(seeds[1]);
  const signer = suite.signature.keyPair(seeds[2]);
  wipe(...seeds);
  const leaf = signLeaf(
    suite,
    signer.secretKey,
    {
      encryptionKey: leafKeys.publicKey,
      signatureKey: signer.publicKey,
      credential: { type: basicCredential, data: request.identity },
      capabilities: ownCapabilities(suite, request.extensionTypes),
      source: { kind: "key-package", ...lifetimeMax },
      extensions: request.leafExtensions ?? [],
    },
    null,
  );
  const unsigned = { suiteId: suite.id, initKey: init.publicKey, leaf, extensions: [] };
  const content = encode(putUnsigned, unsigned);
  const signature = signWithLabel(suite, signer.secretKey, "KeyPackageTBS", content);
  const keyPackage = encode(putKeyPackage, { ...unsigned, signature });
  return {
    keyPackage,
    ref: keyPackageRef(suite, keyPackage),
    signatureKey: signer.publicKey,
    secrets: {
      initSecret: init.secretKey,
      leafSecret: leafKeys.secretKey,
      signatureSecret: signer.secretKey,
    },
  };
}

/** Validates a KeyPackage by section 10.1. Throws `refused`, `malformed` or `integrity`. */
export function checkKeyPackage(suite: Suite, keyPackage: KeyPackage, check: LeafCheck): void {
  const { leaf } = keyPackage;
  if (keyPackage.suiteId !== suite.id) {
    throw new Failure("refused", "KeyPackage: is for another cipher suite");
  }
  if (leaf.source.kind !== "key-package") {
    throw new Failure("refused", "KeyPackage: leaf comes from another source");
  }
  checkKemKey(suite, keyPackage.initKey, "KeyPackage: init key");
  if (equalBytes(keyPackage.initKey, leaf.encryptionKey)) {
    throw new Failure("refused", "KeyPackage: init key and leaf key are the same");
  }
  checkExtensions(keyPackage.extensions, check.rules, "KeyPackage");
  // RFC 9420 lets unknown ones pass (section 13.5, GREASE); a channel has refused them above.
  for (const { type } of check.rules.extensions === null ? [] : keyPackage.extensions) {
    if (!isDefaultExtension(type) && !leaf.capabilities.extensions.includes(type)) {
      throw new Failure("refused", `KeyPackage: extension ${type} is not among its capabilities`);
    }
  }
  checkLeaf(suite, leaf, { ...check, place: null });
  const content = encode(putUnsigned, keyPackage);
  const key = leaf.signatureKey;
  if (!verifyWithLabel(suite, key, "KeyPackageTBS", content, keyPackage.signature)) {
    throw new Failure("integrity", "KeyPackage: signature does not verify");
  }
}

/** Reads and validates an encoded KeyPackage outside any group. Throws as `checkKeyPackage` does. */
export function readKeyPackage(
  suite: Suite,
  bytes: Uint8Array,
  rules: Rules = channelRules,
): KeyPackageView {
  const keyPackage = decode(takeKeyPackage, bytes.slice(), "KeyPackage");
  checkKeyPackage(suite, keyPackage, { rules, required: null, contextExtensions: [], place: null });
  return viewKeyPackage(suite, keyPackage);
}

export function viewKeyPackage(suite: Suite, keyPackage: KeyPackage): KeyPackageView {
  const bytes = encode(putKeyPackage, keyPackage);
  return {
    bytes,
    ref: keyPackageRef(suite, bytes),
    identity: keyPackage.leaf.credential.data,
    signatureKey: keyPackage.leaf.signatureKey,
    initKey: keyPackage.initKey,
    leafExtensions: keyPackage.leaf.extensions,
  };
}
