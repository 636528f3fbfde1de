import {
  malformed,
  putList,
  putOptional,
  putU8,
  putVector,
  type Reader,
  takeList,
  takeOptional,
  takeU8,
  takeVector,
  type Writer,
} from "./codec.ts";
import { type HpkeCiphertext, putHpkeCiphertext, takeHpkeCiphertext } from "./labelled.ts";
import { type LeafNode, putLeafNode, takeLeafNode } from "./leaf-node.ts";
import { type Proposal, putProposal, takeProposal } from "./proposal.ts";

/** A public key on the path and its secret, encrypted once for each node of the copath's resolution. */
export interface UpdatePathNode {
  readonly encryptionKey: Uint8Array;
  readonly encryptedPathSecrets: readonly HpkeCiphertext[];
}

/** RFC 9420 section 7.6. */
export interface UpdatePath {
  readonly leaf: LeafNode;
  readonly nodes: readonly UpdatePathNode[];
}

export type ProposalOrRef =
  | { readonly kind: "value"; readonly proposal: Proposal }
  | { readonly kind: "reference"; readonly ref: Uint8Array };

/** RFC 9420 section 12.4. */
export interface Commit {
  readonly proposals: readonly ProposalOrRef[];
  readonly path: UpdatePath | null;
}

function putPathNode(to: Writer, node: UpdatePathNode): void {
  putVector(to, node.encryptionKey);
  putList(to, node.encryptedPathSecrets, putHpkeCiphertext);
}

function takePathNode(from: Reader): UpdatePathNode {
  return {
    encryptionKey: takeVector(from),
    encryptedPathSecrets: takeList(from, takeHpkeCiphertext),
  };
}

function putUpdatePath(to: Writer, path: UpdatePath): void {
  putLeafNode(to, path.leaf);
  putList(to, path.nodes, putPathNode);
}

export function takeUpdatePath(from: Reader): UpdatePath {
  return { leaf: takeLeafNode(from), nodes: takeList(from, takePathNode) };
}

function putProposalOrRef(to: Writer, entry: ProposalOrRef): void {
  putU8(to, entry.kind === "value" ? 1 : 2);
  if (entry.kind === "value") putProposal(to, entry.proposal);
  else putVector(to, entry.ref);
}

function takeProposalOrRef(from: Reader): ProposalOrRef {
  const kind = takeU8(from);
  if (kind === 1) return { kind: "value", proposal: takeProposal(from) };
  if (kind === 2) return { kind: "reference", ref: takeVector(from) };
  throw malformed(from, "unknown kind of proposal entry");
}

export function putCommit(to: Writer, commit: Commit): void {
  putList(to, commit.proposals, putProposalOrRef);
  putOptional(to, commit.path, putUpdatePath);
}

export function takeCommit(from: Reader): Commit {
  return {
    proposals: takeList(from, takeProposalOrRef),
    path: takeOptional(from, takeUpdatePath),
  };
}
