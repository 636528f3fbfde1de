import type { Suite } from "#client/crypto/suite.ts";
import { concat } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { hasKey, type KeyIndex, withKey, withoutKey } from "./key-index.ts";
import type { LeafNode } from "./leaf-node.ts";

/*
 * The ratchet tree (RFC 9420 sections 4 and 7) as a persistent full binary tree: a change copies the
 * nodes above it and shares everything else, and every subtree remembers its hash. That is what makes
 * commits logarithmic in the group and leaves the old epoch's tree valid.
 */

/** RFC 9420 section 7.1. */
export interface ParentNode {
  readonly encryptionKey: Uint8Array;
  readonly parentHash: Uint8Array;
  /** Leaf indices in increasing order. */
  readonly unmergedLeaves: readonly number[];
}

interface Place {
  readonly level: number;
  /** Leaf index of the leftmost leaf below. */
  readonly first: number;
  /** Number of leaves below that are not blank. */
  readonly members: number;
  /** The tree hash once it has been asked for (tree-hash.ts): a memo of what the rest determines. */
  hash: Uint8Array | null;
}

export interface LeafSlot extends Place {
  readonly level: 0;
  readonly leaf: LeafNode | null;
}

export interface Branch extends Place {
  readonly node: ParentNode | null;
  readonly left: Subtree;
  readonly right: Subtree;
}

export type Subtree = LeafSlot | Branch;

/** A group's tree: its top, and the index by which a key that appears twice is noticed. */
export interface Tree {
  readonly top: Subtree;
  readonly keys: KeyIndex;
}

export function isLeaf(at: Subtree): at is LeafSlot {
  return at.level === 0;
}

export function leafSlot(index: number, leaf: LeafNode | null): LeafSlot {
  return { level: 0, first: index, members: leaf === null ? 0 : 1, leaf, hash: null };
}

export function branch(node: ParentNode | null, left: Subtree, right: Subtree): Branch {
  const members = left.members + right.members;
  return { level: left.level + 1, first: left.first, members, node, left, right, hash: null };
}

function blank(level: number, first: number): Subtree {
  if (level === 0) return leafSlot(first, null);
  const half = 2 ** (level - 1);
  return branch(null, blank(level - 1, first), blank(level - 1, first + half));
}

/** Number of leaves, blank ones included: a power of two. */
export function width(at: Subtree): number {
  return 2 ** at.level;
}

/** Node index of a subtree's top in the array form (appendix C). */
export function nodeIndex(at: Subtree): number {
  return 2 * at.first + 2 ** at.level - 1;
}

export function contains(at: Subtree, leaf: number): boolean {
  return leaf >= at.first && leaf < at.first + width(at);
}

/** The subtrees from the top down to a leaf's parent; empty in a tree of one leaf. */
export function branchesTo(top: Subtree, leaf: number): Branch[] {
  const path: Branch[] = [];
  let at = top;
  while (!isLeaf(at)) {
    path.push(at);
    at = contains(at.left, leaf) ? at.left : at.right;
  }
  return path;
}

/** A leaf; null when it is blank or beyond the tree. */
export function leafAt(tree: Tree, leaf: number): LeafNode | null {
  let at = tree.top;
  if (!Number.isInteger(leaf) || !contains(at, leaf)) return null;
  while (!isLeaf(at)) at = contains(at.left, leaf) ? at.left : at.right;
  return at.leaf;
}

/** The KEM public key of a node, by node index; null when it is blank or beyond the tree. */
export function encryptionKeyAt(tree: Tree, index: number): Uint8Array | null {
  if (index > 2 * (width(tree.top) - 1)) return null;
  let at = tree.top;
  while (!isLeaf(at) && nodeIndex(at) !== index) at = index < nodeIndex(at) ? at.left : at.right;
  return (isLeaf(at) ? at.leaf?.encryptionKey : at.node?.encryptionKey) ?? null;
}

/** Every non-blank leaf with its index, from left to right. */
export function* leaves(at: Subtree): Generator<{ index: number; leaf: LeafNode }> {
  const ahead: Subtree[] = [at];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (next.members === 0) continue;
    if (!isLeaf(next)) ahead.push(next.right, next.left);
    else if (next.leaf !== null) yield { index: next.first, leaf: next.leaf };
  }
}

/** The resolution of a node (section 4.1.1): the non-blank nodes that cover its non-blank leaves. */
export function resolution(at: Subtree): Subtree[] {
  const found: Subtree[] = [];
  resolve(at, found);
  return found;
}

function resolve(at: Subtree, found: Subtree[]): void {
  if (isLeaf(at)) {
    if (at.leaf !== null) found.push(at);
  } else if (at.node !== null) {
    found.push(at);
    for (const leaf of at.node.unmergedLeaves) found.push(slotAt(at, leaf));
  } else if (at.members > 0) {
    resolve(at.left, found);
    resolve(at.right, found);
  }
}

function slotAt(top: Subtree, leaf: number): LeafSlot {
  let at = top;
  while (!isLeaf(at)) at = contains(at.left, leaf) ? at.left : at.right;
  return at;
}

/** One step of a filtered direct path (section 4.1.2): a node above a leaf, and its other child. */
export interface PathStep {
  readonly at: Branch;
  readonly copath: Subtree;
}

/** The filtered direct path of a leaf, nearest first: nodes whose other child has members. */
export function filteredPath(tree: Tree, leaf: number): PathStep[] {
  const steps: PathStep[] = [];
  for (const at of branchesTo(tree.top, leaf)) {
    const copath = contains(at.left, leaf) ? at.right : at.left;
    if (copath.members > 0) steps.push({ at, copath });
  }
  return steps.reverse();
}

/** Rebuilds the path to a leaf with a new leaf and new nodes above it. */
function rebuild(
  at: Subtree,
  leaf: number,
  change: { leaf: LeafNode | null; above: (at: Branch) => ParentNode | null },
): Subtree {
  if (isLeaf(at)) return leafSlot(at.first, change.leaf);
  const node = change.above(at);
  return contains(at.left, leaf)
    ? branch(node, rebuild(at.left, leaf, change), at.right)
    : branch(node, at.left, rebuild(at.right, leaf, change));
}

const encryptionDomain = Uint8Array.of(1);
const signatureDomain = Uint8Array.of(2);

function encryptionDigest(suite: Suite, key: Uint8Array): Uint8Array {
  return suite.hash(concat(encryptionDomain, key));
}

function signatureDigest(suite: Suite, key: Uint8Array): Uint8Array {
  return suite.hash(concat(signatureDomain, key));
}

function claim(keys: KeyIndex, digest: Uint8Array, what: string): KeyIndex {
  if (hasKey(keys, digest)) throw new Failure("refused", `tree: ${what} is in use already`);
  return withKey(keys, digest);
}

function withLeafKeys(suite: Suite, keys: KeyIndex, leaf: LeafNode): KeyIndex {
  const claimed = claim(keys, encryptionDigest(suite, leaf.encryptionKey), "an encryption key");
  return claim(claimed, signatureDigest(suite, leaf.signatureKey), "a signature key");
}

function withoutLeafKeys(suite: Suite, keys: KeyIndex, leaf: LeafNode): KeyIndex {
  const freed = withoutKey(keys, encryptionDigest(suite, leaf.encryptionKey));
  return withoutKey(freed, signatureDigest(suite, leaf.signatureKey));
}

function withoutPathKeys(suite: Suite, tree: Tree, leaf: number): KeyIndex {
  let keys = tree.keys;
  for (const { node } of branchesTo(tree.top, leaf)) {
    if (node !== null) keys = withoutKey(keys, encryptionDigest(suite, node.encryptionKey));
  }
  return keys;
}

/** A tree of given nodes; its key index is made here. Throws `refused` when a key appears twice. */
export function treeOf(suite: Suite, top: Subtree): Tree {
  return { top, keys: indexKeys(suite, top, null) };
}

function indexKeys(suite: Suite, at: Subtree, keys: KeyIndex): KeyIndex {
  if (isLeaf(at)) return at.leaf === null ? keys : withLeafKeys(suite, keys, at.leaf);
  const below = indexKeys(suite, at.right, indexKeys(suite, at.left, keys));
  if (at.node === null) return below;
  return claim(below, encryptionDigest(suite, at.node.encryptionKey), "an encryption key");
}

/** The leftmost blank leaf; one past the end when there is none. */
function firstBlank(top: Subtree): number {
  if (top.members === width(top)) return width(top);
  let at = top;
  while (!isLeaf(at)) at = at.left.members < width(at.left) ? at.left : at.right;
  return at.first;
}

/** Applies an Add (section 12.1.1) at the leftmost blank leaf. Throws `refused` for a key in use. */
export function addLeaf(suite: Suite, tree: Tree, leaf: LeafNode): { tree: Tree; index: number } {
  const index = firstBlank(tree.top);
  let top = tree.top;
  if (!contains(top, index)) top = branch(null, top, blank(top.level, width(top)));
  const above = ({ node }: Branch): ParentNode | null =>
    node === null ? null : { ...node, unmergedLeaves: inserted(node.unmergedLeaves, index) };
  const keys = withLeafKeys(suite, tree.keys, leaf);
  return { tree: { top: rebuild(top, index, { leaf, above }), keys }, index };
}

function inserted(sorted: readonly number[], value: number): number[] {
  const at = sorted.findIndex((entry) => entry > value);
  return at === -1 ? [...sorted, value] : sorted.toSpliced(at, 0, value);
}

/** Applies an Update (section 12.1.2): a new leaf under blank nodes. */
export function updateLeaf(suite: Suite, tree: Tree, index: number, leaf: LeafNode): Tree {
  const old = leafAt(tree, index);
  assert(old !== null, "an update has a leaf to replace");
  const freed = withoutLeafKeys(suite, withoutPathKeys(suite, tree, index), old);
  const keys = withLeafKeys(suite, freed, leaf);
  return { top: rebuild(tree.top, index, { leaf, above: () => null }), keys };
}

/** Applies a Remove (section 12.1.3): blanks the leaf and all above it, and truncates the tree. */
export function removeLeaf(suite: Suite, tree: Tree, index: number): Tree {
  const old = leafAt(tree, index);
  assert(old !== null, "a removal has a leaf to blank");
  const keys = withoutLeafKeys(suite, withoutPathKeys(suite, tree, index), old);
  let top = rebuild(tree.top, index, { leaf: null, above: () => null });
  while (!isLeaf(top) && top.right.members === 0) top = top.left;
  return { top, keys };
}

/**
 * Merges an UpdatePath (section 7.5): the committer's leaf and a node for every step of its filtered
 * direct path; what else is above it becomes blank. Throws `refused` when a key is in use already,
 * the ones about to be replaced included (section 12.4.2).
 */
export function mergePath(
  suite: Suite,
  tree: Tree,
  path: { leaf: number; node: LeafNode; steps: readonly PathStep[]; nodes: readonly ParentNode[] },
): Tree {
  const old = leafAt(tree, path.leaf);
  let keys = claim(
    tree.keys,
    encryptionDigest(suite, path.node.encryptionKey),
    "the leaf's encryption key",
  );
  for (const node of path.nodes) {
    keys = claim(keys, encryptionDigest(suite, node.encryptionKey), "a path's encryption key");
  }
  keys = withoutPathKeys(suite, { top: tree.top, keys }, path.leaf);
  if (old !== null) keys = withoutLeafKeys(suite, keys, old);
  keys = claim(keys, signatureDigest(suite, path.node.signatureKey), "a signature key");
  const nodeOf = new Map(path.steps.map((step, at) => [step.at, path.nodes[at] ?? null]));
  const above = (at: Branch): ParentNode | null => nodeOf.get(at) ?? null;
  return { top: rebuild(tree.top, path.leaf, { leaf: path.node, above }), keys };
}

/** Puts an external joiner's place into the tree: a blank leaf, with room made for it if need be. */
export function roomForLeaf(tree: Tree): { tree: Tree; index: number } {
  const index = firstBlank(tree.top);
  if (contains(tree.top, index)) return { tree, index };
  const top = branch(null, tree.top, blank(tree.top.level, width(tree.top)));
  return { tree: { ...tree, top }, index };
}
