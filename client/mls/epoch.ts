import { equalSecret, wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import { encode } from "./codec.ts";
import { checkExtensions, type Extension } from "./extension.ts";
import { type GroupContext, putGroupContext } from "./group-context.ts";
import { deriveEpoch, epochSecret, joinerSecret, memberSecret } from "./key-schedule.ts";
import { basicCredential, lifetimeMax, ownCapabilities, signLeaf } from "./leaf-node.ts";
import type { Rules } from "./rules.ts";
import { newSecretTree, noChains } from "./secret-tree.ts";
import type { Group } from "./state.ts";
import { confirmationTag, interimTranscriptHash } from "./transcript.ts";
import { leafSlot, type Tree, treeOf, width } from "./tree.ts";
import { treeHash } from "./tree-hash.ts";
import type { PathKeys } from "./treekem.ts";

/** What a member knows of an epoch besides its secrets. */
export interface EpochBase {
  readonly suite: Suite;
  readonly rules: Rules;
  readonly context: GroupContext;
  readonly tree: Tree;
  readonly ownLeaf: number;
  readonly signatureSecret: Uint8Array;
  readonly pathKeys: PathKeys;
}

/**
 * Enters an epoch with its epoch_secret, which is erased. A confirmation tag that came with a commit
 * or Welcome is checked; otherwise it is made. Throws `integrity` for a wrong tag.
 */
export function enterEpoch(base: EpochBase, epoch: Uint8Array, received: Uint8Array | null): Group {
  const { suite, context, tree } = base;
  const { kept, encryption, confirmation } = deriveEpoch(suite, epoch, base.rules);
  const tag = confirmationTag(suite, confirmation, context.confirmedTranscriptHash);
  wipe(epoch, confirmation);
  if (received !== null && !equalSecret(tag, received)) {
    throw new Failure("integrity", "commit: confirmation tag does not verify");
  }
  return {
    kind: "group",
    suite,
    rules: base.rules,
    groupId: context.groupId,
    epoch: context.epoch,
    extensions: context.extensions,
    ownLeaf: base.ownLeaf,
    state: {
      context,
      encodedContext: encode(putGroupContext, context),
      interimTranscriptHash: interimTranscriptHash(suite, context.confirmedTranscriptHash, tag),
      confirmationTag: tag,
      tree,
      ownLeaf: base.ownLeaf,
      signatureSecret: base.signatureSecret,
      pathKeys: base.pathKeys,
      secrets: kept,
    },
    secretTree: newSecretTree(width(tree.top), encryption),
    // Its own object: what is saved by parts takes the same object for what is saved already.
    chains: { ...noChains },
  };
}

/** Runs the key schedule into the next epoch (RFC 9420 section 8). Erases commitSecret and psk. */
export function nextEpochSecrets(
  suite: Suite,
  parts: {
    readonly init: Uint8Array;
    readonly commit: Uint8Array;
    readonly psk: Uint8Array;
    readonly encodedContext: Uint8Array;
  },
): { joiner: Uint8Array; member: Uint8Array; epoch: Uint8Array } {
  const joiner = joinerSecret(suite, parts);
  const member = memberSecret(suite, joiner, parts.psk);
  wipe(parts.commit, parts.psk);
  return { joiner, member, epoch: epochSecret(suite, member, parts.encodedContext) };
}

/** Creates a group of one (section 11): fresh keys, epoch 0. Throws `refused` for unknown extensions. */
export function createGroup(request: {
  readonly suite: Suite;
  readonly rules: Rules;
  readonly groupId: Uint8Array;
  readonly identity: Uint8Array;
  readonly extensions: readonly Extension[];
  /** Of the creator's own leaf. */
  readonly leafExtensions?: readonly Extension[];
  readonly random: Random;
}): Group {
  const { suite, rules, random, extensions, leafExtensions = [] } = request;
  checkExtensions(extensions, rules, "group context");
  checkExtensions(leafExtensions, rules, "leaf");
  const seed = random(suite.kem.secretBytes);
  const leafKeys = suite.kem.deriveKeyPair(seed);
  const signerSeed = random(32);
  const signer = suite.signature.keyPair(signerSeed);
  wipe(seed, signerSeed);
  const types = rules.extensions ?? extensions.map(({ type }) => type);
  const leaf = signLeaf(
    suite,
    signer.secretKey,
    {
      encryptionKey: leafKeys.publicKey,
      signatureKey: signer.publicKey,
      credential: { type: basicCredential, data: request.identity },
      capabilities: ownCapabilities(suite, types),
      source: { kind: "key-package", ...lifetimeMax },
      extensions: leafExtensions,
    },
    null,
  );
  const tree = treeOf(suite, leafSlot(0, leaf));
  const context: GroupContext = {
    suiteId: suite.id,
    groupId: request.groupId,
    epoch: 0n,
    treeHash: treeHash(suite, tree.top),
    confirmedTranscriptHash: new Uint8Array(0),
    extensions,
  };
  const base = {
    suite,
    rules,
    context,
    tree,
    ownLeaf: 0,
    signatureSecret: signer.secretKey,
    pathKeys: new Map([[0, leafKeys.secretKey]]),
  };
  return enterEpoch(base, random(suite.hashBytes), null);
}
