import { wipe } from "#client/crypto/hash.ts";
import { exportBaseReceiver } from "#client/crypto/hpke.ts";
import { equalBytes, utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { encode } from "./codec.ts";
import type { CheckedCommit } from "./commit-check.ts";
import { enterEpoch, nextEpochSecrets } from "./epoch.ts";
import { type GroupContext, putGroupContext } from "./group-context.ts";
import { type PskSource, pskSecret } from "./psk.ts";
import { retire, secretsOnlyIn } from "./retire.ts";
import type { Group } from "./state.ts";
import { confirmedTranscriptHash } from "./transcript.ts";
import { encryptionKeyAt, type Tree } from "./tree.ts";
import { decryptPath, type PathKeys } from "./treekem.ts";

/** A group one operation further, and the secrets to erase once it is saved. */
export interface Advanced {
  readonly group: Group;
  readonly spent: readonly Uint8Array[];
}

const noPsks: PskSource = () => null;

/**
 * The private part of a commit that checkCommit found valid: decapsulation, key schedule,
 * confirmation tag. Throws `integrity` when the committer cheated this member, `removed` when the
 * commit removes it, `refused` for a commit of one's own (adoptCommit takes that).
 */
export function applyCommit(
  group: Group,
  checked: CheckedCommit,
  findPsk: PskSource = noPsks,
): Advanced {
  const { suite, state } = group;
  const { internal } = checked;
  assert(internal.provisional.epoch === group.epoch + 1n, "the commit was checked in this epoch");
  if (checked.removes.includes(group.ownLeaf)) {
    throw new Failure("removed", "commit: removes this member");
  }
  const psk = pskSecret(suite, internal.psks, findPsk);
  const { commitSecret, derived } = openPath(group, checked);
  const context: GroupContext = {
    ...internal.provisional,
    confirmedTranscriptHash: confirmedTranscriptHash(
      suite,
      state.interimTranscriptHash,
      internal.message,
    ),
  };
  const init = initSecret(group, internal.externalInit);
  const { joiner, member, epoch } = nextEpochSecrets(suite, {
    init,
    commit: commitSecret,
    psk,
    encodedContext: encode(putGroupContext, context),
  });
  wipe(joiner, member);
  if (init !== state.secrets.init) wipe(init);
  const base = {
    suite,
    rules: group.rules,
    context,
    tree: internal.tree,
    ownLeaf: group.ownLeaf,
    signatureSecret: state.signatureSecret,
    pathKeys: survivingKeys(state.pathKeys, state.tree, internal.tree, derived),
  };
  const tag = internal.message.confirmationTag;
  assert(tag !== null, "a commit carries a confirmation tag");
  return adoptCommit(group, enterEpoch(base, epoch, tag));
}

/**
 * Goes on to an epoch made from this one: `pending` is what commit() gave for a commit of our own that
 * has come back from the log. What only the old epoch held is spent; reading its late messages takes
 * retire(group), called before.
 */
export function adoptCommit(group: Group, pending: Group): Advanced {
  assert(pending.epoch === group.epoch + 1n, "the pending epoch follows this one");
  return { group: pending, spent: secretsOnlyIn(group, [pending, retire(group)]) };
}

function openPath(
  group: Group,
  checked: CheckedCommit,
): { commitSecret: Uint8Array; derived: PathKeys } {
  const { path, steps, encodedProvisional } = checked.internal;
  if (checked.committer === group.ownLeaf) {
    throw new Failure("refused", "commit: is our own, its pending epoch is to be adopted");
  }
  if (path === null) {
    return { commitSecret: new Uint8Array(group.suite.hashBytes), derived: new Map() };
  }
  return decryptPath(group.suite, {
    path,
    steps,
    added: new Set(checked.adds.map(({ leaf }) => leaf)),
    ownLeaf: group.ownLeaf,
    // Proposals only blank nodes, so a node that still has a key has the one we know it by.
    pathKeys: group.state.pathKeys,
    encodedContext: encodedProvisional,
  });
}

/** Section 8.3: an external commit brings its own init_secret. */
function initSecret(group: Group, kemOutput: Uint8Array | null): Uint8Array {
  const { suite, state } = group;
  if (kemOutput === null) return state.secrets.init;
  const external = state.secrets.external;
  if (external === null) throw new Failure("refused", "commit: comes from outside the group");
  const { secretKey } = suite.kem.deriveKeyPair(external);
  const label = utf8("MLS 1.0 external init secret");
  const nothing = new Uint8Array(0);
  return exportBaseReceiver(suite, kemOutput, secretKey, nothing, label, suite.hashBytes);
}

/** Keys of nodes that the commit left as they were, and the new ones (section 7.5: old ones go). */
function survivingKeys(
  known: PathKeys,
  before: Tree,
  after: Tree,
  derived: PathKeys,
): Map<number, Uint8Array> {
  const keys = new Map(derived);
  for (const [index, secret] of known) {
    const old = encryptionKeyAt(before, index);
    const now = encryptionKeyAt(after, index);
    if (old !== null && now !== null && equalBytes(old, now)) keys.set(index, secret);
  }
  return keys;
}
