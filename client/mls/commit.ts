import { wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import { assert } from "#shared/failure.ts";
import { decode, encode } from "./codec.ts";
import { putCommit } from "./commit-codec.ts";
import { enterEpoch, nextEpochSecrets } from "./epoch.ts";
import type { Extension } from "./extension.ts";
import {
  type AuthenticatedContent,
  contentType,
  type FramedContent,
  signContent,
  wireFormat,
} from "./framing.ts";
import { type GroupContext, putGroupContext } from "./group-context.ts";
import { takeKeyPackage } from "./key-package.ts";
import { sealPrivateMessage } from "./private-message.ts";
import type { Proposal } from "./proposal.ts";
import { applyProposals } from "./proposal-list.ts";
import { handshakeKey } from "./secret-tree.ts";
import type { Group } from "./state.ts";
import { confirmedTranscriptHash } from "./transcript.ts";
import { leafAt } from "./tree.ts";
import { treeHash } from "./tree-hash.ts";
import { encryptPath, type NewPath, newPath } from "./treekem.ts";
import { createWelcome } from "./welcome.ts";

export interface CommitRequest {
  /** Encoded KeyPackages. */
  readonly add?: readonly Uint8Array[];
  /** Leaf indices. */
  readonly remove?: readonly number[];
  /** The whole new list of GroupContext extensions. */
  readonly extensions?: readonly Extension[];
  /** Renews the own leaf's signature key too. */
  readonly newSignatureKey?: boolean;
  /** The whole new list of the own leaf's extensions; it stays when left out. */
  readonly leafExtensions?: readonly Extension[];
  readonly authenticatedData?: Uint8Array;
  readonly random: Random;
}

/** A commit to be posted, with both states that may follow it. */
export interface Committed {
  /** MLSMessage with a PrivateMessage. */
  readonly message: Uint8Array;
  /** MLSMessage with the Welcome, tree included; null when nobody is added. */
  readonly welcome: Uint8Array | null;
  /** The next epoch, for when this commit comes back first from the log (adoptCommit). */
  readonly pending: Group;
  /** This epoch, in which another attempt will use another handshake key. */
  readonly group: Group;
  /** What `group` no longer holds. */
  readonly spent: readonly Uint8Array[];
}

/**
 * Commits changes by value, always with a path (RFC 9420 section 12.4.1). Throws what applyProposals
 * throws for changes that no member would accept.
 */
export function commit(group: Group, request: CommitRequest): Committed {
  const { suite, state } = group;
  const { random } = request;
  const sender = { kind: "member", leaf: group.ownLeaf } as const;
  const proposals = proposalsOf(request);
  const list = proposals.map((proposal) => ({ proposal, sender }));
  const applied = applyProposals({ ...group, tree: state.tree }, list, group.ownLeaf);
  const added = new Set(applied.adds.map(({ index }) => index));

  const signer = request.newSignatureKey === true ? newSigner(group, random) : ownSigner(group);
  const own = leafAt(applied.tree, group.ownLeaf);
  assert(own !== null, "a committer is a member");
  const { leafExtensions: extensions = own.extensions } = request;
  const path = newPath(suite, applied.tree, {
    leaf: group.ownLeaf,
    content: { ...own, signatureKey: signer.publicKey, extensions },
    signatureSecret: signer.secretKey,
    groupId: group.groupId,
    random,
  });
  const provisional: GroupContext = {
    ...state.context,
    epoch: group.epoch + 1n,
    treeHash: treeHash(suite, path.tree.top),
    extensions: applied.extensions,
  };
  const encodedProvisional = encode(putGroupContext, provisional);
  const update = encryptPath(suite, path, added, encodedProvisional, random);
  const body = encode(putCommit, {
    proposals: proposals.map((proposal) => ({ kind: "value" as const, proposal })),
    path: update,
  });
  const content: FramedContent = {
    groupId: group.groupId,
    epoch: group.epoch,
    sender,
    authenticatedData: request.authenticatedData ?? new Uint8Array(0),
    type: contentType.commit,
    body,
  };
  // Signed with the key that the old epoch's tree has; the new one takes over with the new epoch.
  const signed = sign(group, content);
  const { pending, joiner, member } = enterOwn(group, { signed, provisional, path, signer });
  const message = { ...signed, confirmationTag: pending.state.confirmationTag };
  const welcome =
    applied.adds.length === 0
      ? null
      : createWelcome(pending, { joiner, member, path, adds: applied.adds, random });
  wipe(joiner, member, ...path.pathSecrets);
  return { ...seal(group, message, random), welcome, pending, spent: [] };
}

/** The key schedule into the epoch that the own commit starts (section 12.4.1). */
function enterOwn(
  group: Group,
  made: {
    readonly signed: AuthenticatedContent;
    readonly provisional: GroupContext;
    readonly path: NewPath;
    readonly signer: Signer;
  },
): { pending: Group; joiner: Uint8Array; member: Uint8Array } {
  const { suite, state } = group;
  const { path } = made;
  const confirmed = confirmedTranscriptHash(suite, state.interimTranscriptHash, made.signed);
  const context = { ...made.provisional, confirmedTranscriptHash: confirmed };
  const { joiner, member, epoch } = nextEpochSecrets(suite, {
    init: state.secrets.init,
    commit: path.commitSecret,
    psk: new Uint8Array(suite.hashBytes),
    encodedContext: encode(putGroupContext, context),
  });
  const base = {
    suite,
    rules: group.rules,
    context,
    tree: path.tree,
    ownLeaf: group.ownLeaf,
    signatureSecret: made.signer.secretKey,
    pathKeys: path.pathKeys,
  };
  return { pending: enterEpoch(base, epoch, null), joiner, member };
}

function proposalsOf(request: CommitRequest): Proposal[] {
  const proposals: Proposal[] = [];
  if (request.extensions !== undefined) {
    proposals.push({ kind: "context-extensions", extensions: request.extensions });
  }
  for (const removed of request.remove ?? []) proposals.push({ kind: "remove", removed });
  for (const bytes of request.add ?? []) {
    proposals.push({
      kind: "add",
      keyPackage: decode(takeKeyPackage, bytes.slice(), "KeyPackage"),
    });
  }
  return proposals;
}

interface Signer {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

function ownSigner(group: Group): Signer {
  const leaf = leafAt(group.state.tree, group.ownLeaf);
  assert(leaf !== null, "a committer is a member");
  return { publicKey: leaf.signatureKey, secretKey: group.state.signatureSecret };
}

function newSigner(group: Group, random: Random): Signer {
  const seed = random(32);
  const pair = group.suite.signature.keyPair(seed);
  wipe(seed);
  return pair;
}

function sign(group: Group, content: FramedContent): AuthenticatedContent {
  const { suite, state } = group;
  const format = wireFormat.privateMessage;
  const secret = state.signatureSecret;
  const signature = signContent(suite, secret, format, content, state.encodedContext);
  return { wireFormat: format, content, signature, confirmationTag: null };
}

/** Encrypts the commit under the own handshake ratchet, and counts the generation as used. */
function seal(
  group: Group,
  message: AuthenticatedContent,
  random: Random,
): { message: Uint8Array; group: Group } {
  const { suite, secretTree, chains, ownLeaf } = group;
  const generation = chains.handshakeGeneration;
  const key = handshakeKey(suite, secretTree, ownLeaf, generation);
  const sealed = sealPrivateMessage(suite, group.state.secrets.senderData, {
    message,
    leaf: ownLeaf,
    generation,
    key,
    random,
  });
  wipe(key.key, key.nonce);
  return {
    message: sealed,
    group: { ...group, chains: { ...chains, handshakeGeneration: generation + 1 } },
  };
}
