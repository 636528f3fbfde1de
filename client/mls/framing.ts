import type { Suite } from "#client/crypto/suite.ts";
import { equalBytes } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import {
  malformed,
  putBytes,
  putU8,
  putU16,
  putU32,
  putU64,
  putVector,
  type Reader,
  takeU8,
  takeU16,
  takeU32,
  takeU64,
  takeVector,
  type Writer,
  writer,
  written,
} from "./codec.ts";
import { type Commit, takeCommit } from "./commit-codec.ts";
import { mls10, takeVersion } from "./group-context.ts";
import { signWithLabel, verifyWithLabel } from "./labelled.ts";
import { type Proposal, takeProposal } from "./proposal.ts";

/** WireFormat (RFC 9420 section 17.2). */
export const wireFormat = {
  publicMessage: 1,
  privateMessage: 2,
  welcome: 3,
  groupInfo: 4,
  keyPackage: 5,
} as const;

/** ContentType (section 6). */
export const contentType = { application: 1, proposal: 2, commit: 3 } as const;

/** Sender (section 6). Channels know members only. */
export type Sender =
  | { readonly kind: "member"; readonly leaf: number }
  | { readonly kind: "external"; readonly index: number }
  | { readonly kind: "new-member-proposal" }
  | { readonly kind: "new-member-commit" };

export type Content =
  | { readonly type: 1; readonly data: Uint8Array }
  | { readonly type: 2; readonly proposal: Proposal }
  | { readonly type: 3; readonly commit: Commit };

/** FramedContent (section 6). `body` is the content's encoding as it was sent or is to be sent. */
export interface FramedContent {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly sender: Sender;
  readonly authenticatedData: Uint8Array;
  readonly type: number;
  readonly body: Uint8Array;
}

/** AuthenticatedContent (section 6). The tag is null for anything but a commit. */
export interface AuthenticatedContent {
  readonly wireFormat: number;
  readonly content: FramedContent;
  readonly signature: Uint8Array;
  readonly confirmationTag: Uint8Array | null;
}

const senderCode = {
  member: 1,
  external: 2,
  "new-member-proposal": 3,
  "new-member-commit": 4,
} as const;

function putSender(to: Writer, sender: Sender): void {
  putU8(to, senderCode[sender.kind]);
  if (sender.kind === "member") putU32(to, sender.leaf);
  else if (sender.kind === "external") putU32(to, sender.index);
}

function takeSender(from: Reader): Sender {
  const code = takeU8(from);
  if (code === 1) return { kind: "member", leaf: takeU32(from) };
  if (code === 2) return { kind: "external", index: takeU32(from) };
  if (code === 3) return { kind: "new-member-proposal" };
  if (code === 4) return { kind: "new-member-commit" };
  throw malformed(from, "unknown sender type");
}

/** Reads a content of a known type and returns it with the bytes it was read from. */
export function takeContent(from: Reader, type: number): { content: Content; body: Uint8Array } {
  const start = from.at;
  const content = takeContentOf(from, type);
  return { content, body: from.bytes.subarray(start, from.at) };
}

function takeContentOf(from: Reader, type: number): Content {
  if (type === contentType.application) return { type, data: takeVector(from) };
  if (type === contentType.proposal) return { type, proposal: takeProposal(from) };
  if (type === contentType.commit) return { type, commit: takeCommit(from) };
  throw malformed(from, "unknown content type");
}

export function putFramedContent(to: Writer, content: FramedContent): void {
  putVector(to, content.groupId);
  putU64(to, content.epoch);
  putSender(to, content.sender);
  putVector(to, content.authenticatedData);
  putU8(to, content.type);
  putBytes(to, content.body);
}

export function takeFramedContent(from: Reader): { framed: FramedContent; content: Content } {
  const groupId = takeVector(from);
  const epoch = takeU64(from);
  const sender = takeSender(from);
  const authenticatedData = takeVector(from);
  const type = takeU8(from);
  const { content, body } = takeContent(from, type);
  return { framed: { groupId, epoch, sender, authenticatedData, type, body }, content };
}

/** FramedContentAuthData (section 6.1). */
export function putAuth(
  to: Writer,
  auth: { signature: Uint8Array; confirmationTag: Uint8Array | null },
): void {
  putVector(to, auth.signature);
  if (auth.confirmationTag !== null) putVector(to, auth.confirmationTag);
}

export function takeAuth(
  from: Reader,
  type: number,
): { signature: Uint8Array; confirmationTag: Uint8Array | null } {
  const signature = takeVector(from);
  return { signature, confirmationTag: type === contentType.commit ? takeVector(from) : null };
}

/** AuthenticatedContent, as references to proposals hash it. */
export function putAuthenticatedContent(to: Writer, value: AuthenticatedContent): void {
  putU16(to, value.wireFormat);
  putFramedContent(to, value.content);
  putAuth(to, value);
}

export function takeAuthenticatedContent(from: Reader): AuthenticatedContent {
  const format = takeU16(from);
  const { framed } = takeFramedContent(from);
  return { wireFormat: format, content: framed, ...takeAuth(from, framed.type) };
}

/** FramedContentTBS (section 6.1). Members and joiners sign the epoch's GroupContext too. */
export function framedContentTbs(
  format: number,
  content: FramedContent,
  encodedContext: Uint8Array,
): Uint8Array {
  const to = writer(content.body.length + encodedContext.length + 256);
  putU16(to, mls10);
  putU16(to, format);
  putFramedContent(to, content);
  const { kind } = content.sender;
  if (kind === "member" || kind === "new-member-commit") putBytes(to, encodedContext);
  return written(to);
}

/** Signs a content (section 6.1). */
export function signContent(
  suite: Suite,
  secretKey: Uint8Array,
  format: number,
  content: FramedContent,
  encodedContext: Uint8Array,
): Uint8Array {
  const tbs = framedContentTbs(format, content, encodedContext);
  return signWithLabel(suite, secretKey, "FramedContentTBS", tbs);
}

/** Checks a content's signature. Throws `integrity`. */
export function checkSignature(
  suite: Suite,
  publicKey: Uint8Array,
  message: AuthenticatedContent,
  encodedContext: Uint8Array,
): void {
  const tbs = framedContentTbs(message.wireFormat, message.content, encodedContext);
  if (!verifyWithLabel(suite, publicKey, "FramedContentTBS", tbs, message.signature)) {
    throw new Failure("integrity", "message: signature does not verify");
  }
}

/** MLSMessage: version and wire format in front of a body. */
export function putMessageHead(to: Writer, format: number): void {
  putU16(to, mls10);
  putU16(to, format);
}

export function takeMessageHead(from: Reader): number {
  takeVersion(from);
  return takeU16(from);
}

/** Refuses a message of another group or epoch. Throws `refused`. */
export function checkDestination(
  message: { readonly groupId: Uint8Array; readonly epoch: bigint },
  here: { readonly groupId: Uint8Array; readonly epoch: bigint },
): void {
  if (message.epoch !== here.epoch) {
    throw new Failure("refused", `message: is of epoch ${message.epoch}, not ${here.epoch}`);
  }
  if (!equalBytes(message.groupId, here.groupId)) {
    throw new Failure("refused", "message: is of another group");
  }
}
