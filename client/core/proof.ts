import { signingKeyPair } from "#client/crypto/signing.ts";
import { suiteOf } from "#client/crypto/suite.ts";
import {
  decode,
  encode,
  putVector,
  reader,
  takeVector,
  writer,
  written,
} from "#client/mls/codec.ts";
import {
  type AuthenticatedContent,
  checkSignature,
  contentType,
  putAuthenticatedContent,
  signContent,
  takeAuthenticatedContent,
  wireFormat,
} from "#client/mls/framing.ts";
import { takeGroupContext } from "#client/mls/group-context.ts";
import { hex, unhex } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { headBytes } from "./chain.ts";
import { composeBody, messageIdBytes, parseBody } from "./message.ts";
import type { Random } from "./ports.ts";

/** What an insider hands on of one message: enough to check it without him. All octets as lower-case hex. */
export interface Proof {
  readonly suite: number;
  /** Public signature key of the author's leaf. */
  readonly key: string;
  /** The epoch's encoded GroupContext, which every signature covers. */
  readonly context: string;
  /** AuthenticatedContent (RFC 9420 section 6): who said what in which epoch, and the signature. */
  readonly content: string;
}

/** What a proof that is none fails with; anything else is a fault of ours. */
const refusals: ReadonlySet<string> = new Set(["malformed", "integrity", "refused"]);

/** What a proof shows. */
export interface Proven {
  readonly id: string;
  readonly text: string;
  readonly epoch: number;
  /** Head of the epoch before, as its author names it, lower-case hex: who was there all name the same. */
  readonly previous: string | null;
}

/** What was said, if the author's key signed it; null otherwise. */
export function readProof(proof: Proof): Proven | null {
  try {
    const signed = contentOf(proof);
    const [key, context] = [unhex(proof.key), unhex(proof.context)];
    if (key === null || context === null) return null;
    checkSignature(suiteOf(proof.suite), key, signed, context);
    const body = parseBody(decode(takeVector, signed.content.body, "application data"));
    if (body.content.kind !== "text") return null;
    const previous = body.previous === null ? null : hex(body.previous);
    const epoch = Number(signed.content.epoch);
    return { id: hex(body.id), text: body.content.text, epoch, previous };
  } catch (error) {
    const isOfProof = error instanceof Failure && refusals.has(error.code);
    if (!isOfProof) throw error;
    return null;
  }
}

/** A proof of a content that was opened. */
export function writeProof(parts: {
  readonly suite: number;
  readonly key: Uint8Array;
  readonly context: Uint8Array;
  readonly message: AuthenticatedContent;
}): Proof {
  const to = writer(parts.message.content.body.length + 256);
  putAuthenticatedContent(to, parts.message);
  const { suite, key, context } = parts;
  return { suite, key: hex(key), context: hex(context), content: hex(written(to)) };
}

/**
 * A proof that a seat said a text in an epoch, made by somebody else with its released key: it verifies like
 * a true one. Ids, count and heads are drawn: whoever was there knows better, and so does who has several true
 * lines of that epoch, which all name one head of the epoch before. `forgeProof` keeps those of a true line.
 */
export function makeProof(parts: {
  readonly suite: number;
  readonly leaf: number;
  readonly seed: Uint8Array;
  /** The encoded GroupContext of the epoch. */
  readonly context: Uint8Array;
  readonly text: string;
  readonly random: Random;
}): Proof {
  const { leaf, seed, context, text, random } = parts;
  const { groupId, epoch } = decode(takeGroupContext, context, "group context");
  const [low = 0, high = 0] = random(2);
  const body = composeBody({
    v: limits.version,
    id: random(messageIdBytes),
    counter: 1 + (low & 63),
    seen: { position: high & 63, head: random(headBytes) },
    previous: random(headBytes),
    content: { kind: "text", text },
  });
  const content = {
    groupId,
    epoch,
    sender: { kind: "member", leaf },
    authenticatedData: new Uint8Array(0),
    type: contentType.application,
    body: encode(putVector, body),
  } as const;
  const { publicKey, secretKey } = signingKeyPair(seed);
  const format = wireFormat.privateMessage;
  const signature = signContent(suiteOf(parts.suite), secretKey, format, content, context);
  secretKey.fill(0);
  const message = { wireFormat: format, content, signature, confirmationTag: null };
  return writeProof({ suite: parts.suite, key: publicKey, context, message });
}

/**
 * The same proof of another text: signed with the author's secret key where the forger has it, under the
 * signature of the true text where he has not.
 */
export function forgeProof(proof: Proof, text: string, secretKey: Uint8Array | null): Proof {
  const signed = contentOf(proof);
  const context = unhex(proof.context);
  assert(context !== null, "a proof that was written here");
  const body = parseBody(decode(takeVector, signed.content.body, "application data"));
  const to = writer(text.length + 256);
  putVector(to, composeBody({ ...body, content: { kind: "text", text } }));
  const content = { ...signed.content, body: written(to) };
  const suite = suiteOf(proof.suite);
  const signature =
    secretKey === null
      ? signed.signature
      : signContent(suite, secretKey, signed.wireFormat, content, context);
  const message = { ...signed, content, signature };
  const again = writer(content.body.length + 256);
  putAuthenticatedContent(again, message);
  return { ...proof, content: hex(written(again)) };
}

function contentOf(proof: Proof): AuthenticatedContent {
  const bytes = unhex(proof.content);
  if (bytes === null) throw new Failure("malformed", "proof: content is not hex");
  const from = reader(bytes, "proof");
  const message = takeAuthenticatedContent(from);
  if (from.at !== bytes.length) throw new Failure("malformed", "proof: octets are left over");
  return message;
}
