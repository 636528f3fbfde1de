import { concat } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { internetChecksum, tcpChecksum } from "./algorithms/internet-checksum.ts";

/** One end of a connection: dotted decimal, and port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Turns what happens on one connection into the Ethernet frames that a tap sees, in order. */
export interface TcpStream {
  /** The three frames of the handshake. */
  open(): Uint8Array[];
  /** Segments of at most 1,460 octets, then the other side's acknowledgement of them all. */
  send(from: "client" | "server", payload: Uint8Array): Uint8Array[];
  /** Both sides finish, the named one first. */
  close(from: "client" | "server"): Uint8Array[];
}

const segmentBytesMax = 1_460;
const [fin, syn, push, acknowledge] = [1, 2, 8, 16];

/** A connection whose sides begin to count at the given numbers (RFC 9293). Nothing is lost on this line. */
export function tcpStream(
  ends: { readonly client: Endpoint; readonly server: Endpoint },
  initial: { readonly client: number; readonly server: number },
): TcpStream {
  const next = { client: initial.client >>> 0, server: initial.server >>> 0 };
  const frame = (
    from: "client" | "server",
    flags: number,
    payload: Uint8Array = new Uint8Array(),
  ) => {
    const to = from === "client" ? "server" : "client";
    const seq = next[from];
    const counted = payload.length + ((flags & (syn | fin)) === 0 ? 0 : 1);
    next[from] = (seq + counted) >>> 0;
    const ack = (flags & acknowledge) === 0 ? 0 : next[to];
    return ethernet(ends[from], ends[to], segmentOf(ends, from, { seq, ack, flags, payload }));
  };
  return {
    open: () => [
      frame("client", syn),
      frame("server", syn | acknowledge),
      frame("client", acknowledge),
    ],
    send(from, payload) {
      const frames: Uint8Array[] = [];
      for (let at = 0; at < payload.length; at += segmentBytesMax) {
        const part = payload.subarray(at, at + segmentBytesMax);
        const isLast = at + segmentBytesMax >= payload.length;
        frames.push(frame(from, acknowledge | (isLast ? push : 0), part));
      }
      return [...frames, frame(from === "client" ? "server" : "client", acknowledge)];
    },
    close(from) {
      const other = from === "client" ? "server" : "client";
      return [
        frame(from, fin | acknowledge),
        frame(other, fin | acknowledge),
        frame(from, acknowledge),
      ];
    },
  };
}

function segmentOf(
  ends: { readonly client: Endpoint; readonly server: Endpoint },
  from: "client" | "server",
  parts: { seq: number; ack: number; flags: number; payload: Uint8Array },
): Uint8Array {
  const to = from === "client" ? "server" : "client";
  const head = new Uint8Array(20);
  const fields = new DataView(head.buffer);
  fields.setUint16(0, ends[from].port);
  fields.setUint16(2, ends[to].port);
  fields.setUint32(4, parts.seq);
  fields.setUint32(8, parts.ack);
  fields.setUint8(12, 5 << 4);
  fields.setUint8(13, parts.flags);
  fields.setUint16(14, 0xffff);
  const segment = concat(head, parts.payload);
  const source = octetsOf(ends[from].address);
  const destination = octetsOf(ends[to].address);
  const sum = tcpChecksum({ source, destination }, segment);
  new DataView(segment.buffer).setUint16(16, sum);
  return segment;
}

/** Ethernet and IPv4 around a segment; a card's address is made of its network address. */
function ethernet(from: Endpoint, to: Endpoint, segment: Uint8Array): Uint8Array {
  const [source, destination] = [octetsOf(from.address), octetsOf(to.address)];
  const head = new Uint8Array(20);
  const fields = new DataView(head.buffer);
  fields.setUint8(0, 0x45);
  fields.setUint16(2, 20 + segment.length);
  // Never in fragments; without an identification then (RFC 6864).
  fields.setUint16(6, 0x4000);
  fields.setUint8(8, 64);
  fields.setUint8(9, 6);
  head.set(source, 12);
  head.set(destination, 16);
  fields.setUint16(10, internetChecksum(head));
  const local = Uint8Array.of(2, 0);
  return concat(local, destination, local, source, Uint8Array.of(8, 0), head, segment);
}

function octetsOf(address: string): Uint8Array {
  const octets = address.split(".").map(Number);
  const isWhole = octets.every((octet) => Number.isInteger(octet) && octet >= 0 && octet <= 255);
  assert(octets.length === 4 && isWhole, "an address is four octets");
  return Uint8Array.from(octets);
}
