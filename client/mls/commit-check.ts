import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { encode } from "./codec.ts";
import type { Commit, UpdatePath } from "./commit-codec.ts";
import type { Extension } from "./extension.ts";
import { type AuthenticatedContent, contentType, putAuthenticatedContent } from "./framing.ts";
import { type GroupContext, putGroupContext } from "./group-context.ts";
import { type Handshake, openHandshake } from "./handshake.ts";
import { type KeyPackageView, viewKeyPackage } from "./key-package.ts";
import { refHash } from "./labelled.ts";
import { checkLeaf } from "./leaf-node.ts";
import {
  type AppliedList,
  applyProposals,
  checkCredential,
  type Proposed,
} from "./proposal-list.ts";
import type { PskId } from "./psk.ts";
import type { Group } from "./state.ts";
import { leafAt, type PathStep, roomForLeaf, type Tree } from "./tree.ts";
import { treeHash } from "./tree-hash.ts";
import { mergeUpdatePath } from "./treekem.ts";

/** A member whom a commit adds, and the leaf it gets. */
export interface AddedMember extends KeyPackageView {
  readonly leaf: number;
}

/**
 * A commit whose public part is valid: what it changes. `internal` is for applyCommit. The same
 * epoch state and bytes give the same answer at every member.
 */
export interface CheckedCommit {
  readonly kind: "checked";
  readonly committer: number;
  /** The committer's handshake generation; null for a PublicMessage. */
  readonly generation: number | null;
  readonly authenticatedData: Uint8Array;
  readonly adds: readonly AddedMember[];
  readonly removes: readonly number[];
  /** The new GroupContext extensions; null when they stay. */
  readonly extensions: readonly Extension[] | null;
  /** Extensions of the committer's leaf from now on; null for a commit without a path. */
  readonly leafExtensions: readonly Extension[] | null;
  /** The committer's new signature key; null when it stays. */
  readonly newSignatureKey: Uint8Array | null;
  readonly internal: {
    readonly message: AuthenticatedContent;
    readonly tree: Tree;
    /** The new epoch's GroupContext, still with the old transcript hash. */
    readonly provisional: GroupContext;
    readonly encodedProvisional: Uint8Array;
    readonly path: UpdatePath | null;
    readonly steps: readonly PathStep[];
    readonly psks: readonly PskId[];
    readonly externalInit: Uint8Array | null;
  };
}

/** A stand-alone proposal, authenticated and named by its reference. Vectors and oracle only. */
export interface ReferencedProposal extends Proposed {
  readonly ref: Uint8Array;
}

/** Reads a stand-alone proposal (RFC 9420 section 12.1). Throws `refused` unless the rules allow it. */
export function readProposal(group: Group, bytes: Uint8Array): ReferencedProposal {
  const { message, content } = openHandshake(group, bytes);
  if (!group.rules.proposalsByReference || content.type !== contentType.proposal) {
    throw new Failure("refused", "message: stand-alone proposals are not used");
  }
  const encoded = encode(putAuthenticatedContent, message);
  return {
    proposal: content.proposal,
    sender: message.content.sender,
    ref: refHash(group.suite, "MLS 1.0 Proposal Reference", encoded),
  };
}

/**
 * The public part of a commit (section 12.4.2): framing, signature, proposals, path structure, parent
 * hash, unused keys. Pure, consumes nothing. Throws `malformed`, `refused` or `integrity`.
 */
export function checkCommit(
  group: Group,
  bytes: Uint8Array,
  referenced: readonly ReferencedProposal[] = [],
): CheckedCommit {
  const opened = openHandshake(group, bytes);
  const { message, content } = opened;
  if (content.type !== contentType.commit) throw new Failure("refused", "message: is not a commit");
  const { commit } = content;
  const sender = message.content.sender;
  const member = sender.kind === "member" ? sender.leaf : null;
  const list = commit.proposals.map((entry): Proposed => {
    if (entry.kind === "value") return { proposal: entry.proposal, sender };
    const found = referenced.find(({ ref }) => equalBytes(ref, entry.ref));
    if (!group.rules.proposalsByReference || member === null || found === undefined) {
      throw new Failure("refused", "commit: refers to a proposal");
    }
    return found;
  });
  const base = { ...group, tree: group.state.tree };
  const applied = applyProposals(base, list, member);
  if (commit.path === null && (applied.pathRequired || !group.rules.pathlessCommits)) {
    throw new Failure("refused", "commit: has no path");
  }
  return conclude(group, opened, commit, applied, member);
}

function conclude(
  group: Group,
  opened: Handshake,
  commit: Commit,
  applied: AppliedList,
  member: number | null,
): CheckedCommit {
  const { suite } = group;
  const { message } = opened;
  const room = member === null ? roomForLeaf(applied.tree) : { tree: applied.tree, index: member };
  const committer = room.index;
  const before = member === null ? null : leafAt(group.state.tree, member);
  let merged: { tree: Tree; steps: readonly PathStep[] } = { tree: room.tree, steps: [] };
  if (commit.path !== null) {
    const { leaf } = commit.path;
    checkLeaf(suite, leaf, {
      ...applied.leafCheck,
      place: { groupId: group.groupId, leaf: committer },
    });
    if (before !== null) checkCredential(group.rules, before.credential, leaf.credential);
    const added = new Set(applied.adds.map(({ index }) => index));
    merged = mergeUpdatePath(suite, room.tree, commit.path, committer, added);
  }
  const provisional: GroupContext = {
    ...group.state.context,
    epoch: group.epoch + 1n,
    treeHash: treeHash(suite, merged.tree.top),
    extensions: applied.extensions,
  };
  const newKey = commit.path?.leaf.signatureKey ?? null;
  const renewed = newKey !== null && before !== null && !equalBytes(newKey, before.signatureKey);
  return {
    kind: "checked",
    committer,
    generation: opened.generation,
    authenticatedData: message.content.authenticatedData,
    adds: applied.adds.map(({ index, keyPackage }) => ({
      ...viewKeyPackage(suite, keyPackage),
      leaf: index,
    })),
    removes: applied.removes,
    extensions: applied.extensionsChanged ? applied.extensions : null,
    leafExtensions: commit.path?.leaf.extensions ?? null,
    newSignatureKey: renewed ? newKey : null,
    internal: {
      message,
      tree: merged.tree,
      provisional,
      encodedProvisional: encode(putGroupContext, provisional),
      path: commit.path,
      steps: merged.steps,
      psks: applied.psks,
      externalInit: applied.externalInit,
    },
  };
}
