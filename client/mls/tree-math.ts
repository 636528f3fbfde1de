import { assert } from "#shared/failure.ts";

/*
 * Node indices of the array form of the ratchet tree (RFC 9420 appendix C): leaf n is node 2n; a tree
 * of n leaves, n a power of two, has 2n - 1 nodes. All indices are below 2^32, so shifts are avoided
 * where a sign bit could appear.
 */

/** Number of nodes in a tree of `leaves` leaves. */
export function nodeCount(leaves: number): number {
  return leaves === 0 ? 0 : 2 * leaves - 1;
}

/** Height of a node above the leaves: the number of trailing one bits. */
export function level(node: number): number {
  let height = 0;
  while (node % 2 === 1) {
    height++;
    node = (node - 1) / 2;
  }
  return height;
}

export function root(leaves: number): number {
  return leaves - 1;
}

/** Left child; null for a leaf. */
export function left(node: number): number | null {
  const height = level(node);
  return height === 0 ? null : node - 2 ** (height - 1);
}

/** Right child; null for a leaf. */
export function right(node: number): number | null {
  const height = level(node);
  return height === 0 ? null : node + 2 ** (height - 1);
}

/** Parent in a tree of `leaves` leaves; null for the root. */
export function parent(node: number, leaves: number): number | null {
  if (node === root(leaves)) return null;
  const step = 2 ** level(node);
  return Math.floor(node / (2 * step)) % 2 === 0 ? node + step : node - step;
}

/** The other child of the parent; null for the root. */
export function sibling(node: number, leaves: number): number | null {
  const above = parent(node, leaves);
  if (above === null) return null;
  return node < above ? right(above) : left(above);
}

/** The lowest node that is above both leaves, or the leaf itself if they are the same. */
export function commonAncestor(leafA: number, leafB: number): number {
  let width = 1;
  while (Math.floor(leafA / width) !== Math.floor(leafB / width)) width *= 2;
  return Math.floor(leafA / width) * width * 2 + width - 1;
}

/** Whether `leaf` stands below `node` (or is it). */
export function covers(node: number, leaf: number): boolean {
  const reach = 2 ** level(node) - 1;
  return Math.abs(2 * leaf - node) <= reach;
}

/** The smallest full tree that holds `leaves` leaves. */
export function fullWidth(leaves: number): number {
  assert(leaves > 0, "a tree has a leaf");
  let width = 1;
  while (width < leaves) width *= 2;
  return width;
}
