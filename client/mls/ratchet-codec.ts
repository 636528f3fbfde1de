import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  decode,
  encode,
  malformed,
  putBytes,
  putList,
  putU8,
  putU32,
  type Reader,
  takeBytes,
  takeList,
  takeU8,
  takeU32,
  type Writer,
} from "./codec.ts";
import type { Chain, Chains, MessageKey, SecretTree } from "./secret-tree.ts";
import type { Group, PastEpoch } from "./state.ts";
import { covers, nodeCount } from "./tree-math.ts";

/*
 * Two of the three parts in which a state is saved. They name their epoch, so that parts of different
 * epochs are never put together:
 *
 *   secret tree   version u8 ‖ epoch name 16 ‖ leaves u32
 *                 ‖ (node u32 ‖ secret Nh)<V> ‖ (leaf u32 ‖ handshake secret Nh)<V>
 *   ratchets      version u8 ‖ epoch name 16 ‖ own handshake generation u32
 *                 ‖ (leaf u32 ‖ secret Nh ‖ generation u32 ‖ (generation u32 ‖ key Nk ‖ nonce Nn)<V>)<V>
 *
 * Entries are in increasing order of their first number.
 */
const partVersion = 1;
const nameBytes = 16;

type Entry<T> = readonly [number, T];

/** A name for an epoch's parts: no two epochs share a GroupContext. */
function epochName(suite: Suite, encodedContext: Uint8Array): Uint8Array {
  return suite.hash(encodedContext).subarray(0, nameBytes);
}

function sorted<T>(map: ReadonlyMap<number, T>): Entry<T>[] {
  return [...map].sort(([a], [b]) => a - b);
}

/** A map of entries in increasing order; any other order is `malformed`. */
function mapOf<T>(entries: readonly Entry<T>[], place: string): Map<number, T> {
  let before = -1;
  for (const [index] of entries) {
    if (index <= before) throw new Failure("malformed", `${place}: entries are out of order`);
    before = index;
  }
  return new Map(entries);
}

function putSecret(to: Writer, [index, secret]: Entry<Uint8Array>): void {
  putU32(to, index);
  putBytes(to, secret);
}

/** A secret, copied out of the bytes read, so that it can be erased by itself. */
function takeSecret(from: Reader, bytes: number): Uint8Array {
  return takeBytes(from, bytes).slice();
}

function putHead(to: Writer, state: Group | PastEpoch): void {
  putU8(to, partVersion);
  putBytes(to, epochName(state.suite, state.state.encodedContext));
}

function takeHead(from: Reader, name: Uint8Array): void {
  if (takeU8(from) !== partVersion) throw malformed(from, "unknown version");
  if (!equalBytes(takeBytes(from, nameBytes), name)) {
    throw new Failure("vault-damaged", `${from.place}: belongs to another epoch`);
  }
}

/** The secret tree's part: changes when a sender first speaks in an epoch. */
export function encodeSecretTree(state: Group | PastEpoch): Uint8Array {
  const { leaves, nodes, handshake } = state.secretTree;
  return encode((to: Writer) => {
    putHead(to, state);
    putU32(to, leaves);
    putList(to, sorted(nodes), putSecret);
    putList(to, sorted(handshake), putSecret);
  }, null);
}

function decodeSecretTree(suite: Suite, encodedContext: Uint8Array, bytes: Uint8Array): SecretTree {
  const place = "secret tree";
  const takeEntry = (from: Reader): Entry<Uint8Array> => [
    takeU32(from),
    takeSecret(from, suite.hashBytes),
  ];
  const take = (from: Reader): SecretTree => {
    takeHead(from, epochName(suite, encodedContext));
    return {
      leaves: takeU32(from),
      nodes: mapOf(takeList(from, takeEntry), place),
      handshake: mapOf(takeList(from, takeEntry), place),
    };
  };
  return decode(take, bytes, place);
}

function putChain(to: Writer, [leaf, chain]: Entry<Chain>): void {
  putU32(to, leaf);
  putBytes(to, chain.secret);
  putU32(to, chain.generation);
  putList(to, sorted(chain.skipped), (each, [generation, { key, nonce }]) => {
    putU32(each, generation);
    putBytes(each, key);
    putBytes(each, nonce);
  });
}

function takeChain(from: Reader, suite: Suite): Entry<Chain> {
  const leaf = takeU32(from);
  const secret = takeSecret(from, suite.hashBytes);
  const generation = takeU32(from);
  const takeKey = (each: Reader): Entry<MessageKey> => [
    takeU32(each),
    {
      key: takeSecret(each, suite.aead.keyBytes),
      nonce: takeSecret(each, suite.aead.nonceBytes),
    },
  ];
  const keys = takeList(from, takeKey);
  const skipped = mapOf(keys, from.place);
  if (skipped.size > limits.skippedKeysMax || (keys.at(-1)?.[0] ?? -1) >= generation) {
    throw malformed(from, "has impossible skipped keys");
  }
  return [leaf, { secret, generation, skipped }];
}

/** The ratchets' part: changes with every message. Its size grows with the senders, not the members. */
export function encodeRatchets(state: Group | PastEpoch): Uint8Array {
  return encode((to: Writer) => {
    putHead(to, state);
    putU32(to, state.chains.handshakeGeneration);
    putList(to, sorted(state.chains.application), putChain);
  }, null);
}

function decodeChains(suite: Suite, encodedContext: Uint8Array, bytes: Uint8Array): Chains {
  const place = "ratchets";
  const take = (from: Reader): Chains => {
    takeHead(from, epochName(suite, encodedContext));
    return {
      handshakeGeneration: takeU32(from),
      application: mapOf(
        takeList(from, (each) => takeChain(each, suite)),
        place,
      ),
    };
  };
  return decode(take, bytes, place);
}

/**
 * Both parts, fitted together: every sender's ratchet is either started or still in the tree, never
 * both. Throws `malformed`, or `vault-damaged` when they do not belong together.
 */
export function decodeRatchets(
  suite: Suite,
  encodedContext: Uint8Array,
  parts: { readonly secretTree: Uint8Array; readonly ratchets: Uint8Array },
): { secretTree: SecretTree; chains: Chains } {
  const secretTree = decodeSecretTree(suite, encodedContext, parts.secretTree);
  const chains = decodeChains(suite, encodedContext, parts.ratchets);
  const nodes = [...secretTree.nodes.keys()];
  const { leaves } = secretTree;
  const started = [...chains.application.keys()];
  const fits =
    nodes.every((node) => node < nodeCount(leaves)) &&
    started.every((leaf) => leaf < leaves && !nodes.some((node) => covers(node, leaf))) &&
    [...secretTree.handshake.keys()].every((leaf) => chains.application.has(leaf));
  if (!fits) throw new Failure("vault-damaged", "ratchets: do not fit the secret tree");
  return { secretTree, chains };
}
