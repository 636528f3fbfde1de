import { randomFillSync } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import { decode, encode } from "#client/mls/codec.ts";
import { takeUpdatePath, type UpdatePath } from "#client/mls/commit-codec.ts";
import { putGroupContext } from "#client/mls/group-context.ts";
import { deriveSecret } from "#client/mls/labelled.ts";
import { takeProposal } from "#client/mls/proposal.ts";
import { unsafeRfcRules } from "#client/mls/rules.ts";
import {
  addLeaf,
  encryptionKeyAt,
  isLeaf,
  leafAt,
  leaves,
  nodeIndex,
  removeLeaf,
  resolution,
  type Subtree,
  type Tree,
  treeOf,
  updateLeaf,
} from "#client/mls/tree.ts";
import { checkTree } from "#client/mls/tree-check.ts";
import { decodeTree, encodeTree } from "#client/mls/tree-codec.ts";
import { treeHash } from "#client/mls/tree-hash.ts";
import {
  decryptPath,
  encryptPath,
  mergeUpdatePath,
  newPath,
  type PathKeys,
} from "#client/mls/treekem.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

const random = (bytes: number): Uint8Array => randomFillSync(new Uint8Array(bytes));
const leafRules = { rules: unsafeRfcRules, required: null, contextExtensions: [] };

beforeAll(ready);

function subtrees(at: Subtree): Subtree[] {
  return isLeaf(at) ? [at] : [...subtrees(at.left), at, ...subtrees(at.right)];
}

test("trees validate, resolve and hash as published", () => {
  interface Vector {
    readonly tree: string;
    readonly group_id: string;
    readonly resolutions: number[][];
    readonly tree_hashes: string[];
  }
  const count = tally("MLS tree-validation");
  for (const vector of readVectors<Vector[]>("mls/tree-validation.json")) {
    const tree = treeOf(suite, decodeTree(bytesOf(vector.tree)));
    const nodes = subtrees(tree.top);
    expect(nodes.map((at) => resolution(at).map(nodeIndex))).toEqual(vector.resolutions);
    expect(nodes.map((at) => hex(treeHash(suite, at)))).toEqual(vector.tree_hashes);
    checkTree(suite, tree, bytesOf(vector.group_id), leafRules);
    expect(() => checkTree(suite, tree, bytesOf("00"), leafRules)).toThrow("signature");
    expect(hex(encodeTree(tree.top))).toBe(vector.tree);
    count.ran();
  }
  count.report(14);
});

test("proposals change trees as published", () => {
  interface Vector {
    readonly tree_before: string;
    readonly tree_hash_before: string;
    readonly proposal: string;
    readonly proposal_sender: number;
    readonly tree_after: string;
    readonly tree_hash_after: string;
  }
  const count = tally("MLS tree-operations");
  for (const vector of readVectors<Vector[]>("mls/tree-operations.json")) {
    const before = treeOf(suite, decodeTree(bytesOf(vector.tree_before)));
    expect(hex(treeHash(suite, before.top))).toBe(vector.tree_hash_before);
    const proposal = decode(takeProposal, bytesOf(vector.proposal), "proposal");
    let after: Tree = before;
    if (proposal.kind === "add") after = addLeaf(suite, before, proposal.keyPackage.leaf).tree;
    else if (proposal.kind === "remove") after = removeLeaf(suite, before, proposal.removed);
    else if (proposal.kind === "update") {
      after = updateLeaf(suite, before, vector.proposal_sender, proposal.leaf);
    }
    expect(hex(encodeTree(after.top))).toBe(vector.tree_after);
    expect(hex(treeHash(suite, after.top))).toBe(vector.tree_hash_after);
    expect(hex(encodeTree(before.top)), "the tree before is as it was").toBe(vector.tree_before);
    count.ran();
  }
  count.report(5);
});

interface LeafPrivate {
  readonly index: number;
  readonly encryption_priv: string;
  readonly signature_priv: string;
  readonly path_secrets: { readonly node: number; readonly path_secret: string }[];
}

interface TreeKem {
  readonly group_id: string;
  readonly epoch: number;
  readonly confirmed_transcript_hash: string;
  readonly ratchet_tree: string;
  readonly leaves_private: LeafPrivate[];
  readonly update_paths: {
    readonly sender: number;
    readonly update_path: string;
    readonly path_secrets: (string | null)[];
    readonly commit_secret: string;
    readonly tree_hash_after: string;
  }[];
}

/** A leaf's private keys, each checked against the tree. */
function pathKeysOf(tree: Tree, leaf: LeafPrivate): PathKeys {
  const keys = new Map([[2 * leaf.index, bytesOf(leaf.encryption_priv)]]);
  for (const { node, path_secret } of leaf.path_secrets) {
    const pair = suite.kem.deriveKeyPair(deriveSecret(suite, bytesOf(path_secret), "node"));
    expect(pair.publicKey).toEqual(encryptionKeyAt(tree, node));
    keys.set(node, pair.secretKey);
  }
  return keys;
}

function contextAfter(vector: TreeKem, tree: Tree): Uint8Array {
  return encode(putGroupContext, {
    suiteId: suite.id,
    groupId: bytesOf(vector.group_id),
    epoch: BigInt(vector.epoch),
    treeHash: treeHash(suite, tree.top),
    confirmedTranscriptHash: bytesOf(vector.confirmed_transcript_hash),
    extensions: [],
  });
}

test("update paths merge and decrypt as published, and so do our own", () => {
  const count = tally("MLS treekem update paths");
  for (const vector of readVectors<TreeKem[]>("mls/treekem.json")) {
    const tree = treeOf(suite, decodeTree(bytesOf(vector.ratchet_tree)));
    const keys = new Map(vector.leaves_private.map((leaf) => [leaf.index, pathKeysOf(tree, leaf)]));
    const receive = (path: UpdatePath, sender: number, commitSecret: string) => {
      const { tree: after, steps } = mergeUpdatePath(suite, tree, path, sender, new Set());
      const encodedContext = contextAfter(vector, after);
      for (const { index } of leaves(tree.top)) {
        if (index === sender) continue;
        const pathKeys = keys.get(index) as PathKeys;
        const request = { path, steps, added: new Set<number>(), ownLeaf: index, pathKeys };
        const opened = decryptPath(suite, { ...request, encodedContext });
        expect(hex(opened.commitSecret)).toBe(commitSecret);
      }
      return after;
    };
    for (const entry of vector.update_paths) {
      const path = decode(takeUpdatePath, bytesOf(entry.update_path), "path");
      const after = receive(path, entry.sender, entry.commit_secret);
      expect(hex(treeHash(suite, after.top))).toBe(entry.tree_hash_after);

      const secret = vector.leaves_private.find(({ index }) => index === entry.sender);
      const { secretKey } = suite.signature.keyPair(bytesOf(secret?.signature_priv as string));
      const content = leafAt(tree, entry.sender);
      if (content === null) throw new Error("the sender is not in the tree");
      const groupId = bytesOf(vector.group_id);
      const own = { leaf: entry.sender, content, signatureSecret: secretKey, groupId, random };
      const made = newPath(suite, tree, own);
      const sealed = encryptPath(suite, made, new Set(), contextAfter(vector, made.tree), random);
      const merged = receive(sealed, entry.sender, hex(made.commitSecret));
      expect(equalBytes(treeHash(suite, merged.top), treeHash(suite, made.tree.top))).toBe(true);
      checkTree(suite, merged, groupId, leafRules);
      count.ran();
    }
  }
  count.report(62);
});
