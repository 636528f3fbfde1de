import { encodeMlsMessage, type Proposal } from "ts-mls";
import { createContentCommitSignature } from "ts-mls/framedContent.js";
import type { LeafNode } from "ts-mls/leafNode.js";
import { protect } from "ts-mls/messageProtection.js";
import type { ProposalOrRef } from "ts-mls/proposalOrRefType.js";
import { addLeafNode, removeLeafNode } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { createUpdatePath } from "ts-mls/updatePath.js";
import { expect } from "vitest";
import { classicSuite } from "#client/crypto/suite.ts";
import { checkCommit, type Rules } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  type OracleGroup,
  oracleJoin,
  oracleKeyPackage,
  oracleSuite,
} from "#test/oracle/ts-mls.ts";
import { type Cast, cast, change, leafOf, refused, topicType } from "./cast.ts";

/** A cast in which Mallory sits too, on ts-mls, with nothing to keep her from sending what she likes. */
export interface Infiltrated {
  readonly all: Cast;
  readonly mallory: OracleGroup;
}

export async function infiltrate(names: readonly string[], rules?: Rules): Promise<Infiltrated> {
  const suite = await oracleSuite(3);
  const own = await oracleKeyPackage(suite, utf8("Mallory"), [topicType]);
  const start = cast(names, { suite: classicSuite, ...(rules && { rules }) });
  const { after, welcome } = change(start, names[0] as string, { add: [own.bytes] });
  const mallory = await oracleJoin(suite, own, welcome as Uint8Array);
  return { all: after, mallory };
}

export interface Forgery {
  readonly proposals?: readonly (Proposal | ProposalOrRef)[];
  /** Without a path when false. */
  readonly path?: boolean;
  /** Changes the leaf that the path carries, before it is signed. */
  readonly leaf?: (leaf: LeafNode) => LeafNode;
  /** Public keys put in the place of fresh ones, leaf first. */
  readonly keys?: readonly Uint8Array[];
  /** Signs the leaf in the place of Mallory's own key. */
  readonly leafSigner?: Uint8Array;
  readonly authenticatedData?: Uint8Array;
}

/**
 * A commit of Mallory's in a PrivateMessage: rightly framed and signed, with a path that fits the tree
 * after its proposals, and otherwise with whatever was asked. Its confirmation tag is random, which
 * only the private part can notice.
 */
export async function forge(mallory: OracleGroup, forgery: Forgery = {}): Promise<Uint8Array> {
  const { state, suite } = mallory;
  const proposals = (forgery.proposals ?? []).map(
    (proposal): ProposalOrRef =>
      "proposalOrRefType" in proposal ? proposal : { proposalOrRefType: "proposal", proposal },
  );
  const path = forgery.path === false ? undefined : await forgePath(mallory, proposals, forgery);
  const sender = { senderType: "member" as const, leafIndex: state.privatePath.leafIndex };
  const authenticatedData = forgery.authenticatedData ?? new Uint8Array();
  const { framedContent, signature } = await createContentCommitSignature(
    state.groupContext,
    "mls_private_message",
    path === undefined ? { proposals, path: undefined } : { proposals, path },
    sender,
    authenticatedData,
    state.signaturePrivateKey,
    suite.signature,
  );
  const confirmationTag = suite.rng.randomBytes(suite.kdf.size);
  const { privateMessage } = await protect(
    state.keySchedule.senderDataSecret,
    authenticatedData,
    state.groupContext,
    state.secretTree,
    { ...framedContent, auth: { contentType: "commit", signature, confirmationTag } },
    sender.leafIndex,
    state.clientConfig.paddingConfig,
    suite,
  );
  return encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
}

/** A path over the tree as the proposals leave it, none of them checked. */
async function forgePath(
  { state, suite }: OracleGroup,
  proposals: readonly ProposalOrRef[],
  forgery: Forgery,
) {
  const own = toLeafIndex(state.privatePath.leafIndex);
  const added = new Set<number>();
  let tree = state.ratchetTree;
  let extensions = state.groupContext.extensions;
  for (const entry of proposals) {
    if (entry.proposalOrRefType !== "proposal") continue;
    const { proposal } = entry;
    if (proposal.proposalType === "remove" && proposal.remove.removed !== own) {
      const node = leafToNodeIndex(toLeafIndex(proposal.remove.removed));
      if (tree[node] !== undefined) tree = removeLeafNode(tree, toLeafIndex(node / 2));
    } else if (proposal.proposalType === "add") {
      const [grown, node] = addLeafNode(tree, proposal.add.keyPackage.leafNode);
      tree = grown;
      added.add(node);
    } else if (proposal.proposalType === "group_context_extensions") {
      extensions = proposal.groupContextExtensions.extensions;
    }
  }
  const node = leafToNodeIndex(own);
  const at = tree[node];
  if (at?.nodeType !== "leaf") throw new Error("Mallory has no leaf");
  if (forgery.leaf !== undefined) {
    tree = tree.with(node, { nodeType: "leaf", leaf: forgery.leaf(at.leaf) });
  }
  const [, path] = await createUpdatePath(
    tree,
    own,
    { ...state.groupContext, extensions },
    forgery.leafSigner ?? state.signaturePrivateKey,
    forgery.keys === undefined ? suite : withKeys(suite, forgery.keys),
    [...added] as Parameters<typeof createUpdatePath>[5],
  );
  return path;
}

/** A suite whose key derivation gives these public keys first. */
function withKeys(suite: OracleGroup["suite"], keys: readonly Uint8Array[]) {
  let next = 0;
  return {
    ...suite,
    hpke: {
      ...suite.hpke,
      deriveKeyPair: async (ikm: Uint8Array) => {
        const pair = await suite.hpke.deriveKeyPair(ikm);
        const key = keys[next++];
        if (key === undefined) return pair;
        return { ...pair, publicKey: await suite.hpke.importPublicKey(key) };
      },
    },
  };
}

/** An application message that Mallory signs and sends in another member's name and generation. */
export async function impersonate(mallory: OracleGroup, leaf: number, text: string) {
  const { state, suite } = mallory;
  const authenticatedData = new Uint8Array();
  const content = {
    contentType: "application" as const,
    applicationData: utf8(text),
    groupId: state.groupContext.groupId,
    epoch: state.groupContext.epoch,
    sender: { senderType: "member" as const, leafIndex: leaf },
    authenticatedData,
  };
  const signature = await suite.signature.sign(state.signaturePrivateKey, utf8("anything"));
  const { privateMessage } = await protect(
    state.keySchedule.senderDataSecret,
    authenticatedData,
    state.groupContext,
    state.secretTree,
    { ...content, auth: { contentType: "application", signature } },
    leaf,
    state.clientConfig.paddingConfig,
    suite,
  );
  return encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
}

/** Every honest member refuses the message in its public part, all alike, for the reason that is meant. */
export function allRefuse(
  { all }: Pick<Infiltrated, "all">,
  message: Uint8Array,
  reason: RegExp,
): void {
  const faults = [...all.groups.values()].map((group) => {
    const codes = ["refused", "malformed", "integrity"] as const;
    const { code, message: fault } = refused(() => checkCommit(group, message), codes, group);
    expect(fault).toMatch(reason);
    return `${code}: ${fault}`;
  });
  expect(new Set(faults).size).toBe(1);
}

/** The same for a forged commit of Mallory's. */
export async function forgeryRefused(
  scene: Infiltrated,
  forgery: Forgery,
  reason: RegExp,
): Promise<void> {
  allRefuse(scene, await forge(scene.mallory, forgery), reason);
}

export function removal(removed: number): Proposal {
  return { proposalType: "remove", remove: { removed } };
}

/** The leaf index of a member, and what its leaf holds. */
export function seatOf(
  { all, mallory }: Infiltrated,
  name: string,
): { leaf: number; node: LeafNode } {
  const [group] = all.groups.values();
  if (group === undefined) throw new Error("the group is empty");
  const leaf = leafOf(group, name);
  const at = mallory.state.ratchetTree[2 * leaf];
  if (at?.nodeType !== "leaf") throw new Error(`${name} has no leaf`);
  return { leaf, node: at.leaf };
}
