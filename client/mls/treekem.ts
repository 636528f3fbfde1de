import { wipe } from "#client/crypto/hash.ts";
import type { KemKeyPair } from "#client/crypto/kem.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import type { UpdatePath, UpdatePathNode } from "./commit-codec.ts";
import { checkKemKey } from "./kem-key.ts";
import { decryptWithLabel, deriveSecret, encryptWithLabel } from "./labelled.ts";
import { type LeafNode, type LeafSource, signLeaf, type UnsignedLeaf } from "./leaf-node.ts";
import {
  contains,
  filteredPath,
  isLeaf,
  mergePath,
  nodeIndex,
  type ParentNode,
  type PathStep,
  resolution,
  type Subtree,
  type Tree,
} from "./tree.ts";
import { parentHash, treeHash } from "./tree-hash.ts";

/** KEM secret keys by node index: the own leaf's and those of nodes above it. */
export type PathKeys = ReadonlyMap<number, Uint8Array>;

/** Key pair of a node from its path secret (RFC 9420 section 7.4). */
function nodeKeyPair(suite: Suite, pathSecret: Uint8Array): KemKeyPair {
  const nodeSecret = deriveSecret(suite, pathSecret, "node");
  const pair = suite.kem.deriveKeyPair(nodeSecret);
  wipe(nodeSecret);
  return pair;
}

/**
 * The nodes that a path puts above a leaf, and the parent hash for the leaf (section 7.9): a chain
 * from the top down, each link over the next key above and the untouched subtree beside.
 */
function linkPath(
  suite: Suite,
  steps: readonly PathStep[],
  publicKeys: readonly Uint8Array[],
): { nodes: ParentNode[]; leafParentHash: Uint8Array } {
  const nodes: ParentNode[] = [];
  let hash: Uint8Array = new Uint8Array(0);
  for (let at = steps.length - 1; at >= 0; at--) {
    const encryptionKey = publicKeys[at] as Uint8Array;
    const node: ParentNode = { encryptionKey, parentHash: hash, unmergedLeaves: [] };
    nodes.unshift(node);
    hash = parentHash(suite, node, treeHash(suite, (steps[at] as PathStep).copath));
  }
  return { nodes, leafParentHash: hash };
}

/** A path of ours: the tree with it, and the secrets that are still to be encrypted to the others. */
export interface NewPath {
  readonly tree: Tree;
  readonly leaf: LeafNode;
  readonly steps: readonly PathStep[];
  readonly nodes: readonly ParentNode[];
  /** One for each step, nearest first. Erased by the caller. */
  readonly pathSecrets: readonly Uint8Array[];
  readonly commitSecret: Uint8Array;
  readonly pathKeys: PathKeys;
}

/** Renews the own leaf and everything above it (section 7.5). `tree` has the proposals applied. */
export function newPath(
  suite: Suite,
  tree: Tree,
  own: {
    readonly leaf: number;
    readonly content: Omit<UnsignedLeaf, "encryptionKey" | "source">;
    readonly signatureSecret: Uint8Array;
    readonly groupId: Uint8Array;
    readonly random: Random;
  },
): NewPath {
  const steps = filteredPath(tree, own.leaf);
  const seed = own.random(suite.kem.secretBytes);
  const leafKeys = suite.kem.deriveKeyPair(seed);
  wipe(seed);
  const pathKeys = new Map([[2 * own.leaf, leafKeys.secretKey]]);
  const publicKeys: Uint8Array[] = [];
  const pathSecrets: Uint8Array[] = [];
  let pathSecret = own.random(suite.hashBytes);
  for (const { at } of steps) {
    pathSecrets.push(pathSecret);
    const pair = nodeKeyPair(suite, pathSecret);
    publicKeys.push(pair.publicKey);
    pathKeys.set(nodeIndex(at), pair.secretKey);
    pathSecret = deriveSecret(suite, pathSecret, "path");
  }
  const { nodes, leafParentHash } = linkPath(suite, steps, publicKeys);
  const source: LeafSource = { kind: "commit", parentHash: leafParentHash };
  const leaf = signLeaf(
    suite,
    own.signatureSecret,
    { ...own.content, encryptionKey: leafKeys.publicKey, source },
    { groupId: own.groupId, leaf: own.leaf },
  );
  const merged = mergePath(suite, tree, { leaf: own.leaf, node: leaf, steps, nodes });
  return { tree: merged, leaf, steps, nodes, pathSecrets, commitSecret: pathSecret, pathKeys };
}

/** Who gets a path secret: the copath's resolution without the leaves that this commit adds. */
function recipients(copath: Subtree, added: ReadonlySet<number>): Subtree[] {
  const resolved = resolution(copath);
  if (added.size === 0) return resolved;
  return resolved.filter((at) => !isLeaf(at) || !added.has(at.first));
}

function publicKeyOf(at: Subtree): Uint8Array {
  const key = isLeaf(at) ? at.leaf?.encryptionKey : at.node?.encryptionKey;
  assert(key !== undefined, "a resolution has no blank nodes");
  return key;
}

/** Encrypts a path's secrets to the rest of the group (section 7.6). */
export function encryptPath(
  suite: Suite,
  path: NewPath,
  added: ReadonlySet<number>,
  encodedContext: Uint8Array,
  random: Random,
): UpdatePath {
  const nodes = path.steps.map((step, at): UpdatePathNode => {
    const secret = path.pathSecrets[at] as Uint8Array;
    return {
      encryptionKey: (path.nodes[at] as ParentNode).encryptionKey,
      encryptedPathSecrets: recipients(step.copath, added).map((to) =>
        encryptWithLabel(suite, publicKeyOf(to), "UpdatePathNode", encodedContext, secret, random),
      ),
    };
  });
  return { leaf: path.leaf, nodes };
}

/**
 * The public part of someone's UpdatePath (section 12.4.2): its shape fits the tree, the leaf carries
 * the right parent hash, no key is in use. The leaf's own validity is the caller's to check. Throws
 * `refused`, `malformed` or `integrity`.
 */
export function mergeUpdatePath(
  suite: Suite,
  tree: Tree,
  path: UpdatePath,
  committer: number,
  added: ReadonlySet<number>,
): { tree: Tree; steps: readonly PathStep[] } {
  const steps = filteredPath(tree, committer);
  if (path.nodes.length !== steps.length) {
    throw new Failure("malformed", "commit: path does not fit the tree");
  }
  for (const [at, { copath }] of steps.entries()) {
    const node = path.nodes[at] as UpdatePathNode;
    checkKemKey(suite, node.encryptionKey, "commit: path key");
    if (node.encryptedPathSecrets.length !== recipients(copath, added).length) {
      throw new Failure("malformed", "commit: path has the wrong number of ciphertexts");
    }
  }
  const publicKeys = path.nodes.map((node) => node.encryptionKey);
  const { nodes, leafParentHash } = linkPath(suite, steps, publicKeys);
  const { source } = path.leaf;
  if (source.kind !== "commit" || !equalBytes(source.parentHash, leafParentHash)) {
    throw new Failure("integrity", "commit: leaf has the wrong parent hash");
  }
  const merged = mergePath(suite, tree, { leaf: committer, node: path.leaf, steps, nodes });
  return { tree: merged, steps };
}

/**
 * The private part: decrypts the path secret meant for us and derives what lies above it (section
 * 7.5). Throws `integrity` when it does not open or does not give the published keys.
 */
export function decryptPath(
  suite: Suite,
  request: {
    readonly path: UpdatePath;
    readonly steps: readonly PathStep[];
    readonly added: ReadonlySet<number>;
    readonly ownLeaf: number;
    readonly pathKeys: PathKeys;
    readonly encodedContext: Uint8Array;
  },
): { commitSecret: Uint8Array; derived: PathKeys } {
  const { path, steps, ownLeaf, pathKeys } = request;
  const start = steps.findIndex(({ copath }) => contains(copath, ownLeaf));
  const step = steps[start];
  const node = path.nodes[start];
  if (step === undefined || node === undefined) {
    throw new Failure("refused", "commit: its path is our own");
  }
  const targets = recipients(step.copath, request.added);
  const mine = targets.findIndex((at) => contains(at, ownLeaf) && pathKeys.has(nodeIndex(at)));
  const sealed = node.encryptedPathSecrets[mine];
  const key = pathKeys.get(nodeIndex(targets[mine] ?? step.at));
  if (sealed === undefined || key === undefined) {
    throw new Failure("integrity", "commit: no path secret is meant for this leaf");
  }
  const secret = decryptWithLabel(suite, key, "UpdatePathNode", request.encodedContext, sealed);
  if (secret.length !== suite.hashBytes) {
    throw new Failure("integrity", "commit: path secret has the wrong length");
  }
  const published = steps.slice(start).map(({ at }, index) => ({
    index: nodeIndex(at),
    publicKey: (path.nodes[start + index] as UpdatePathNode).encryptionKey,
  }));
  return climb(suite, secret, published);
}

/**
 * Derives the key pairs from one path secret upwards and compares them with the published keys. The
 * secret is consumed. Throws `integrity`.
 */
export function climb(
  suite: Suite,
  pathSecret: Uint8Array,
  published: readonly { readonly index: number; readonly publicKey: Uint8Array }[],
): { commitSecret: Uint8Array; derived: PathKeys } {
  const derived = new Map<number, Uint8Array>();
  let secret = pathSecret;
  for (const { index, publicKey } of published) {
    const pair = nodeKeyPair(suite, secret);
    if (!equalBytes(pair.publicKey, publicKey)) {
      throw new Failure("integrity", `path: secret does not give the key of node ${index}`);
    }
    derived.set(index, pair.secretKey);
    const next = deriveSecret(suite, secret, "path");
    wipe(secret);
    secret = next;
  }
  return { commitSecret: secret, derived };
}
