import type { Suite } from "#client/crypto/suite.ts";
import {
  putList,
  putOptional,
  putU8,
  putU32,
  putVector,
  type Reader,
  takeList,
  takeU32,
  takeVector,
  type Writer,
  writer,
  written,
} from "./codec.ts";
import { type LeafNode, putLeafNode } from "./leaf-node.ts";
import { contains, isLeaf, type ParentNode, type Subtree } from "./tree.ts";

/** NodeType (RFC 9420 section 7.8). */
export const nodeType = { leaf: 1, parent: 2 } as const;

export function putParentNode(to: Writer, node: ParentNode): void {
  putVector(to, node.encryptionKey);
  putVector(to, node.parentHash);
  putList(to, node.unmergedLeaves, putU32);
}

export function takeParentNode(from: Reader): ParentNode {
  return {
    encryptionKey: takeVector(from),
    parentHash: takeVector(from),
    unmergedLeaves: takeList(from, takeU32),
  };
}

/** Tree hash of a subtree (section 7.8). Computed once for each version of each subtree. */
export function treeHash(suite: Suite, at: Subtree): Uint8Array {
  if (at.hash === null) {
    at.hash = isLeaf(at)
      ? hashLeaf(suite, at.first, at.leaf)
      : hashParent(suite, at.node, treeHash(suite, at.left), treeHash(suite, at.right));
  }
  return at.hash;
}

function hashLeaf(suite: Suite, index: number, leaf: LeafNode | null): Uint8Array {
  const to = writer(2048);
  putU8(to, nodeType.leaf);
  putU32(to, index);
  putOptional(to, leaf, putLeafNode);
  return suite.hash(written(to));
}

function hashParent(
  suite: Suite,
  node: ParentNode | null,
  left: Uint8Array,
  right: Uint8Array,
): Uint8Array {
  const to = writer(2048);
  putU8(to, nodeType.parent);
  putOptional(to, node, putParentNode);
  putVector(to, left);
  putVector(to, right);
  return suite.hash(written(to));
}

/**
 * Tree hash of a subtree as if some leaves had never been added (section 7.9): they are blank and in
 * nobody's unmerged leaves. Subtrees without any of them answer with the hash they remember.
 */
export function originalTreeHash(
  suite: Suite,
  at: Subtree,
  without: readonly number[],
): Uint8Array {
  const here = without.filter((leaf) => contains(at, leaf));
  if (here.length === 0) return treeHash(suite, at);
  if (isLeaf(at)) return hashLeaf(suite, at.first, null);
  const node = at.node === null ? null : unmergedWithout(at.node, here);
  const left = originalTreeHash(suite, at.left, here);
  return hashParent(suite, node, left, originalTreeHash(suite, at.right, here));
}

function unmergedWithout(node: ParentNode, gone: readonly number[]): ParentNode {
  const hidden = new Set(gone);
  return { ...node, unmergedLeaves: node.unmergedLeaves.filter((leaf) => !hidden.has(leaf)) };
}

/** Parent hash (section 7.9) of a node with the given copath child. */
export function parentHash(
  suite: Suite,
  node: ParentNode,
  originalSiblingTreeHash: Uint8Array,
): Uint8Array {
  const to = writer(2048);
  putVector(to, node.encryptionKey);
  putVector(to, node.parentHash);
  putVector(to, originalSiblingTreeHash);
  return suite.hash(written(to));
}
