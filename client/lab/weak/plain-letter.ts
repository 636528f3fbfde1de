import type { LetterSeal } from "#client/core/letter.ts";
import { open, seal } from "#client/crypto/seal.ts";

/** WEAK: XChaCha20-Poly1305 alone, which does not bind its key: one box may open under two. */
export const plainSeal: LetterSeal = { seal, open };

/** The shortest run of printable octets that counts as text. */
const lineBytesMin = 12;

/**
 * WEAK: reads like a viewer that shows what it can and skips the rest: lines of printable ASCII. The
 * product's letters are UTF-8 from end to end or nothing.
 */
export function readableLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  let line = "";
  const end = () => {
    if (line.length >= lineBytesMin) lines.push(line);
    line = "";
  };
  let isClean = true;
  for (const octet of bytes) {
    if (octet === 0x0a) {
      if (isClean) end();
      line = "";
      isClean = true;
    } else if (octet >= 0x20 && octet < 0x7f) line += String.fromCharCode(octet);
    else isClean = false;
  }
  if (isClean) end();
  return lines.join("\n");
}
