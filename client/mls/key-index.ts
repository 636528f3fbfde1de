/**
 * The digests of all public keys in a tree, as a persistent 16-way trie: an insertion copies one path
 * and shares the rest, so that a tree's versions can each have theirs at logarithmic cost.
 */
export type KeyIndex = Uint8Array | readonly KeyIndex[] | null;

const empty: readonly KeyIndex[] = new Array<KeyIndex>(16).fill(null);

function nibble(digest: Uint8Array, depth: number): number {
  const octet = digest[depth >> 1] as number;
  return depth % 2 === 0 ? octet >> 4 : octet & 15;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Whether a digest is in the index. */
export function hasKey(index: KeyIndex, digest: Uint8Array): boolean {
  let at = index;
  for (let depth = 0; at !== null; depth++) {
    if (at instanceof Uint8Array) return same(at, digest);
    at = at[nibble(digest, depth)] as KeyIndex;
  }
  return false;
}

/** The index with a digest that was not in it. */
export function withKey(index: KeyIndex, digest: Uint8Array, depth = 0): KeyIndex {
  if (index === null) return digest;
  const at = nibble(digest, depth);
  if (index instanceof Uint8Array) {
    const split = empty.with(nibble(index, depth), index);
    return split.with(at, withKey(split[at] as KeyIndex, digest, depth + 1));
  }
  return index.with(at, withKey(index[at] as KeyIndex, digest, depth + 1));
}

/** The index without a digest. */
export function withoutKey(index: KeyIndex, digest: Uint8Array, depth = 0): KeyIndex {
  if (index === null) return null;
  if (index instanceof Uint8Array) return same(index, digest) ? null : index;
  const at = nibble(digest, depth);
  const below = withoutKey(index[at] as KeyIndex, digest, depth + 1);
  const next = index.with(at, below);
  return next.every((entry) => entry === null) ? null : next;
}
