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
  /** Label of the author. */
  readonly from: string;
  readonly text: string;
  readonly epoch: number;
  readonly proof: Proof;
}

/** What an insider's client keeps that throws nothing away. */
export interface Kept {
  /** Texts of others as they were signed, by message id. */
  readonly texts: Map<string, KeptText>;
  /** Whose leaf each public signature key (hex) was in the trees that this client has seen. */
  readonly keys: Map<string, string>;
}

export function newKept(): Kept {
  return { texts: new Map(), keys: new Map() };
}

/**
 * WEAK ON PURPOSE: the product's cipher in a modified client of one insider. It keeps the signed content of each
 * text that it reads, which the product throws away, and whose key is whose. It learns nobody's secret.
 */
export function keepingCipher(kept: Kept): Cipher {
  return {
    ...sealedCipher,
    protect(group, data, random) {
      keepKeys(kept, group);
      return sealedCipher.protect(group, data, random);
    },
    unprotect(reader, message) {
      if (reader.kind === "group") keepKeys(kept, reader);
      const { proof, leaf } = openSigned(reader, message);
      const done = sealedCipher.unprotect(reader, message);
      // Kept only after the product's own checks let it in.
      const { id, content } = parseBody(done.data);
      if (content.kind === "text") {
        const from = kept.keys.get(proof.key);
        assert(from !== undefined && leaf === done.sender, "its epoch's tree was seen before");
        const epoch = Number(reader.epoch);
        kept.texts.set(hex(id), { id: hex(id), from, text: content.text, epoch, proof });
      }
      return done;
    },
  };
}

function keepKeys(kept: Kept, group: Group): void {
  for (const { signatureKey, identity } of members(group)) {
    kept.keys.set(hex(signatureKey), decodeIdentity(identity).label);
  }
}

/** The signed content of a message, opened beside the product and without using up its key. */
function openSigned(
  state: Group | PastEpoch,
  bytes: Uint8Array,
): { readonly proof: Proof; readonly leaf: number } {
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
  const proof = writeProof({ suite: suite.id, key, context, message: opened.message });
  return { proof, leaf: sender.leaf };
}
