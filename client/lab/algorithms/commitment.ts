import { sha256 } from "#client/crypto/hash.ts";
import { hex, utf8 } from "#shared/bytes.ts";

/**
 * What a member may publish of a text without publishing it: SHA-256 over a label, the message's random id
 * of 16 octets, which hides short texts, who said it, and the text. Lower-case hex.
 */
export function commitmentOf(said: {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}): string {
  const { id, from, text } = said;
  return hex(sha256(utf8(`Backchannel lab commitment\0${JSON.stringify([id, from, text])}`)));
}
