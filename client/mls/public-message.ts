import { equalSecret } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { Failure } from "#shared/failure.ts";
import {
  putBytes,
  putVector,
  type Reader,
  takeVector,
  type Writer,
  writer,
  written,
} from "./codec.ts";
import {
  type AuthenticatedContent,
  type Content,
  contentType,
  framedContentTbs,
  putAuth,
  putFramedContent,
  takeAuth,
  takeFramedContent,
  wireFormat,
} from "./framing.ts";

/** RFC 9420 section 6.2. Channels refuse it; the official vectors and the oracle use it. */
export interface PublicMessage {
  readonly message: AuthenticatedContent;
  readonly content: Content;
  readonly membershipTag: Uint8Array | null;
}

export function putPublicMessage(
  to: Writer,
  value: Pick<PublicMessage, "message" | "membershipTag">,
): void {
  putFramedContent(to, value.message.content);
  putAuth(to, value.message);
  if (value.membershipTag !== null) putVector(to, value.membershipTag);
}

export function takePublicMessage(from: Reader): PublicMessage {
  const { framed, content } = takeFramedContent(from);
  const auth = takeAuth(from, framed.type);
  const membershipTag = framed.sender.kind === "member" ? takeVector(from) : null;
  const message = { wireFormat: wireFormat.publicMessage, content: framed, ...auth };
  return { message, content, membershipTag };
}

/** MAC over AuthenticatedContentTBM (section 6.2). Application data is never sent this way. */
export function membershipTag(
  suite: Suite,
  membershipKey: Uint8Array,
  message: AuthenticatedContent,
  encodedContext: Uint8Array,
): Uint8Array {
  if (message.content.type === contentType.application) {
    throw new Failure("refused", "PublicMessage: application data must be encrypted");
  }
  const tbs = framedContentTbs(message.wireFormat, message.content, encodedContext);
  const to = writer(tbs.length + 256);
  putBytes(to, tbs);
  putAuth(to, message);
  return suite.mac(membershipKey, written(to));
}

/** Checks a member's membership tag. Throws `integrity`. */
export function checkMembership(
  suite: Suite,
  membershipKey: Uint8Array,
  value: PublicMessage,
  encodedContext: Uint8Array,
): void {
  const tag = membershipTag(suite, membershipKey, value.message, encodedContext);
  if (value.membershipTag === null || !equalSecret(tag, value.membershipTag)) {
    throw new Failure("integrity", "PublicMessage: membership tag does not verify");
  }
}
