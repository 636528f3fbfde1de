import type { Suite } from "#client/crypto/suite.ts";
import type { Extension } from "./extension.ts";
import { exportFrom } from "./key-schedule.ts";
import { signWithLabel, verifyWithLabel } from "./labelled.ts";
import type { Group } from "./state.ts";
import { leafAt, leaves } from "./tree.ts";

/*
 * The door of client/mls: RFC 9420 on plain readonly data. Every operation returns a new state and
 * leaves the old one valid, so a failed save loses nothing; the secrets it names as `spent` are to be
 * erased once the new state is saved. Randomness is passed in; there is no clock.
 */

export {
  type Protected,
  peek,
  protect,
  type Unprotected,
  unprotect,
} from "./application.ts";
export { type CommitRequest, type Committed, commit } from "./commit.ts";
export { type Advanced, adoptCommit, applyCommit } from "./commit-apply.ts";
export {
  type AddedMember,
  type CheckedCommit,
  checkCommit,
  type ReferencedProposal,
  readProposal,
} from "./commit-check.ts";
export { createGroup } from "./epoch.ts";
export type { Extension } from "./extension.ts";
export { type Joined, type JoinRequest, joinGroup } from "./join.ts";
export {
  createKeyPackage,
  type KeyPackageSecrets,
  type KeyPackageView,
  type OwnKeyPackage,
  readKeyPackage,
} from "./key-package.ts";
export type { PskId, PskSource } from "./psk.ts";
export { encodeRatchets, encodeSecretTree } from "./ratchet-codec.ts";
export { forgetSecrets, retire, secretsOnlyIn } from "./retire.ts";
export { channelRules, type Rules, unsafeRfcRules } from "./rules.ts";
export type { Group, PastEpoch } from "./state.ts";
export {
  decodeGroup,
  decodePastEpoch,
  encodeEpoch,
  encodePastEpoch,
  type StateParts,
} from "./state-codec.ts";

/** One leaf's public face. `identity` is the content of its basic credential. */
export interface Member {
  readonly leaf: number;
  readonly identity: Uint8Array;
  readonly signatureKey: Uint8Array;
  /** What the leaf says about itself (RFC 9420 section 7.2), under its signature. */
  readonly extensions: readonly Extension[];
}

/** All members, by leaf index. */
export function members(group: Group): readonly Member[] {
  return Array.from(leaves(group.state.tree.top), ({ index, leaf }) => ({
    leaf: index,
    identity: leaf.credential.data,
    signatureKey: leaf.signatureKey,
    extensions: leaf.extensions,
  }));
}

/** The member at a leaf; null when there is none. */
export function member(group: Group, leaf: number): Member | null {
  const found = leafAt(group.state.tree, leaf);
  if (found === null) return null;
  const { credential, signatureKey, extensions } = found;
  return { leaf, identity: credential.data, signatureKey, extensions };
}

/** MLS-Exporter (RFC 9420 section 8.5): `bytes` secret bytes for a label and context of this epoch. */
export function exportSecret(
  group: Group,
  label: string,
  context: Uint8Array,
  bytes: number,
): Uint8Array {
  const { exporter } = group.state.secrets;
  return exportFrom(group.suite, exporter, { label, context, length: bytes });
}

/** epoch_authenticator (section 8.7): the same for all who see the same epoch. */
export function epochAuthenticator(group: Group): Uint8Array {
  return group.state.secrets.authenticator;
}

/** The epoch's encoded GroupContext (section 8.1): part of every signature of the epoch, and no secret. */
export function encodedContext(group: Group): Uint8Array {
  return group.state.encodedContext;
}

/**
 * A copy of the seed, 32 octets, of the own leaf's signature key. Whoever else has it can sign as this seat
 * until no tree has the key any more.
 */
export function unsafeSignatureSeed(group: Group): Uint8Array {
  return group.state.signatureSecret.slice(0, 32);
}

/** SignWithLabel (section 5.1.2) under the own leaf's key: 64 bytes. */
export function signAs(group: Group, label: string, content: Uint8Array): Uint8Array {
  return signWithLabel(group.suite, group.state.signatureSecret, label, content);
}

/** VerifyWithLabel (section 5.1.2). */
export function verifyAs(
  suite: Suite,
  signatureKey: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyWithLabel(suite, signatureKey, label, content, signature);
}
