import { equalSecret } from "#client/crypto/hash.ts";
import type { Suite } from "#client/crypto/suite.ts";
import { concat } from "#shared/bytes.ts";
import { encode, putU16, putVector, writer, written } from "./codec.ts";
import { type AuthenticatedContent, putFramedContent } from "./framing.ts";

/** confirmed_transcript_hash after a commit (RFC 9420 section 8.2). */
export function confirmedTranscriptHash(
  suite: Suite,
  interimBefore: Uint8Array,
  commit: AuthenticatedContent,
): Uint8Array {
  const input = writer(commit.content.body.length + 512);
  putU16(input, commit.wireFormat);
  putFramedContent(input, commit.content);
  putVector(input, commit.signature);
  return suite.hash(concat(interimBefore, written(input)));
}

/** interim_transcript_hash of an epoch (section 8.2). */
export function interimTranscriptHash(
  suite: Suite,
  confirmed: Uint8Array,
  confirmationTag: Uint8Array,
): Uint8Array {
  return suite.hash(concat(confirmed, encode(putVector, confirmationTag)));
}

/** MAC(confirmation_key, confirmed_transcript_hash) (section 6.1). */
export function confirmationTag(
  suite: Suite,
  confirmationKey: Uint8Array,
  confirmed: Uint8Array,
): Uint8Array {
  return suite.mac(confirmationKey, confirmed);
}

export function confirmationTagHolds(
  suite: Suite,
  confirmationKey: Uint8Array,
  confirmed: Uint8Array,
  tag: Uint8Array,
): boolean {
  return equalSecret(confirmationTag(suite, confirmationKey, confirmed), tag);
}
