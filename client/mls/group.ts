import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { assert } from "#shared/failure.ts";
import type { Extension } from "./extension.ts";
import type { Rules } from "./rules.ts";
import type { Group, PastEpoch } from "./state.ts";

export type { Extension } from "./extension.ts";
export { channelRules, type Rules, unsafeRfcRules } from "./rules.ts";
export type { Group, PastEpoch } from "./state.ts";

/** Secrets behind a KeyPackage: KEM secrets of init and leaf key, and the signature secret key. */
export interface KeyPackageSecrets {
  readonly initSecret: Uint8Array;
  readonly leafSecret: Uint8Array;
  readonly signatureSecret: Uint8Array;
}
export interface OwnKeyPackage {
  readonly keyPackage: Uint8Array;
  readonly ref: Uint8Array;
  readonly signatureKey: Uint8Array;
  readonly secrets: KeyPackageSecrets;
}
export interface KeyPackageView {
  readonly bytes: Uint8Array;
  readonly ref: Uint8Array;
  readonly identity: Uint8Array;
  readonly signatureKey: Uint8Array;
  readonly initKey: Uint8Array;
}
export interface Member {
  readonly leaf: number;
  readonly identity: Uint8Array;
  readonly signatureKey: Uint8Array;
}
export interface AddedMember extends KeyPackageView {
  readonly leaf: number;
}
/** The public part of a commit, found valid. Further fields are the library's own. */
export interface CheckedCommit {
  readonly kind: "checked";
  readonly committer: number;
  readonly generation: number;
  readonly authenticatedData: Uint8Array;
  readonly adds: readonly AddedMember[];
  readonly removes: readonly number[];
  /** New GroupContext extensions; null when unchanged. */
  readonly extensions: readonly Extension[] | null;
  /** The committer's new signature key; null when unchanged. */
  readonly newSignatureKey: Uint8Array | null;
}
export interface Committed {
  readonly message: Uint8Array;
  readonly welcome: Uint8Array | null;
  readonly pending: Group;
  readonly group: Group;
  readonly spent: readonly Uint8Array[];
}
export interface Advanced {
  readonly group: Group;
  readonly spent: readonly Uint8Array[];
}
export interface Unprotected<State extends Group | PastEpoch> {
  readonly reader: State;
  readonly sender: number;
  readonly generation: number;
  readonly data: Uint8Array;
  readonly authenticatedData: Uint8Array;
  readonly spent: readonly Uint8Array[];
}
export interface GroupParts {
  readonly epoch: Uint8Array;
  readonly secretTree: Uint8Array;
  readonly ratchets: Uint8Array;
}

const pending = (): never => {
  assert(false, "client/mls is filled in by the commits that follow");
};

export function createKeyPackage(_: {
  suite: Suite;
  identity: Uint8Array;
  extensionTypes: readonly number[];
  random: Random;
}): OwnKeyPackage {
  return pending();
}
export function readKeyPackage(_suite: Suite, _bytes: Uint8Array, _rules?: Rules): KeyPackageView {
  return pending();
}
export function createGroup(_: {
  suite: Suite;
  rules: Rules;
  groupId: Uint8Array;
  identity: Uint8Array;
  extensions: readonly Extension[];
  random: Random;
}): Group {
  return pending();
}
export function commit(
  _group: Group,
  _: {
    add?: readonly Uint8Array[];
    remove?: readonly number[];
    extensions?: readonly Extension[];
    newSignatureKey?: boolean;
    authenticatedData?: Uint8Array;
    random: Random;
  },
): Committed {
  return pending();
}
export function checkCommit(_group: Group, _message: Uint8Array): CheckedCommit {
  return pending();
}
export function applyCommit(_group: Group, _checked: CheckedCommit): Advanced {
  return pending();
}
/** Own commit came back from the log: `pending` takes over, what only the old epoch held is spent. */
export function adoptCommit(_group: Group, _pending: Group): Advanced {
  return pending();
}
export function joinGroup(_: {
  suite: Suite;
  rules: Rules;
  welcome: Uint8Array;
  keyPackage: Uint8Array;
  secrets: KeyPackageSecrets;
  expected?: { groupId: Uint8Array; signerKey: Uint8Array };
}): Advanced & { readonly signer: { leaf: number; signatureKey: Uint8Array } } {
  return pending();
}
export function protect(
  _group: Group,
  _data: Uint8Array,
  _authenticatedData: Uint8Array,
  _random: Random,
): Advanced & { readonly message: Uint8Array; readonly generation: number } {
  return pending();
}
export function unprotect<State extends Group | PastEpoch>(
  _reader: State,
  _message: Uint8Array,
): Unprotected<State> {
  return pending();
}
export function peek(_message: Uint8Array): {
  wireFormat: number;
  groupId: Uint8Array;
  epoch: bigint;
  contentType: "application" | "proposal" | "commit";
} {
  return pending();
}
export function members(_group: Group): readonly Member[] {
  return pending();
}
export function member(_group: Group, _leaf: number): Member | null {
  return pending();
}
export function exportSecret(
  _group: Group,
  _label: string,
  _context: Uint8Array,
  _bytes: number,
): Uint8Array {
  return pending();
}
export function epochAuthenticator(_group: Group): Uint8Array {
  return pending();
}
export function retire(_group: Group): PastEpoch {
  return pending();
}
/** Secrets that `state` holds and none of `kept` shares: what to wipe when `state` is dropped. */
export function secretsOnlyIn(
  _state: Group | PastEpoch,
  _kept: readonly (Group | PastEpoch)[],
): Uint8Array[] {
  return pending();
}
export function signAs(_group: Group, _label: string, _content: Uint8Array): Uint8Array {
  return pending();
}
export function verifyAs(
  _suite: Suite,
  _signatureKey: Uint8Array,
  _label: string,
  _content: Uint8Array,
  _signature: Uint8Array,
): boolean {
  return pending();
}
export function encodeEpoch(_group: Group): Uint8Array {
  return pending();
}
export function encodeSecretTree(_state: Group | PastEpoch): Uint8Array {
  return pending();
}
export function encodeRatchets(_state: Group | PastEpoch): Uint8Array {
  return pending();
}
export function decodeGroup(_parts: GroupParts, _rules: Rules): Group {
  return pending();
}
export function encodePastEpoch(_past: PastEpoch): Uint8Array {
  return pending();
}
export function decodePastEpoch(_parts: GroupParts): PastEpoch {
  return pending();
}
