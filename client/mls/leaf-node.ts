import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import {
  malformed,
  putList,
  putU8,
  putU16,
  putU32,
  putU64,
  putVector,
  type Reader,
  takeList,
  takeU8,
  takeU16,
  takeU64,
  takeVector,
  type Writer,
  writer,
  written,
} from "./codec.ts";
import {
  checkExtensions,
  type Extension,
  isDefaultExtension,
  putExtensions,
  type RequiredCapabilities,
  takeExtensions,
} from "./extension.ts";
import { mls10 } from "./group-context.ts";
import { checkKemKey } from "./kem-key.ts";
import { signWithLabel, verifyWithLabel } from "./labelled.ts";
import type { Rules } from "./rules.ts";

/** RFC 9420 section 5.3: basic (1) holds an identity, X.509 (2) a list of certificates. */
export interface Credential {
  readonly type: number;
  readonly data: Uint8Array;
}

export const basicCredential = 1;

/** RFC 9420 section 7.2. */
export interface Capabilities {
  readonly versions: readonly number[];
  readonly suites: readonly number[];
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

export type LeafSource =
  | { readonly kind: "key-package"; readonly notBefore: bigint; readonly notAfter: bigint }
  | { readonly kind: "update" }
  | { readonly kind: "commit"; readonly parentHash: Uint8Array };

/** LeafNodeTBS without the group it stands in. */
export interface UnsignedLeaf {
  readonly encryptionKey: Uint8Array;
  readonly signatureKey: Uint8Array;
  readonly credential: Credential;
  readonly capabilities: Capabilities;
  readonly source: LeafSource;
  readonly extensions: readonly Extension[];
}

/** RFC 9420 section 7.2. */
export interface LeafNode extends UnsignedLeaf {
  readonly signature: Uint8Array;
}

/** Where a leaf stands; part of what it signs unless it comes from a KeyPackage. */
export interface LeafPlace {
  readonly groupId: Uint8Array;
  readonly leaf: number;
}

/**
 * The one lifetime that channels use: for ever. There is no clock in here, and a member's time in a
 * channel is bounded by the channel, not by its KeyPackage.
 */
export const lifetimeMax = { notBefore: 0n, notAfter: 2n ** 64n - 1n } as const;

function putCredential(to: Writer, credential: Credential): void {
  putU16(to, credential.type);
  putVector(to, credential.data);
}

export function takeCredential(from: Reader): Credential {
  const type = takeU16(from);
  // The credential types share one shape by chance; of another type not even the end is known.
  if (type !== 1 && type !== 2) throw malformed(from, `unknown credential type ${type}`);
  return { type, data: takeVector(from) };
}

function putCapabilities(to: Writer, capabilities: Capabilities): void {
  putList(to, capabilities.versions, putU16);
  putList(to, capabilities.suites, putU16);
  putList(to, capabilities.extensions, putU16);
  putList(to, capabilities.proposals, putU16);
  putList(to, capabilities.credentials, putU16);
}

function takeCapabilities(from: Reader): Capabilities {
  return {
    versions: takeList(from, takeU16),
    suites: takeList(from, takeU16),
    extensions: takeList(from, takeU16),
    proposals: takeList(from, takeU16),
    credentials: takeList(from, takeU16),
  };
}

function putSource(to: Writer, source: LeafSource): void {
  if (source.kind === "key-package") {
    putU8(to, 1);
    putU64(to, source.notBefore);
    putU64(to, source.notAfter);
  } else if (source.kind === "update") {
    putU8(to, 2);
  } else {
    putU8(to, 3);
    putVector(to, source.parentHash);
  }
}

function takeSource(from: Reader): LeafSource {
  const kind = takeU8(from);
  if (kind === 1) {
    return { kind: "key-package", notBefore: takeU64(from), notAfter: takeU64(from) };
  }
  if (kind === 2) return { kind: "update" };
  if (kind === 3) return { kind: "commit", parentHash: takeVector(from) };
  throw malformed(from, "unknown leaf source");
}

function putUnsigned(to: Writer, leaf: UnsignedLeaf): void {
  putVector(to, leaf.encryptionKey);
  putVector(to, leaf.signatureKey);
  putCredential(to, leaf.credential);
  putCapabilities(to, leaf.capabilities);
  putSource(to, leaf.source);
  putExtensions(to, leaf.extensions);
}

export function putLeafNode(to: Writer, leaf: LeafNode): void {
  putUnsigned(to, leaf);
  putVector(to, leaf.signature);
}

export function takeLeafNode(from: Reader): LeafNode {
  return {
    encryptionKey: takeVector(from),
    signatureKey: takeVector(from),
    credential: takeCredential(from),
    capabilities: takeCapabilities(from),
    source: takeSource(from),
    extensions: takeExtensions(from),
    signature: takeVector(from),
  };
}

/** LeafNodeTBS (section 7.2). */
function toBeSigned(leaf: UnsignedLeaf, place: LeafPlace | null): Uint8Array {
  const to = writer(2048);
  putUnsigned(to, leaf);
  if (leaf.source.kind !== "key-package" && place !== null) {
    putVector(to, place.groupId);
    putU32(to, place.leaf);
  }
  return written(to);
}

export function signLeaf(
  suite: Suite,
  secretKey: Uint8Array,
  leaf: UnsignedLeaf,
  place: LeafPlace | null,
): LeafNode {
  const signature = signWithLabel(suite, secretKey, "LeafNodeTBS", toBeSigned(leaf, place));
  return { ...leaf, signature };
}

function leafSignatureHolds(suite: Suite, leaf: LeafNode, place: LeafPlace | null): boolean {
  const content = toBeSigned(leaf, place);
  return verifyWithLabel(suite, leaf.signatureKey, "LeafNodeTBS", content, leaf.signature);
}

/** What a leaf of ours says about itself. */
export function ownCapabilities(suite: Suite, extensionTypes: readonly number[]): Capabilities {
  return {
    versions: [mls10],
    suites: [suite.id],
    // Section 7.2: the default types must not be listed.
    extensions: extensionTypes.filter((type) => !isDefaultExtension(type)),
    proposals: [],
    credentials: [basicCredential],
  };
}

/** The circumstances in which a leaf is judged. */
export interface LeafCheck {
  readonly rules: Rules;
  readonly required: RequiredCapabilities | null;
  /** Non-default extension types in the GroupContext: a leaf must know them (section 13.4). */
  readonly contextExtensions: readonly number[];
  readonly place: LeafPlace | null;
}

/**
 * Validates a leaf by RFC 9420 section 7.3, except for uniqueness, which the tree's key index checks.
 * Throws `refused`, or `integrity` for a bad signature.
 */
export function checkLeaf(suite: Suite, leaf: LeafNode, check: LeafCheck): void {
  checkStructure(suite, leaf, check.rules);
  const able = new Set(leaf.capabilities.extensions);
  for (const { type } of leaf.extensions) {
    if (!able.has(type) && !isDefaultExtension(type)) {
      throw new Failure("refused", `leaf: extension ${type} is not among its capabilities`);
    }
  }
  for (const type of check.contextExtensions) {
    if (!able.has(type)) throw new Failure("refused", `leaf: does not know extension ${type}`);
  }
  if (check.required !== null) checkCapabilities(leaf.capabilities, check.required);
  if (!leafSignatureHolds(suite, leaf, check.place)) {
    throw new Failure("integrity", "leaf: signature does not verify");
  }
}

function checkStructure(suite: Suite, leaf: LeafNode, rules: Rules): void {
  const { capabilities, credential, source } = leaf;
  checkKemKey(suite, leaf.encryptionKey, "leaf: encryption key");
  if (!capabilities.versions.includes(mls10) || !capabilities.suites.includes(suite.id)) {
    throw new Failure("refused", "leaf: does not support the group's version and suite");
  }
  if (!capabilities.credentials.includes(credential.type)) {
    throw new Failure("refused", "leaf: credential is not among its capabilities");
  }
  checkExtensions(leaf.extensions, rules, "leaf");
  if (rules.foreignLeaves) return;
  if (credential.type !== basicCredential) {
    throw new Failure("refused", "leaf: only basic credentials are used");
  }
  if (source.kind === "update") throw new Failure("refused", "leaf: comes from an Update proposal");
  if (
    source.kind === "key-package" &&
    (source.notBefore !== lifetimeMax.notBefore || source.notAfter !== lifetimeMax.notAfter)
  ) {
    throw new Failure("refused", "leaf: lifetime is not the fixed one");
  }
}

/** Section 11.1: a leaf lists everything non-default that the group requires. */
export function checkCapabilities(able: Capabilities, required: RequiredCapabilities): void {
  const has =
    required.extensions.every(
      (type) => isDefaultExtension(type) || able.extensions.includes(type),
    ) &&
    required.proposals.every((type) => (type >= 1 && type <= 7) || able.proposals.includes(type)) &&
    required.credentials.every((type) => able.credentials.includes(type));
  if (!has) throw new Failure("refused", "leaf: lacks a required capability");
}
