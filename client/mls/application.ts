import { wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import { assert, Failure } from "#shared/failure.ts";
import { decode, putVector, reader, writer, written } from "./codec.ts";
import type { Advanced } from "./commit-apply.ts";
import {
  checkDestination,
  checkSignature,
  contentType,
  type FramedContent,
  signContent,
  takeMessageHead,
  wireFormat,
} from "./framing.ts";
import {
  openPrivateMessage,
  openSenderData,
  readPrivateMessage,
  sealPrivateMessage,
} from "./private-message.ts";
import { takePublicMessage } from "./public-message.ts";
import { type Drawn, drawKey, nextKey, ratchetSecretsOf } from "./secret-tree.ts";
import type { Group, PastEpoch } from "./state.ts";
import { leafAt } from "./tree.ts";

/** An encrypted application message, and the generation it used. */
export interface Protected extends Advanced {
  /** MLSMessage with a PrivateMessage. */
  readonly message: Uint8Array;
  readonly generation: number;
}

/** A decrypted application message; `reader` has consumed its key. */
export interface Unprotected<State extends Group | PastEpoch> {
  readonly reader: State;
  readonly sender: number;
  readonly generation: number;
  readonly data: Uint8Array;
  readonly authenticatedData: Uint8Array;
  readonly spent: readonly Uint8Array[];
}

const application = contentType.application;
const privateMessage = wireFormat.privateMessage;

/** Signs and encrypts application data (RFC 9420 section 15). `authenticatedData` travels in clear. */
export function protect(
  group: Group,
  data: Uint8Array,
  authenticatedData: Uint8Array,
  random: Random,
): Protected {
  const { suite, state, ownLeaf } = group;
  const body = writer(data.length + 4);
  putVector(body, data);
  const content: FramedContent = {
    groupId: group.groupId,
    epoch: group.epoch,
    sender: { kind: "member", leaf: ownLeaf },
    authenticatedData,
    type: application,
    body: written(body),
  };
  const context = state.encodedContext;
  const signature = signContent(suite, state.signatureSecret, privateMessage, content, context);
  const drawn = nextKey(suite, group.secretTree, group.chains, ownLeaf);
  const sealed = sealPrivateMessage(suite, state.secrets.senderData, {
    message: { wireFormat: privateMessage, content, signature, confirmationTag: null },
    leaf: ownLeaf,
    generation: drawn.generation,
    key: drawn.key,
    random,
  });
  return {
    group: { ...group, secretTree: drawn.secretTree, chains: drawn.chains },
    message: sealed,
    generation: drawn.generation,
    spent: drawn.spent,
  };
}

/**
 * Decrypts an application message of this or a past epoch and checks its signature; only then is its
 * key consumed, in the returned reader. Throws `malformed`, `integrity`, or `refused` for another
 * epoch, a sender who is no member, a generation used before or too far ahead.
 */
export function unprotect<State extends Group | PastEpoch>(
  state: State,
  bytes: Uint8Array,
): Unprotected<State> {
  const { suite } = state;
  const message = readPrivateMessage(bytes);
  checkDestination(message, state);
  if (message.type !== application) {
    throw new Failure("refused", "message: is not application data");
  }
  const sender = openSenderData(suite, senderDataSecret(state), message);
  const signatureKey = signatureKeyOf(state, sender.leaf);
  if (signatureKey === null) throw new Failure("refused", "message: its sender is not a member");
  const drawn = drawKey(suite, state.secretTree, state.chains, sender);
  let opened: ReturnType<typeof openPrivateMessage>;
  try {
    opened = openPrivateMessage(suite, message, sender, drawn.key);
    checkSignature(suite, signatureKey, opened.message, state.state.encodedContext);
  } catch (error) {
    undraw(state, drawn);
    throw error;
  }
  // The type was checked in the clear, where it is authenticated, and the content is read by it.
  assert(opened.content.type === application, "application data");
  return {
    reader: { ...state, secretTree: drawn.secretTree, chains: drawn.chains },
    sender: sender.leaf,
    generation: sender.generation,
    data: opened.content.data,
    authenticatedData: message.authenticatedData,
    spent: drawn.spent,
  };
}

/** Erases what was derived for a message that is not let in; what the state holds stays. */
function undraw({ secretTree, chains }: Group | PastEpoch, drawn: Drawn): void {
  const held = new Set(ratchetSecretsOf(secretTree, chains));
  const derived = [...drawn.spent, ...ratchetSecretsOf(drawn.secretTree, drawn.chains)];
  wipe(...derived.filter((secret) => !held.has(secret)));
}

function senderDataSecret(state: Group | PastEpoch): Uint8Array {
  return state.kind === "group" ? state.state.secrets.senderData : state.state.senderDataSecret;
}

function signatureKeyOf(state: Group | PastEpoch, leaf: number): Uint8Array | null {
  if (state.kind === "past") return state.state.signatureKeys.get(leaf) ?? null;
  return leafAt(state.state.tree, leaf)?.signatureKey ?? null;
}

/** What a message shows without a key: where it belongs. Throws `malformed` or `refused`. */
export function peek(bytes: Uint8Array): {
  readonly wireFormat: number;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly contentType: "application" | "proposal" | "commit";
} {
  const from = reader(bytes, "message");
  const format = takeMessageHead(from);
  const rest = bytes.subarray(from.at);
  if (format !== wireFormat.privateMessage && format !== wireFormat.publicMessage) {
    throw new Failure("refused", "message: belongs to no epoch");
  }
  const { groupId, epoch, type } =
    format === wireFormat.privateMessage
      ? readPrivateMessage(bytes)
      : decode(takePublicMessage, rest, "PublicMessage").message.content;
  const names = ["application", "proposal", "commit"] as const;
  const name = names[type - 1];
  if (name === undefined) throw new Failure("malformed", "message: unknown content type");
  return { wireFormat: format, groupId, epoch, contentType: name };
}
