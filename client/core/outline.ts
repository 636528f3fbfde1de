import { ready } from "#client/crypto/sodium.ts";
import { peek } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";

/** One fact about some bytes: its name and its value. */
export type Fact = readonly [name: string, value: string | number];

/**
 * What an MLSMessage of a group shows to whoever holds its bytes and no key (RFC 9420 section 6).
 * Failures: `malformed`; `refused` for a Welcome, a GroupInfo or a KeyPackage.
 */
export function outlineMessage(bytes: Uint8Array): readonly Fact[] {
  const { wireFormat, groupId, epoch, contentType } = peek(bytes);
  return [
    ["bytes", bytes.length],
    ["wire format", wireFormat],
    ["group id", hex(groupId)],
    ["epoch", epoch.toString()],
    ["content type", contentType],
  ];
}

/** Readies the decoders that check hashes. Failure `unavailable`. */
export const readyToOutline: () => Promise<void> = ready;

/** What a frame shows without its key; null when these bytes are no frame (client/core/frame.ts draws one). */
export function outlineFrame(bytes: Uint8Array): readonly Fact[] | null {
  const { frameBytesMin, frameBytesMax } = limits;
  const sized = bytes.length >= frameBytesMin && bytes.length <= frameBytesMax;
  if (!sized || (bytes.length & (bytes.length - 1)) !== 0) return null;
  if (bytes[0] !== limits.version) return null;
  return [
    ["version", limits.version],
    ["bytes", bytes.length],
    ["nonce", hex(bytes.subarray(1, 25))],
    ["sealed", `${bytes.length - 25} bytes of XChaCha20-Poly1305; padding is inside`],
  ];
}
