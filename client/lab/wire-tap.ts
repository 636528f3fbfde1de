import { randomBytes } from "node:crypto";
import type { Dialer } from "#client/core/ports.ts";
import { concat, utf8 } from "#shared/bytes.ts";
import type { Capture } from "./bundle.ts";
import { type CapturedFrame, encodePcapng } from "./pcapng.ts";
import { type TcpStream, tcpStream } from "./tcp-stream.ts";

/** Where every tapped line leads (RFC 5737): the relay's own address. */
export const relayEndpoint = { address: "203.0.113.7", port: 443 } as const;

/** One connection that a tapped line has carried. */
export interface TappedStream {
  readonly address: string;
  readonly port: number;
  readonly path: "socket" | "rendezvous";
}

/** Taps on people's lines: what passes, as frames on an Ethernet, with the clock's own times. */
export interface WireTap {
  /** A dialer whose connections are tapped at this network address. */
  dialer(address: string, inner: Dialer): Dialer;
  /** Every connection so far, in the order in which they were dialled. */
  readonly streams: readonly TappedStream[];
  /** A message that somebody puts on one of the open connections of a line, and that no client reads. */
  cover(address: string, messageBytes: number, pick: (open: number) => number): void;
  /** How many such messages passed. */
  covered(): number;
  /** What passed from a moment on: `wire/wire.pcapng`, one interface for each tapped line. */
  capture(id: string, fromMs?: number): Capture;
}

interface Connection extends TappedStream {
  readonly tcp: TcpStream;
  readonly tap: number;
  isOpen: boolean;
}

/** Ephemeral ports (RFC 6335) of one line; a line that dials more often begins anew. */
const ports = { first: 49_152, count: 16_384 };

/** Taps with the clock of their world. */
export function openWireTap(now: () => number): WireTap {
  const taps: string[] = [];
  const connections: Connection[] = [];
  const frames: CapturedFrame[] = [];
  let covers = 0;
  const add = ({ tap }: Connection, passed: readonly Uint8Array[]): void => {
    for (const bytes of passed) frames.push({ tap, atUs: Math.round(now() * 1_000), bytes });
  };
  const pass = (connection: Connection, from: "client" | "server", octets: number): void => {
    if (!connection.isOpen) return;
    const masked = from === "client" ? 4 : 0;
    add(connection, connection.tcp.send(from, records(webSocketBytes(octets) + masked)));
  };
  const dial = (address: string, path: Connection["path"]): Connection => {
    if (!taps.includes(address)) taps.push(address);
    const before = connections.filter((each) => each.address === address).length;
    const port = ports.first + (before % ports.count);
    const random = new DataView(new Uint8Array(randomBytes(8)).buffer);
    const initial = { client: random.getUint32(0), server: random.getUint32(4) };
    const tcp = tcpStream({ client: { address, port }, server: relayEndpoint }, initial);
    const connection = { address, port, path, tcp, tap: taps.indexOf(address), isOpen: false };
    connections.push(connection);
    return connection;
  };
  const close = (connection: Connection, from: "client" | "server"): void => {
    if (!connection.isOpen) return;
    connection.isOpen = false;
    add(connection, connection.tcp.close(from));
  };
  return {
    streams: connections,
    dialer: (address, inner) => ({
      dial(host, path, events) {
        const connection = dial(address, path);
        const link = inner.dial(host, path, {
          opened() {
            connection.isOpen = true;
            add(connection, connection.tcp.open());
            events.opened();
          },
          message(data) {
            pass(connection, "server", sizeOf(data));
            events.message(data);
          },
          closed(reason) {
            close(connection, "server");
            events.closed(reason);
          },
        });
        return {
          send(data) {
            pass(connection, "client", sizeOf(data));
            link.send(data);
          },
          close() {
            close(connection, "client");
            link.close();
          },
        };
      },
    }),
    cover(address, messageBytes, pick) {
      const open = connections.filter((each) => {
        return each.address === address && each.path === "socket" && each.isOpen;
      });
      const connection = open[pick(open.length)];
      if (connection === undefined) return;
      pass(connection, "server", messageBytes);
      covers += 1;
    },
    covered: () => covers,
    capture(id, fromMs = 0) {
      const kept = frames.filter(({ atUs }) => atUs >= fromMs * 1_000);
      const bytes = encodePcapng({ taps, frames: kept });
      const note =
        "What passed on the tapped lines: Ethernet, IPv4, TCP; inside, records of cipher text of their true sizes";
      const files = new Map([["wire/wire.pcapng", bytes]]);
      return { id, kind: "capture", actor: null, atMs: now(), note, files };
    },
  };
}

function sizeOf(data: string | Uint8Array): number {
  return (typeof data === "string" ? utf8(data) : data).length;
}

/** A message with its WebSocket head (RFC 6455 section 5.2), unmasked. */
function webSocketBytes(octets: number): number {
  return octets + (octets < 126 ? 2 : octets < 65_536 ? 4 : 10);
}

/** Most that one record holds (RFC 8446 section 5.1), and what it adds: its type and its tag. */
const recordBytesMax = 16_384;
const recordExtraBytes = 1 + 16;

/** Records of application data with so many octets inside; what they carry is random, as a cipher's text is. */
function records(octets: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = octets; left > 0; left -= recordBytesMax) {
    const length = Math.min(left, recordBytesMax) + recordExtraBytes;
    const head = Uint8Array.of(0x17, 3, 3, length >> 8, length & 0xff);
    parts.push(head, new Uint8Array(randomBytes(length)));
  }
  return concat(...parts);
}
