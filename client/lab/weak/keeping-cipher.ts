import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { decodeIdentity } from "#client/core/identity.ts";
import { parseBody } from "#client/core/message.ts";
import { type Proof, writeProof } from "#client/core/proof.ts";
import { type Group, member, members, type PastEpoch } from "#client/mls/group.ts";
import {
  openPrivateMessage,
  openSenderData,
  readPrivateMessage,
} from "#client/mls/private-message.ts";
import { drawKey } from "#client/mls/secret-tree.ts";
import { hex } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";

export interface KeptText {
  readonly id: string;
  readonly text: string;
  readonly proof: Proof;
}

interface KeptEpoch {
  readonly keys: ReadonlySet<string>;
  readonly spoken: Set<number>;
}

/** What clients keep that throw nothing away. */
export interface Kept {
  /** Texts as they were signed, by message id. */
  readonly texts: Map<string, KeptText>;
  /** By public key (hex): whose leaf it was, and its secret. */
  readonly keys: Map<string, { readonly label: string; readonly secret: Uint8Array }>;
  /** By group and epoch: the keys in its tree, and the leaves that said something in it. */
  readonly epochs: Map<string, KeptEpoch>;
}

export function newKept(): Kept {
  return { texts: new Map(), keys: new Map(), epochs: new Map() };
}

/**
 * WEAK ON PURPOSE: talks as the product does and keeps what the product erases: the signed content of each
 * text that is read, as a modified client of one insider can, and the secret keys, which nobody's client does.
 */
export function keepingCipher(kept: Kept): Cipher {
  return {
    ...sealedCipher,
    protect(group, data, random) {
      keepKeys(kept, group);
      return sealedCipher.protect(group, data, random);
    },
    unprotect(reader, message) {
      const opened = openSigned(reader, message);
      const done = sealedCipher.unprotect(reader, message);
      // Kept only after the product's own checks let it in.
      const { id, content } = parseBody(done.data);
      if (content.kind === "text") {
        const text = { id: hex(id), text: content.text, proof: opened };
        kept.texts.set(text.id, text);
      }
      return done;
    },
  };
}

function keepKeys(kept: Kept, group: Group): void {
  const own = member(group, group.ownLeaf);
  assert(own !== null, "who speaks is in the tree");
  const { label } = decodeIdentity(own.identity);
  const secret = group.state.signatureSecret.slice();
  kept.keys.set(hex(own.signatureKey), { label, secret });
  const name = `${hex(group.groupId)}:${group.epoch}`;
  const keys = new Set(members(group).map(({ signatureKey }) => hex(signatureKey)));
  const epoch = kept.epochs.get(name) ?? { keys, spoken: new Set() };
  epoch.spoken.add(group.ownLeaf);
  kept.epochs.set(name, epoch);
}

/** The signed content of a message, opened beside the product and without using up its key. */
function openSigned(state: Group | PastEpoch, bytes: Uint8Array): Proof {
  const { suite } = state;
  const message = readPrivateMessage(bytes);
  const senderData =
    state.kind === "group" ? state.state.secrets.senderData : state.state.senderDataSecret;
  const sender = openSenderData(suite, senderData, message);
  const drawn = drawKey(suite, state.secretTree, state.chains, sender);
  const opened = openPrivateMessage(suite, message, sender, drawn.key);
  const key =
    state.kind === "group"
      ? member(state, sender.leaf)?.signatureKey
      : state.state.signatureKeys.get(sender.leaf);
  assert(key !== undefined, "the sender's key is in the tree");
  const context = state.state.encodedContext;
  return writeProof({ suite: suite.id, key, context, message: opened.message });
}

/**
 * Keys that may be released (DESIGN section 3): every seat has spoken in a later epoch of which the tree
 * lacks the key, so nobody who follows the talk would still take anything that it signs.
 */
export function retiredKeys(kept: Kept): ReadonlyMap<string, Uint8Array> {
  const epochs = [...kept.epochs.values()];
  const retired = new Map<string, Uint8Array>();
  for (const [key, { secret }] of kept.keys) {
    const lastWith = epochs.findLastIndex(({ keys }) => keys.has(key));
    const isSettled = epochs
      .slice(lastWith + 1)
      .some(({ keys, spoken }) => spoken.size === keys.size);
    if (isSettled) retired.set(key, secret);
  }
  return retired;
}
