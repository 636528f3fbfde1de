import { wipe } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { decode, encode, reader } from "./codec.ts";
import type { Advanced } from "./commit-apply.ts";
import { enterEpoch } from "./epoch.ts";
import {
  checkExtensions,
  extensionType,
  findExtension,
  isDefaultExtension,
  requiredCapabilities,
} from "./extension.ts";
import { takeMessageHead, wireFormat } from "./framing.ts";
import { putGroupContext } from "./group-context.ts";
import {
  checkGroupInfo,
  type GroupInfo,
  type GroupSecrets,
  takeGroupInfo,
  takeGroupSecrets,
  takeWelcome,
  type Welcome,
} from "./group-info.ts";
import {
  type KeyPackage,
  type KeyPackageSecrets,
  keyPackageRef,
  takeKeyPackage,
} from "./key-package.ts";
import { epochSecret, memberSecret, welcomeKey } from "./key-schedule.ts";
import { decryptWithLabel } from "./labelled.ts";
import { putLeafNode } from "./leaf-node.ts";
import { type PskSource, pskSecret } from "./psk.ts";
import type { Rules } from "./rules.ts";
import { type Branch, branchesTo, leafAt, leaves, nodeIndex, type Tree, treeOf } from "./tree.ts";
import { checkTree } from "./tree-check.ts";
import { decodeTree } from "./tree-codec.ts";
import { treeHash } from "./tree-hash.ts";
import { commonAncestor } from "./tree-math.ts";
import { climb, type PathKeys } from "./treekem.ts";

export interface JoinRequest {
  readonly suite: Suite;
  readonly rules: Rules;
  /** The encoded MLSMessage. */
  readonly welcome: Uint8Array;
  /** The encoded KeyPackage that it answers, and the secrets behind it. */
  readonly keyPackage: Uint8Array;
  readonly secrets: KeyPackageSecrets;
  /** The group and signer that the newcomer has authenticated by other means. */
  readonly expected?: { readonly groupId: Uint8Array; readonly signerKey: Uint8Array };
  /** Vectors only: a tree that travels apart, and pre-shared keys. */
  readonly tree?: Uint8Array | null;
  readonly findPsk?: PskSource;
}

/** A joined group, and who signed its GroupInfo. */
export interface Joined extends Advanced {
  readonly signer: { readonly leaf: number; readonly signatureKey: Uint8Array };
}

/**
 * Joins by a Welcome (RFC 9420 section 12.4.3.1). Throws `malformed`, `refused` (another KeyPackage,
 * group or signer, or a tree against the rules) or `integrity`. `spent` are the init secret and, with
 * the group saved, nothing else: leaf and signature secret live on in the group.
 */
export function joinGroup(request: JoinRequest): Joined {
  const { suite, rules } = request;
  const welcome = readWelcome(suite, request.welcome);
  const keyPackage = decode(takeKeyPackage, request.keyPackage.slice(), "KeyPackage");
  const groupSecrets = openGroupSecrets(request, welcome);
  const psk = pskSecret(suite, groupSecrets.psks, request.findPsk ?? (() => null));
  const member = memberSecret(suite, groupSecrets.joinerSecret, psk);
  const info = openGroupInfo(suite, welcome, member);
  const { tree, signerKey } = checkInfo(request, info, keyPackage);
  const ownLeaf = findOwnLeaf(tree, keyPackage);
  const pathKeys = ownPathKeys(request, { tree, ownLeaf, info, groupSecrets });
  const epoch = epochSecret(suite, member, encode(putGroupContext, info.context));
  wipe(member, groupSecrets.joinerSecret, psk);
  const { signatureSecret } = request.secrets;
  const base = { suite, rules, context: info.context, tree, ownLeaf, signatureSecret, pathKeys };
  return {
    group: enterEpoch(base, epoch, info.confirmationTag),
    spent: [request.secrets.initSecret],
    signer: { leaf: info.signer, signatureKey: signerKey },
  };
}

function readWelcome(suite: Suite, bytes: Uint8Array): Welcome {
  const from = reader(bytes.slice(), "Welcome");
  if (takeMessageHead(from) !== wireFormat.welcome) {
    throw new Failure("refused", "message: is not a Welcome");
  }
  const welcome = decode(takeWelcome, from.bytes.subarray(from.at), "Welcome");
  if (welcome.suiteId !== suite.id) {
    throw new Failure("refused", "Welcome: is for another cipher suite");
  }
  return welcome;
}

function openGroupSecrets(request: JoinRequest, welcome: Welcome): GroupSecrets {
  const { suite, secrets } = request;
  const ref = keyPackageRef(suite, request.keyPackage);
  const entry = welcome.secrets.find(({ newMember }) => equalBytes(newMember, ref));
  if (entry === undefined) throw new Failure("refused", "Welcome: answers another KeyPackage");
  const info = welcome.encryptedGroupInfo;
  const plaintext = decryptWithLabel(suite, secrets.initSecret, "Welcome", info, entry.sealed);
  const opened = decode(takeGroupSecrets, plaintext, "GroupSecrets");
  if (opened.joinerSecret.length !== suite.hashBytes) {
    throw new Failure("malformed", "GroupSecrets: joiner secret has the wrong length");
  }
  if (opened.psks.length > 0 && !request.rules.psk) {
    throw new Failure("refused", "Welcome: asks for pre-shared keys");
  }
  return opened;
}

function openGroupInfo(suite: Suite, welcome: Welcome, member: Uint8Array): GroupInfo {
  const { key, nonce } = welcomeKey(suite, member);
  const nothing = new Uint8Array(0);
  const plaintext = suite.aead.open(key, nonce, nothing, welcome.encryptedGroupInfo);
  wipe(key, nonce);
  if (plaintext === null) throw new Failure("integrity", "Welcome: GroupInfo does not open");
  return decode(takeGroupInfo, plaintext, "GroupInfo");
}

/** The expectations, the signature and the whole tree, cheap checks first. */
function checkInfo(
  request: JoinRequest,
  info: GroupInfo,
  keyPackage: KeyPackage,
): { tree: Tree; signerKey: Uint8Array } {
  const { suite, rules, expected } = request;
  const { context } = info;
  if (context.suiteId !== suite.id || keyPackage.suiteId !== suite.id) {
    throw new Failure("refused", "GroupInfo: is for another cipher suite");
  }
  if (expected !== undefined && !equalBytes(expected.groupId, context.groupId)) {
    throw new Failure("refused", "GroupInfo: is of another group");
  }
  if (
    !rules.foreignLeaves &&
    info.extensions.some(({ type }) => type !== extensionType.ratchetTree)
  ) {
    throw new Failure("refused", "GroupInfo: has unknown extensions");
  }
  checkExtensions(context.extensions, rules, "group context");
  const encoded = findExtension(info.extensions, extensionType.ratchetTree) ?? request.tree ?? null;
  if (encoded === null) throw new Failure("refused", "GroupInfo: brings no tree");
  const tree = treeOf(suite, decodeTree(encoded));
  const signer = leafAt(tree, info.signer);
  if (signer === null) throw new Failure("refused", "GroupInfo: its signer is not a member");
  if (expected !== undefined && !equalBytes(expected.signerKey, signer.signatureKey)) {
    throw new Failure("refused", "GroupInfo: is signed by another member");
  }
  checkGroupInfo(suite, signer.signatureKey, info);
  if (!equalBytes(treeHash(suite, tree.top), context.treeHash)) {
    throw new Failure("integrity", "GroupInfo: tree hash does not match the tree");
  }
  checkTree(suite, tree, context.groupId, {
    rules,
    required: requiredCapabilities(context.extensions),
    contextExtensions: context.extensions
      .map(({ type }) => type)
      .filter((type) => !isDefaultExtension(type)),
  });
  return { tree, signerKey: signer.signatureKey };
}

function findOwnLeaf(tree: Tree, keyPackage: KeyPackage): number {
  const own = encode(putLeafNode, keyPackage.leaf);
  for (const { index, leaf } of leaves(tree.top)) {
    if (!equalBytes(leaf.signatureKey, keyPackage.leaf.signatureKey)) continue;
    if (equalBytes(encode(putLeafNode, leaf), own)) return index;
  }
  throw new Failure("refused", "GroupInfo: the tree does not hold this member");
}

function ownPathKeys(
  request: JoinRequest,
  parts: { tree: Tree; ownLeaf: number; info: GroupInfo; groupSecrets: GroupSecrets },
): PathKeys {
  const { tree, ownLeaf, info, groupSecrets } = parts;
  const own: [number, Uint8Array] = [2 * ownLeaf, request.secrets.leafSecret];
  const { pathSecret } = groupSecrets;
  const above = branchesTo(tree.top, ownLeaf).reverse();
  if (pathSecret === null) {
    // Section 12.4.3.1: it is missing only when the commit had no path.
    if (!request.rules.pathlessCommits) {
      throw new Failure("refused", "Welcome: brings no path secret");
    }
    return allKeysKnown(above, ownLeaf, new Map([own]));
  }
  const start = commonAncestor(ownLeaf, info.signer);
  const from = above.findIndex((at) => nodeIndex(at) === start);
  if (from === -1 || above[from]?.node === null) {
    throw new Failure("integrity", "Welcome: path secret belongs to no node");
  }
  const published = above.slice(from).flatMap((at) => {
    const publicKey = at.node?.encryptionKey;
    return publicKey === undefined ? [] : [{ index: nodeIndex(at), publicKey }];
  });
  const { commitSecret, derived } = climb(request.suite, pathSecret, published);
  wipe(commitSecret);
  return allKeysKnown(above, ownLeaf, new Map([...derived, own]));
}

/**
 * A node above that does not name the newcomer as unmerged stands for it in resolutions, so others
 * will encrypt to that node alone. A newcomer without its key could follow no commit from beyond it.
 */
function allKeysKnown(above: readonly Branch[], ownLeaf: number, keys: PathKeys): PathKeys {
  for (const at of above) {
    if (at.node === null || at.node.unmergedLeaves.includes(ownLeaf)) continue;
    if (!keys.has(nodeIndex(at))) {
      throw new Failure("refused", `Welcome: brings no secret of node ${nodeIndex(at)}`);
    }
  }
  return keys;
}
