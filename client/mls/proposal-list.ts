import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes, hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { encode } from "./codec.ts";
import {
  checkExtensions,
  type Extension,
  isDefaultExtension,
  type RequiredCapabilities,
  requiredCapabilities,
} from "./extension.ts";
import type { Sender } from "./framing.ts";
import { mls10 } from "./group-context.ts";
import { checkKeyPackage, type KeyPackage } from "./key-package.ts";
import {
  type Credential,
  checkCapabilities,
  checkLeaf,
  type LeafCheck,
  type LeafNode,
} from "./leaf-node.ts";
import type { Proposal } from "./proposal.ts";
import { type PskId, putPskId } from "./psk.ts";
import type { Rules } from "./rules.ts";
import { addLeaf, leafAt, leaves, removeLeaf, type Tree, updateLeaf } from "./tree.ts";

/** A proposal and who made it; by value, that is the committer. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly sender: Sender;
}

/** The epoch a list of proposals applies to. */
export interface ListBase {
  readonly suite: Suite;
  readonly rules: Rules;
  readonly groupId: Uint8Array;
  readonly tree: Tree;
  readonly extensions: readonly Extension[];
}

/** What a valid list of proposals makes of the group, before the path. */
export interface AppliedList {
  readonly tree: Tree;
  readonly extensions: readonly Extension[];
  readonly extensionsChanged: boolean;
  readonly adds: readonly { readonly index: number; readonly keyPackage: KeyPackage }[];
  readonly removes: readonly number[];
  readonly psks: readonly PskId[];
  readonly externalInit: Uint8Array | null;
  readonly pathRequired: boolean;
  readonly leafCheck: LeafCheck;
}

type Of<Kind extends Proposal["kind"]> = Proposed & {
  readonly proposal: Extract<Proposal, { kind: Kind }>;
};

function refused(fault: string): Failure {
  return new Failure("refused", `proposals: ${fault}`);
}

function pick<Kind extends Proposal["kind"]>(list: readonly Proposed[], kind: Kind): Of<Kind>[] {
  return list.filter((entry): entry is Of<Kind> => entry.proposal.kind === kind);
}

/**
 * Validates a list of proposals (RFC 9420 section 12.2) and applies it in the order of section 12.3.
 * `committer` is null for an external commit. Throws `refused`, `malformed` or `integrity`.
 */
export function applyProposals(
  base: ListBase,
  list: readonly Proposed[],
  committer: number | null,
): AppliedList {
  checkKinds(base.rules, list, committer);
  const contexts = pick(list, "context-extensions");
  if (contexts.length > 1) throw refused("more than one changes the group's extensions");
  const extensions = contexts[0]?.proposal.extensions ?? base.extensions;
  const required = requiredCapabilities(extensions);
  const leafCheck: LeafCheck = {
    rules: base.rules,
    required,
    contextExtensions: extensions
      .map(({ type }) => type)
      .filter((type) => !isDefaultExtension(type)),
    place: null,
  };

  const touched = new Set<number>();
  const touch = (leaf: number): void => {
    if (touched.has(leaf)) throw refused(`more than one concerns leaf ${leaf}`);
    touched.add(leaf);
  };
  let tree = base.tree;
  for (const { proposal, sender } of pick(list, "update")) {
    tree = applyUpdate(base, tree, { leaf: proposal.leaf, sender, committer, touch, leafCheck });
  }
  const removes = pick(list, "remove").map(({ proposal }) => proposal.removed);
  for (const removed of removes) {
    if (removed === committer) throw refused("the committer removes itself");
    if (leafAt(base.tree, removed) === null) throw refused(`no member at leaf ${removed}`);
    touch(removed);
    tree = removeLeaf(base.suite, tree, removed);
  }
  if (contexts.length > 0) checkContext(base.rules, tree, extensions, leafCheck, required);
  const adds: { index: number; keyPackage: KeyPackage }[] = [];
  for (const { proposal } of pick(list, "add")) {
    checkKeyPackage(base.suite, proposal.keyPackage, leafCheck);
    const added = addLeaf(base.suite, tree, proposal.keyPackage.leaf);
    tree = added.tree;
    adds.push({ index: added.index, keyPackage: proposal.keyPackage });
  }
  return {
    tree,
    extensions,
    extensionsChanged: contexts.length > 0,
    adds,
    removes,
    psks: checkPsks(base.suite, pick(list, "psk")),
    externalInit: pick(list, "external-init")[0]?.proposal.kemOutput ?? null,
    pathRequired: isPathRequired(list),
    leafCheck,
  };
}

/** Section 12.4: a path may be left out only for these, and only if there is at least one. */
function isPathRequired(list: readonly Proposed[]): boolean {
  const without: readonly string[] = ["add", "psk", "reinit"];
  return list.length === 0 || list.some(({ proposal }) => !without.includes(proposal.kind));
}

function checkKinds(rules: Rules, list: readonly Proposed[], committer: number | null): void {
  const count = (kind: Proposal["kind"]): number => pick(list, kind).length;
  if (!rules.psk && count("psk") + count("reinit") > 0) {
    throw refused("pre-shared keys and reinitialisation are not used");
  }
  if (count("reinit") > 0 && list.length > 1) throw refused("reinit comes with others");
  for (const { proposal } of pick(list, "reinit")) {
    if (proposal.version < mls10) throw refused("reinit to an older version");
  }
  if (committer !== null) {
    if (count("external-init") > 0) throw refused("external init from a member");
    return;
  }
  // Section 12.2, external commits.
  const others = list.length - count("external-init") - count("remove") - count("psk");
  if (count("external-init") !== 1 || count("remove") > 1 || others > 0) {
    throw refused("not those of an external commit");
  }
}

function applyUpdate(
  base: ListBase,
  tree: Tree,
  update: {
    readonly leaf: LeafNode;
    readonly sender: Sender;
    readonly committer: number | null;
    readonly touch: (leaf: number) => void;
    readonly leafCheck: LeafCheck;
  },
): Tree {
  const { leaf, sender } = update;
  if (sender.kind !== "member") throw refused("update from outside the group");
  if (sender.leaf === update.committer) throw refused("the committer updates itself");
  update.touch(sender.leaf);
  const old = leafAt(base.tree, sender.leaf);
  if (old === null) throw refused(`no member at leaf ${sender.leaf}`);
  if (leaf.source.kind !== "update") throw refused("update leaf comes from another source");
  if (equalBytes(leaf.encryptionKey, old.encryptionKey)) throw refused("update keeps its key");
  checkCredential(base.rules, old.credential, leaf.credential);
  const place = { groupId: base.groupId, leaf: sender.leaf };
  checkLeaf(base.suite, leaf, { ...update.leafCheck, place });
  return updateLeaf(base.suite, tree, sender.leaf, leaf);
}

/** A member stays who it is: the group would not notice that a name has passed to someone else. */
export function checkCredential(rules: Rules, before: Credential, after: Credential): void {
  const same = before.type === after.type && equalBytes(before.data, after.data);
  if (!same && !rules.credentialChange) throw refused("a surviving leaf changes its credential");
}

/** Section 12.1.7: everyone who stays must be capable of what the new extensions ask. */
function checkContext(
  rules: Rules,
  tree: Tree,
  extensions: readonly Extension[],
  check: LeafCheck,
  required: RequiredCapabilities | null,
): void {
  checkExtensions(extensions, rules, "group context");
  for (const { leaf } of leaves(tree.top)) {
    if (required !== null) checkCapabilities(leaf.capabilities, required);
    for (const type of check.contextExtensions) {
      if (!leaf.capabilities.extensions.includes(type)) {
        throw refused(`a member does not know extension ${type}`);
      }
    }
  }
}

function checkPsks(suite: Suite, list: readonly Of<"psk">[]): PskId[] {
  const seen = new Set<string>();
  return list.map(({ proposal: { psk } }) => {
    if (psk.nonce.length !== suite.hashBytes) throw refused("PSK nonce has the wrong length");
    // Section 12.1.4: these usages belong to the first commit of a new group, which Welcomes carry.
    if (psk.kind === "resumption" && psk.usage !== 1) throw refused("PSK of a wrong usage");
    const name = hex(encode(putPskId, psk));
    if (seen.has(name)) throw refused("the same PSK twice");
    seen.add(name);
    return psk;
  });
}
