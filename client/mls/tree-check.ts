import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { checkKemKey } from "./kem-key.ts";
import { checkLeaf, type LeafCheck } from "./leaf-node.ts";
import {
  type Branch,
  contains,
  isLeaf,
  leaves,
  nodeIndex,
  resolution,
  type Subtree,
  type Tree,
} from "./tree.ts";
import { originalTreeHash, parentHash } from "./tree-hash.ts";

/**
 * What a newcomer checks of a tree (RFC 9420 section 12.4.3.1): every leaf, every parent node's key,
 * unmerged leaves and parent hash. Keys that appear twice were refused when the tree was indexed.
 * Throws `malformed`, `refused` or `integrity`.
 */
export function checkTree(
  suite: Suite,
  tree: Tree,
  groupId: Uint8Array,
  check: Omit<LeafCheck, "place">,
): void {
  checkBranches(suite, tree.top);
  for (const { index, leaf } of leaves(tree.top)) {
    checkLeaf(suite, leaf, { ...check, place: { groupId, leaf: index } });
  }
}

function checkBranches(suite: Suite, at: Subtree): void {
  if (isLeaf(at)) return;
  checkBranches(suite, at.left);
  checkBranches(suite, at.right);
  if (at.node === null) return;
  checkKemKey(suite, at.node.encryptionKey, `tree: key of node ${nodeIndex(at)}`);
  checkUnmerged(at, at.node.unmergedLeaves);
  if (!parentHashHolds(suite, at)) {
    throw new Failure("integrity", `tree: node ${nodeIndex(at)} is not parent-hash valid`);
  }
}

/**
 * Section 12.4.3.1: an unmerged leaf is a member below the node, and every non-blank node between
 * lists it too. (The lists need not be equal: a node between may have unmerged leaves of its own.)
 */
function checkUnmerged(at: Branch, unmerged: readonly number[]): void {
  let before = -1;
  for (const leaf of unmerged) {
    if (leaf <= before) throw unmergedFault(at, "are not in increasing order");
    if (!contains(at, leaf)) throw unmergedFault(at, "are not all below it");
    before = leaf;
    let below: Subtree = at;
    while (!isLeaf(below)) {
      if (below.node !== null && !includesSorted(below.node.unmergedLeaves, leaf)) {
        throw unmergedFault(at, "are merged in a node between");
      }
      below = contains(below.left, leaf) ? below.left : below.right;
    }
    if (below.leaf === null) throw unmergedFault(at, "are not all members");
  }
}

function unmergedFault(at: Branch, fault: string): Failure {
  return new Failure("refused", `tree: unmerged leaves of node ${nodeIndex(at)} ${fault}`);
}

function includesSorted(sorted: readonly number[], value: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value;
}

/**
 * Section 7.9.2. Of the resolution of the child C on the way down, all but one node D must be
 * unmerged leaves of P, and D must carry P's parent hash. So D is found by taking the unmerged leaves
 * away, without a search; and as D is a leaf or is checked itself, the chain reaches a leaf.
 */
function parentHashHolds(suite: Suite, at: Branch): boolean {
  return (
    childCarriesHash(suite, at, at.left, at.right) || childCarriesHash(suite, at, at.right, at.left)
  );
}

function childCarriesHash(suite: Suite, at: Branch, child: Subtree, sibling: Subtree): boolean {
  const node = at.node;
  if (node === null) return false;
  const unmergedBelow = node.unmergedLeaves.filter((leaf) => contains(child, leaf));
  const resolved = resolution(child);
  if (resolved.length !== unmergedBelow.length + 1) return false;
  const unmerged = new Set(unmergedBelow);
  const candidates = resolved.filter((below) => !isLeaf(below) || !unmerged.has(below.first));
  const [below] = candidates;
  if (candidates.length !== 1 || below === undefined) return false;
  const carried = parentHashOf(below);
  if (carried === null) return false;
  const original = originalTreeHash(suite, sibling, node.unmergedLeaves);
  return equalBytes(carried, parentHash(suite, node, original));
}

function parentHashOf(at: Subtree): Uint8Array | null {
  if (!isLeaf(at)) return at.node?.parentHash ?? null;
  const source = at.leaf?.source;
  return source?.kind === "commit" ? source.parentHash : null;
}
