import { wipe } from "#client/crypto/hash.ts";
import { Failure } from "#shared/failure.ts";
import { decode, type Reader, reader, takeList, takeVector } from "./codec.ts";
import { extensionType, findExtension } from "./extension.ts";
import {
  type AuthenticatedContent,
  type Content,
  checkDestination,
  checkSignature,
  contentType,
  type Sender,
  takeMessageHead,
  wireFormat,
} from "./framing.ts";
import { takeCredential } from "./leaf-node.ts";
import { openPrivateMessage, openSenderData, takePrivateMessage } from "./private-message.ts";
import { checkMembership, takePublicMessage } from "./public-message.ts";
import { handshakeKey } from "./secret-tree.ts";
import type { Group } from "./state.ts";
import { leafAt } from "./tree.ts";

/** A proposal or commit whose sender is authenticated. Generation is null for a PublicMessage. */
export interface Handshake {
  readonly message: AuthenticatedContent;
  readonly content: Content;
  readonly generation: number | null;
}

/**
 * Opens a proposal or commit and checks its signature, without changing or consuming anything (see
 * secret-tree.ts, handshakeKey). Throws `malformed`, `refused` or `integrity`.
 */
export function openHandshake(group: Group, bytes: Uint8Array): Handshake {
  // The result holds views, so a caller who reuses the buffer must not change it.
  const from = reader(bytes.slice(), "message");
  const format = takeMessageHead(from);
  const rest = from.bytes.subarray(from.at);
  const opened =
    format === wireFormat.privateMessage
      ? openPrivate(group, rest)
      : openPublic(group, format, rest);
  const { message, content } = opened;
  if (message.content.type === contentType.application) {
    throw new Failure("refused", "message: is not a handshake message");
  }
  const key = senderKey(group, message.content.sender, content);
  checkSignature(group.suite, key, message, group.state.encodedContext);
  return opened;
}

function openPrivate(group: Group, bytes: Uint8Array): Handshake {
  const { suite, state } = group;
  const message = decode(takePrivateMessage, bytes, "PrivateMessage");
  checkDestination(message, group);
  if (message.type === contentType.application) {
    throw new Failure("refused", "message: is not a handshake message");
  }
  const sender = openSenderData(suite, state.secrets.senderData, message);
  if (leafAt(state.tree, sender.leaf) === null) {
    throw new Failure("refused", "message: its sender is not a member");
  }
  const key = handshakeKey(suite, group.secretTree, sender.leaf, sender.generation);
  try {
    return { ...openPrivateMessage(suite, message, sender, key), generation: sender.generation };
  } finally {
    wipe(key.key, key.nonce);
  }
}

function openPublic(group: Group, format: number, bytes: Uint8Array): Handshake {
  if (format !== wireFormat.publicMessage || !group.rules.publicMessages) {
    throw new Failure("refused", "message: is not a PrivateMessage");
  }
  const value = decode(takePublicMessage, bytes, "PublicMessage");
  checkDestination(value.message.content, group);
  if (value.message.content.sender.kind === "member") {
    const membership = group.state.secrets.membership;
    if (membership === null) throw new Failure("refused", "PublicMessage: no membership key");
    checkMembership(group.suite, membership, value, group.state.encodedContext);
  } else if (!group.rules.externalSenders) {
    throw new Failure("refused", "message: comes from outside the group");
  }
  return { message: value.message, content: value.content, generation: null };
}

/** The key that section 6.1 names for each kind of sender. */
function senderKey(group: Group, sender: Sender, content: Content): Uint8Array {
  if (sender.kind === "member") {
    const leaf = leafAt(group.state.tree, sender.leaf);
    if (leaf === null) throw new Failure("refused", "message: its sender is not a member");
    return leaf.signatureKey;
  }
  if (sender.kind === "new-member-commit") {
    if (content.type === contentType.commit && content.commit.path !== null) {
      return content.commit.path.leaf.signatureKey;
    }
  } else if (content.type === contentType.proposal) {
    const { proposal } = content;
    if (sender.kind === "external") {
      if (proposal.kind !== "update" && proposal.kind !== "external-init") {
        return externalSenderKey(group, sender.index);
      }
    } else if (proposal.kind === "add") return proposal.keyPackage.leaf.signatureKey;
  }
  throw new Failure("refused", "message: its sender may not send this");
}

/** Section 12.1.8.1. */
function externalSenderKey(group: Group, index: number): Uint8Array {
  const data = findExtension(group.extensions, extensionType.externalSenders);
  if (data === null) throw new Failure("refused", "message: the group has no external senders");
  const takeSender = (from: Reader): Uint8Array => {
    const key = takeVector(from);
    takeCredential(from);
    return key;
  };
  const keys = decode((from) => takeList(from, takeSender), data, "external senders");
  const key = keys[index];
  if (key === undefined) throw new Failure("refused", "message: unknown external sender");
  return key;
}
