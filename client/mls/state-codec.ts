import { type Suite, suiteOf } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import {
  decode,
  encode,
  malformed,
  putBytes,
  putList,
  putOptional,
  putU8,
  putU16,
  putU32,
  putVector,
  type Reader,
  takeBytes,
  takeList,
  takeOptional,
  takeU8,
  takeU16,
  takeU32,
  takeVector,
  type Writer,
} from "./codec.ts";
import { type GroupContext, putGroupContext, takeGroupContext } from "./group-context.ts";
import type { EpochSecrets } from "./key-schedule.ts";
import { decodeRatchets } from "./ratchet-codec.ts";
import type { Rules } from "./rules.ts";
import type { Epoch, Group, PastEpoch } from "./state.ts";
import { encryptionKeyAt, leafAt, treeOf, width } from "./tree.ts";
import { decodeTree, encodeTree } from "./tree-codec.ts";
import { treeHash } from "./tree-hash.ts";
import { covers } from "./tree-math.ts";

/*
 * The first of the three parts in which a state is saved, once per epoch:
 *
 *   epoch   version u8 ‖ GroupContext ‖ interim transcript hash<V> ‖ confirmation tag<V> ‖ ratchet_tree<V>
 *           ‖ own leaf u32 ‖ signature secret 64 ‖ (node u32 ‖ KEM secret)<V>
 *           ‖ sender data, exporter, authenticator, init: Nh each
 *           ‖ external, membership, resumption: optional, Nh each
 *
 *   past    version u8 ‖ suite u16 ‖ GroupContext<V> ‖ sender data Nh ‖ (leaf u32 ‖ signature key 32)<V>
 */
const partVersion = 1;
const signatureSecretBytes = 64;
const signatureKeyBytes = 32;

/** What `decodeGroup` and `decodePastEpoch` put together. */
export interface StateParts {
  readonly epoch: Uint8Array;
  readonly secretTree: Uint8Array;
  readonly ratchets: Uint8Array;
}

type Entry = readonly [number, Uint8Array];

function putEntry(to: Writer, [index, bytes]: Entry): void {
  putU32(to, index);
  putBytes(to, bytes);
}

function sorted(map: ReadonlyMap<number, Uint8Array>): Entry[] {
  return [...map].sort(([a], [b]) => a - b);
}

function takeEntries(from: Reader, bytes: number): Map<number, Uint8Array> {
  const entries = takeList(from, (each): Entry => [takeU32(each), takeBytes(each, bytes).slice()]);
  const ordered = entries.every(([index], at) => at === 0 || index > (entries[at - 1] as Entry)[0]);
  if (!ordered) throw malformed(from, "entries are out of order");
  return new Map(entries);
}

function takeVersion(from: Reader): void {
  if (takeU8(from) !== partVersion) throw malformed(from, "unknown version");
}

/** The epoch's part: changes with every commit, linear in the group. */
export function encodeEpoch(group: Group): Uint8Array {
  const { state } = group;
  const { secrets } = state;
  return encode((to: Writer) => {
    putU8(to, partVersion);
    putGroupContext(to, state.context);
    putVector(to, state.interimTranscriptHash);
    putVector(to, state.confirmationTag);
    putBytes(to, encodeTree(state.tree.top));
    putU32(to, state.ownLeaf);
    putBytes(to, state.signatureSecret);
    putList(to, sorted(state.pathKeys), putEntry);
    putBytes(to, secrets.senderData);
    putBytes(to, secrets.exporter);
    putBytes(to, secrets.authenticator);
    putBytes(to, secrets.init);
    putOptional(to, secrets.external, putBytes);
    putOptional(to, secrets.membership, putBytes);
    putOptional(to, secrets.resumption, putBytes);
  }, null);
}

function takeSecrets(from: Reader, suite: Suite): EpochSecrets {
  const take = (each: Reader): Uint8Array => takeBytes(each, suite.hashBytes).slice();
  return {
    senderData: take(from),
    exporter: take(from),
    authenticator: take(from),
    init: take(from),
    external: takeOptional(from, take),
    membership: takeOptional(from, take),
    resumption: takeOptional(from, take),
  };
}

interface EpochPart {
  readonly suite: Suite;
  readonly state: Epoch;
}

function takeEpoch(from: Reader): EpochPart {
  takeVersion(from);
  const context = takeGroupContext(from);
  const suite = suiteOf(context.suiteId);
  const interimTranscriptHash = takeVector(from);
  const confirmationTag = takeVector(from);
  const tree = treeOf(suite, decodeTree(encode(putVector, takeVector(from))));
  const state = {
    context,
    encodedContext: encode(putGroupContext, context),
    interimTranscriptHash,
    confirmationTag,
    tree,
    ownLeaf: takeU32(from),
    signatureSecret: takeBytes(from, signatureSecretBytes).slice(),
    pathKeys: takeEntries(from, suite.kem.secretBytes),
    secrets: takeSecrets(from, suite),
  };
  return { suite, state };
}

/** What must fit together in an epoch that was once valid. Throws `vault-damaged`. */
function checkEpoch({ suite, state }: EpochPart): void {
  const { tree, context, ownLeaf } = state;
  const own = leafAt(tree, ownLeaf);
  const keys = [...state.pathKeys.keys()];
  const fits =
    own !== null &&
    equalBytes(treeHash(suite, tree.top), context.treeHash) &&
    // The second half of an Ed25519 secret key is its public key.
    equalBytes(state.signatureSecret.subarray(32), own.signatureKey) &&
    keys.every((node) => covers(node, ownLeaf) && encryptionKeyAt(tree, node) !== null) &&
    state.pathKeys.has(2 * ownLeaf);
  if (!fits) throw new Failure("vault-damaged", "epoch: its parts contradict each other");
}

/** A group from its three parts. Throws `malformed`, `version` or `vault-damaged`. */
export function decodeGroup(parts: StateParts, rules: Rules): Group {
  const { suite, state } = decode(takeEpoch, parts.epoch.slice(), "epoch");
  checkEpoch({ suite, state });
  const ratchets = decodeRatchets(suite, state.encodedContext, parts);
  const { context, tree } = state;
  const started = [...ratchets.chains.application.keys()];
  const { leaves, handshake } = ratchets.secretTree;
  if (leaves !== width(tree.top) || !started.every((leaf) => handshake.has(leaf))) {
    throw new Failure("vault-damaged", "ratchets: do not fit the epoch");
  }
  return {
    kind: "group",
    suite,
    rules,
    groupId: context.groupId,
    epoch: context.epoch,
    extensions: context.extensions,
    ownLeaf: state.ownLeaf,
    state,
    ...ratchets,
  };
}

/** A past epoch's constant part. Its other two parts are those of a group. */
export function encodePastEpoch(past: PastEpoch): Uint8Array {
  return encode((to: Writer) => {
    putU8(to, partVersion);
    putU16(to, past.suite.id);
    putVector(to, past.state.encodedContext);
    putBytes(to, past.state.senderDataSecret);
    putList(to, sorted(past.state.signatureKeys), putEntry);
  }, null);
}

/** A past epoch from its three parts. Throws `malformed`, `version` or `vault-damaged`. */
export function decodePastEpoch(parts: StateParts): PastEpoch {
  const take = (from: Reader): Pick<PastEpoch, "suite" | "state"> => {
    takeVersion(from);
    const suite = suiteOf(takeU16(from));
    const encodedContext = takeVector(from);
    const senderDataSecret = takeBytes(from, suite.hashBytes).slice();
    const signatureKeys = takeEntries(from, signatureKeyBytes);
    return { suite, state: { encodedContext, senderDataSecret, signatureKeys } };
  };
  const { suite, state } = decode(take, parts.epoch.slice(), "past epoch");
  const context: GroupContext = decode(takeGroupContext, state.encodedContext, "GroupContext");
  if (context.suiteId !== suite.id) {
    throw new Failure("vault-damaged", "past epoch: its parts contradict each other");
  }
  const ratchets = decodeRatchets(suite, state.encodedContext, parts);
  return {
    kind: "past",
    suite,
    groupId: context.groupId,
    epoch: context.epoch,
    state,
    ...ratchets,
  };
}
