import { wipe } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { deriveTreeSecret, expandWithLabel } from "./labelled.ts";
import { level, root } from "./tree-math.ts";

/**
 * The secret tree of RFC 9420 section 9, derived as far as it was needed. `nodes` are the secrets
 * not yet consumed: at first the root, later the copath of every leaf that has spoken.
 */
export interface SecretTree {
  /** Width of the ratchet tree: a power of two. */
  readonly leaves: number;
  readonly nodes: ReadonlyMap<number, Uint8Array>;
  /** First handshake ratchet secrets of the leaves that have spoken. They stay until the epoch ends. */
  readonly handshake: ReadonlyMap<number, Uint8Array>;
}

/** One key and nonce, good for one message. */
export interface MessageKey {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** One sender's application ratchet: where it stands, and the keys of generations it has passed. */
export interface Chain {
  readonly secret: Uint8Array;
  /** The generation that `secret` gives next. */
  readonly generation: number;
  readonly skipped: ReadonlyMap<number, MessageKey>;
}

/** What changes with every message. */
export interface Chains {
  /** Own commits sent in this epoch: the next unused generation of the own handshake ratchet. */
  readonly handshakeGeneration: number;
  readonly application: ReadonlyMap<number, Chain>;
}

/** A message key with the state after its use, and what that use consumed. */
export interface Drawn {
  readonly key: MessageKey;
  readonly secretTree: SecretTree;
  readonly chains: Chains;
  readonly spent: readonly Uint8Array[];
}

const leftLabel = utf8("left");
const rightLabel = utf8("right");
const nothing = new Uint8Array(0);

/** A new epoch's secret tree. It takes `encryptionSecret` over: it is the root. */
export function newSecretTree(leaves: number, encryptionSecret: Uint8Array): SecretTree {
  return { leaves, nodes: new Map([[root(leaves), encryptionSecret]]), handshake: new Map() };
}

export const noChains: Chains = { handshakeGeneration: 0, application: new Map() };

/** Walks from the nearest known secret down to a leaf; `pass` sees each node that is not on the way. */
function leafSecret(
  suite: Suite,
  tree: SecretTree,
  leaf: number,
  pass: (node: number, secret: Uint8Array) => void,
): { secret: Uint8Array; start: number } {
  const target = 2 * leaf;
  let node = root(tree.leaves);
  while (!tree.nodes.has(node)) {
    const height = level(node);
    assert(height > 0, "a leaf's secrets come from the tree once");
    node += (target < node ? -1 : 1) * 2 ** (height - 1);
  }
  const start = node;
  let secret = tree.nodes.get(node) as Uint8Array;
  while (node !== target) {
    const step = 2 ** (level(node) - 1);
    const left = expandWithLabel(suite, secret, "tree", leftLabel, suite.hashBytes);
    const right = expandWithLabel(suite, secret, "tree", rightLabel, suite.hashBytes);
    if (node !== start) wipe(secret);
    const goLeft = target < node;
    pass(goLeft ? node + step : node - step, goLeft ? right : left);
    secret = goLeft ? left : right;
    node += goLeft ? -step : step;
  }
  return { secret, start };
}

function ratchetSecrets(
  suite: Suite,
  secret: Uint8Array,
): { handshake: Uint8Array; application: Uint8Array } {
  return {
    handshake: expandWithLabel(suite, secret, "handshake", nothing, suite.hashBytes),
    application: expandWithLabel(suite, secret, "application", nothing, suite.hashBytes),
  };
}

/** Derives a leaf's two ratchets and forgets every secret above them (section 9.2). */
function openLeaf(
  suite: Suite,
  tree: SecretTree,
  leaf: number,
): { tree: SecretTree; chain: Chain; spent: Uint8Array[] } {
  const nodes = new Map(tree.nodes);
  const { secret, start } = leafSecret(suite, tree, leaf, (node, beside) => {
    nodes.set(node, beside);
  });
  nodes.delete(start);
  const { handshake, application } = ratchetSecrets(suite, secret);
  return {
    tree: { ...tree, nodes, handshake: new Map(tree.handshake).set(leaf, handshake) },
    chain: { secret: application, generation: 0, skipped: new Map() },
    spent: [secret, tree.nodes.get(start) as Uint8Array],
  };
}

/** Key, nonce and next secret of a ratchet (section 9.1). */
function step(
  suite: Suite,
  secret: Uint8Array,
  generation: number,
): { key: MessageKey; next: Uint8Array } {
  return {
    key: {
      nonce: deriveTreeSecret(suite, secret, "nonce", generation, suite.aead.nonceBytes),
      key: deriveTreeSecret(suite, secret, "key", generation, suite.aead.keyBytes),
    },
    next: deriveTreeSecret(suite, secret, "secret", generation, suite.hashBytes),
  };
}

/**
 * The handshake key of one leaf and generation, read without consuming anything. Only the first
 * valid commit ends an epoch and its validity must be the same function for everyone, so all
 * handshake keys of an epoch stay derivable until the epoch ends and is erased as a whole.
 */
export function handshakeKey(
  suite: Suite,
  tree: SecretTree,
  leaf: number,
  generation: number,
): MessageKey {
  if (generation >= limits.generationSkipMax) {
    throw new Failure("refused", `handshake message: generation ${generation} is out of bounds`);
  }
  let secret: Uint8Array | undefined = tree.handshake.get(leaf)?.slice();
  if (secret === undefined) {
    const found = leafSecret(suite, tree, leaf, (_, beside) => wipe(beside));
    const ratchets = ratchetSecrets(suite, found.secret);
    wipe(ratchets.application);
    // A tree of one leaf hands out its own root, which stays.
    if (found.start !== 2 * leaf) wipe(found.secret);
    secret = ratchets.handshake;
  }
  for (let at = 0; at < generation; at++) {
    const next = deriveTreeSecret(suite, secret, "secret", at, suite.hashBytes);
    wipe(secret);
    secret = next;
  }
  const { key, next } = step(suite, secret, generation);
  wipe(secret, next);
  return key;
}

/** The next application key of the own leaf. */
export function nextKey(
  suite: Suite,
  tree: SecretTree,
  chains: Chains,
  leaf: number,
): Drawn & { readonly generation: number } {
  const generation = chains.application.get(leaf)?.generation ?? 0;
  return { ...drawKey(suite, tree, chains, { leaf, generation }), generation };
}

/**
 * The application key of one sender's generation. Keys of generations passed over are kept as pairs
 * while the ratchet goes on, so a message that never arrives gives a later thief that one message.
 * Throws `refused` for a generation used before or too far ahead.
 */
export function drawKey(
  suite: Suite,
  tree: SecretTree,
  chains: Chains,
  wanted: { leaf: number; generation: number },
): Drawn {
  const { leaf, generation } = wanted;
  const known = chains.application.get(leaf);
  if (generation - (known?.generation ?? 0) > limits.generationSkipMax) {
    throw new Failure("refused", `message: generation ${generation} is too far ahead`);
  }
  const opened = known === undefined ? openLeaf(suite, tree, leaf) : null;
  const chain = known ?? (opened as NonNullable<typeof opened>).chain;
  const spent: Uint8Array[] = opened?.spent ?? [];
  const after = (key: MessageKey, next: Chain): Drawn => ({
    key,
    secretTree: opened?.tree ?? tree,
    chains: { ...chains, application: new Map(chains.application).set(leaf, next) },
    spent: [...spent, key.key, key.nonce],
  });

  if (generation < chain.generation) {
    const key = chain.skipped.get(generation);
    if (key === undefined) {
      throw new Failure("refused", `message: generation ${generation} was used before`);
    }
    const skipped = new Map(chain.skipped);
    skipped.delete(generation);
    return after(key, { ...chain, skipped });
  }
  return advance(suite, chain, generation, spent, after);
}

function advance(
  suite: Suite,
  chain: Chain,
  generation: number,
  spent: Uint8Array[],
  after: (key: MessageKey, next: Chain) => Drawn,
): Drawn {
  let secret = chain.secret;
  const skipped = generation > chain.generation ? new Map(chain.skipped) : chain.skipped;
  for (let at = chain.generation; at < generation; at++) {
    const passed = step(suite, secret, at);
    (skipped as Map<number, MessageKey>).set(at, passed.key);
    spent.push(secret);
    secret = passed.next;
  }
  // The oldest go first: a message that old has been given up by its bound, not by its sender.
  for (const [old, key] of skipped) {
    if (skipped.size <= limits.skippedKeysMax) break;
    (skipped as Map<number, MessageKey>).delete(old);
    spent.push(key.key, key.nonce);
  }
  const { key, next } = step(suite, secret, generation);
  spent.push(secret);
  return after(key, { secret: next, generation: generation + 1, skipped });
}

/** Every secret in a secret tree and its chains, for erasure. */
export function ratchetSecretsOf(tree: SecretTree, chains: Chains): Uint8Array[] {
  const secrets = [...tree.nodes.values(), ...tree.handshake.values()];
  for (const chain of chains.application.values()) {
    secrets.push(chain.secret);
    for (const { key, nonce } of chain.skipped.values()) secrets.push(key, nonce);
  }
  return secrets;
}
