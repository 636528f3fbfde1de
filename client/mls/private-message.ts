import { wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import {
  decode,
  malformed,
  putBytes,
  putU8,
  putU32,
  putU64,
  putVector,
  type Reader,
  reader,
  takeBytes,
  takeU8,
  takeU32,
  takeU64,
  takeVector,
  type Writer,
  writer,
  written,
} from "./codec.ts";
import {
  type AuthenticatedContent,
  type Content,
  contentType,
  putAuth,
  putMessageHead,
  takeAuth,
  takeContent,
  takeMessageHead,
  wireFormat,
} from "./framing.ts";
import { expandWithLabel } from "./labelled.ts";
import type { MessageKey } from "./secret-tree.ts";

/** RFC 9420 section 6.3. */
export interface PrivateMessage {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly type: number;
  readonly authenticatedData: Uint8Array;
  readonly encryptedSenderData: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** RFC 9420 section 6.3.2. */
export interface SenderData {
  readonly leaf: number;
  readonly generation: number;
  readonly reuseGuard: Uint8Array;
}

const reuseGuardBytes = 4;

export function putPrivateMessage(to: Writer, message: PrivateMessage): void {
  putVector(to, message.groupId);
  putU64(to, message.epoch);
  putU8(to, message.type);
  putVector(to, message.authenticatedData);
  putVector(to, message.encryptedSenderData);
  putVector(to, message.ciphertext);
}

export function takePrivateMessage(from: Reader): PrivateMessage {
  const message = {
    groupId: takeVector(from),
    epoch: takeU64(from),
    type: takeU8(from),
    authenticatedData: takeVector(from),
    encryptedSenderData: takeVector(from),
    ciphertext: takeVector(from),
  };
  if (message.type < contentType.application || message.type > contentType.commit) {
    throw malformed(from, "unknown content type");
  }
  return message;
}

/** The PrivateMessage in an MLSMessage. Throws `malformed`, or `refused` for another wire format. */
export function readPrivateMessage(bytes: Uint8Array): PrivateMessage {
  const from = reader(bytes, "message");
  if (takeMessageHead(from) !== wireFormat.privateMessage) {
    throw new Failure("refused", "message: is not a PrivateMessage");
  }
  return decode(takePrivateMessage, bytes.subarray(from.at), "PrivateMessage");
}

/** PrivateContentAAD (section 6.3.1); without the authenticated data it is the SenderDataAAD (6.3.2). */
function associatedData(
  message: Pick<PrivateMessage, "groupId" | "epoch" | "type">,
  authenticatedData: Uint8Array | null,
): Uint8Array {
  const to = writer(message.groupId.length + (authenticatedData?.length ?? 0) + 24);
  putVector(to, message.groupId);
  putU64(to, message.epoch);
  putU8(to, message.type);
  if (authenticatedData !== null) putVector(to, authenticatedData);
  return written(to);
}

/** Key and nonce for the sender data, from a sample of the ciphertext (section 6.3.2). */
export function senderDataKey(
  suite: Suite,
  senderDataSecret: Uint8Array,
  ciphertext: Uint8Array,
): MessageKey {
  const sample = ciphertext.subarray(0, suite.hashBytes);
  return {
    key: expandWithLabel(suite, senderDataSecret, "key", sample, suite.aead.keyBytes),
    nonce: expandWithLabel(suite, senderDataSecret, "nonce", sample, suite.aead.nonceBytes),
  };
}

/** The message nonce with the reuse guard over its first four octets (section 6.3.1). */
function guarded(nonce: Uint8Array, reuseGuard: Uint8Array): Uint8Array {
  const mixed = nonce.slice();
  for (let at = 0; at < reuseGuardBytes; at++) {
    mixed[at] = (mixed[at] as number) ^ (reuseGuard[at] as number);
  }
  return mixed;
}

/**
 * Encrypts an authenticated content of a member (section 6.3). The MLS padding stays empty: frames
 * are padded outside (DESIGN section 3). Returns the encoded MLSMessage.
 */
export function sealPrivateMessage(
  suite: Suite,
  senderDataSecret: Uint8Array,
  use: {
    readonly message: AuthenticatedContent;
    readonly leaf: number;
    readonly generation: number;
    readonly key: MessageKey;
    readonly random: Random;
  },
): Uint8Array {
  const { content, signature, confirmationTag } = use.message;
  const plaintext = writer(content.body.length + signature.length + 80);
  putBytes(plaintext, content.body);
  putAuth(plaintext, { signature, confirmationTag });

  const reuseGuard = use.random(reuseGuardBytes);
  const aad = associatedData(content, content.authenticatedData);
  const nonce = guarded(use.key.nonce, reuseGuard);
  const ciphertext = suite.aead.seal(use.key.key, nonce, aad, written(plaintext));

  const senderData = writer(12);
  putU32(senderData, use.leaf);
  putU32(senderData, use.generation);
  putBytes(senderData, reuseGuard);
  const outer = senderDataKey(suite, senderDataSecret, ciphertext);
  const encryptedSenderData = suite.aead.seal(
    outer.key,
    outer.nonce,
    associatedData(content, null),
    written(senderData),
  );

  const to = writer(ciphertext.length + content.authenticatedData.length + 128);
  putMessageHead(to, wireFormat.privateMessage);
  putPrivateMessage(to, {
    groupId: content.groupId,
    epoch: content.epoch,
    type: content.type,
    authenticatedData: content.authenticatedData,
    encryptedSenderData,
    ciphertext,
  });
  return to.bytes.slice(0, to.size);
}

/** Who sent a message, and by which generation. Throws `integrity` or `malformed`. */
export function openSenderData(
  suite: Suite,
  senderDataSecret: Uint8Array,
  message: PrivateMessage,
): SenderData {
  const { key, nonce } = senderDataKey(suite, senderDataSecret, message.ciphertext);
  const aad = associatedData(message, null);
  const plaintext = suite.aead.open(key, nonce, aad, message.encryptedSenderData);
  wipe(key, nonce);
  if (plaintext === null) throw new Failure("integrity", "message: sender data does not open");
  const take = (from: Reader): SenderData => ({
    leaf: takeU32(from),
    generation: takeU32(from),
    reuseGuard: takeBytes(from, reuseGuardBytes),
  });
  return decode(take, plaintext, "sender data");
}

/**
 * Opens the content with the sender's key. Its signature is yet to be checked. Throws `integrity`, or
 * `malformed` for an undecodable content or padding that is not zero.
 */
export function openPrivateMessage(
  suite: Suite,
  message: PrivateMessage,
  sender: SenderData,
  key: MessageKey,
): { message: AuthenticatedContent; content: Content } {
  const nonce = guarded(key.nonce, sender.reuseGuard);
  const aad = associatedData(message, message.authenticatedData);
  const plaintext = suite.aead.open(key.key, nonce, aad, message.ciphertext);
  wipe(nonce);
  if (plaintext === null) throw new Failure("integrity", "message: content does not open");
  const from = reader(plaintext, "PrivateMessage content");
  const { content, body } = takeContent(from, message.type);
  const auth = takeAuth(from, message.type);
  for (let at = from.at; at < plaintext.length; at++) {
    if (plaintext[at] !== 0) throw malformed(from, "padding is not zero");
  }
  const { groupId, epoch, type, authenticatedData } = message;
  return {
    content,
    message: {
      wireFormat: wireFormat.privateMessage,
      content: {
        groupId,
        epoch,
        sender: { kind: "member", leaf: sender.leaf },
        authenticatedData,
        type,
        body,
      },
      ...auth,
    },
  };
}
