import { Failure } from "#shared/failure.ts";
import { internetChecksum, tcpChecksum } from "../algorithms/internet-checksum.ts";

/** What a wire shows of one TCP segment; what it carries is cipher text. */
export interface Packet {
  /** Dotted decimal. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: { readonly syn: boolean; readonly fin: boolean; readonly ack: boolean };
  readonly payload: Uint8Array;
}

/**
 * Reads an Ethernet frame with a whole IPv4 packet with a TCP segment (RFC 791, RFC 9293). Failure
 * `malformed` for every other, for a wrong checksum and for octets beyond what the lengths say.
 */
export function decodePacket(frame: Uint8Array): Packet {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 14 + 20 || view.getUint16(12) !== 0x0800) fail("not IPv4 on Ethernet");
  const ip = frame.subarray(14);
  if (frame[14] !== 0x45) fail("another head than IPv4's of 20 octets");
  if (view.getUint16(16) !== ip.length) fail("another length than the packet says");
  if ((view.getUint16(20) & 0x3fff) !== 0) fail("a fragment");
  if (frame[23] !== 6) fail("not TCP");
  if (internetChecksum(ip.subarray(0, 20)) !== 0) fail("a wrong checksum of IPv4");
  const segment = ip.subarray(20);
  if (segment.length < 20) fail("a segment is cut off");
  const headBytes = ((frame[46] as number) >> 4) * 4;
  if (headBytes < 20 || headBytes > segment.length) fail("a TCP head of no possible length");
  const addresses = { source: ip.subarray(12, 16), destination: ip.subarray(16, 20) };
  if (tcpChecksum(addresses, segment) !== 0) fail("a wrong checksum of TCP");
  const flags = frame[47] as number;
  return {
    source: addresses.source.join("."),
    destination: addresses.destination.join("."),
    sourcePort: view.getUint16(34),
    destinationPort: view.getUint16(36),
    seq: view.getUint32(38),
    ack: view.getUint32(42),
    flags: { syn: (flags & 2) !== 0, fin: (flags & 1) !== 0, ack: (flags & 16) !== 0 },
    payload: segment.subarray(headBytes),
  };
}

function fail(what: string): never {
  throw new Failure("malformed", `packet: ${what}`);
}
