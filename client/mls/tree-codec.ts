import { Failure } from "#shared/failure.ts";
import {
  decode,
  malformed,
  putBytes,
  putLength,
  putU8,
  type Reader,
  takeList,
  takeOptional,
  takeU8,
  type Writer,
  writer,
  written,
} from "./codec.ts";
import { type LeafNode, putLeafNode, takeLeafNode } from "./leaf-node.ts";
import { branch, isLeaf, leafSlot, type ParentNode, type Subtree } from "./tree.ts";
import { nodeType, putParentNode, takeParentNode } from "./tree-hash.ts";
import { fullWidth } from "./tree-math.ts";

type Node = { readonly leaf: LeafNode } | { readonly parent: ParentNode };

function takeNode(from: Reader): Node {
  const type = takeU8(from);
  if (type === nodeType.leaf) return { leaf: takeLeafNode(from) };
  if (type === nodeType.parent) return { parent: takeParentNode(from) };
  throw malformed(from, "unknown node type");
}

/** `optional<Node> ratchet_tree<V>` (RFC 9420 section 12.4.3.3): in order, without trailing blanks. */
export function encodeTree(top: Subtree): Uint8Array {
  const nodes = writer(4096);
  let end = 0;
  const put = (at: Subtree): void => {
    if (!isLeaf(at)) put(at.left);
    const value = isLeaf(at) ? at.leaf : at.node;
    putU8(nodes, value === null ? 0 : 1);
    if (value !== null) {
      putU8(nodes, isLeaf(at) ? nodeType.leaf : nodeType.parent);
      if (isLeaf(at)) putLeafNode(nodes, value as LeafNode);
      else putParentNode(nodes, value as ParentNode);
      end = nodes.size;
    }
    if (!isLeaf(at)) put(at.right);
  };
  put(top);
  const content = written(nodes).subarray(0, end);
  const to: Writer = writer(content.length + 4);
  putLength(to, content.length);
  putBytes(to, content);
  return written(to);
}

/** The top of an encoded tree. Throws `malformed`. */
export function decodeTree(bytes: Uint8Array): Subtree {
  const nodes = decode(
    (from) => takeList(from, (each) => takeOptional(each, takeNode)),
    bytes,
    "tree",
  );
  if (nodes.length === 0 || nodes.at(-1) === null) {
    throw new Failure("malformed", "tree: ends in a blank node");
  }
  return build(nodes, fullWidth(Math.ceil(nodes.length / 2)), 0);
}

function build(nodes: readonly (Node | null)[], leaves: number, first: number): Subtree {
  const node = nodes[2 * first + leaves - 1] ?? null;
  if (leaves === 1) {
    if (node !== null && !("leaf" in node))
      throw new Failure("malformed", "tree: parent at a leaf");
    return leafSlot(first, node === null ? null : node.leaf);
  }
  if (node !== null && !("parent" in node))
    throw new Failure("malformed", "tree: leaf at a parent");
  const half = leaves / 2;
  const left = build(nodes, half, first);
  return branch(node === null ? null : node.parent, left, build(nodes, half, first + half));
}
