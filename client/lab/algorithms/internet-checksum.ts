import { concat } from "#shared/bytes.ts";

/**
 * The Internet checksum (RFC 1071): the complement of the sum of 16-bit words, network order, in one's
 * complement. Over bytes that hold their own right checksum it is 0.
 */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }
  // An odd octet at the end counts as if a zero followed.
  if (bytes.length % 2 === 1) sum += (bytes[bytes.length - 1] as number) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** The checksum of a TCP segment: over source and destination (4 octets each), protocol, length, segment. */
export function tcpChecksum(
  addresses: { readonly source: Uint8Array; readonly destination: Uint8Array },
  segment: Uint8Array,
): number {
  const { source, destination } = addresses;
  const tail = Uint8Array.of(0, 6, segment.length >> 8, segment.length & 0xff);
  return internetChecksum(concat(source, destination, tail, segment));
}
