import { type ClientOptions, WebSocket } from "ws";
import type { Dialer, Link, LinkEvents } from "#client/core/ports.ts";
import { assert, Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

/** How a dialled link notices a dead peer, in milliseconds; tests shorten it. */
export interface DialTimes {
  readonly handshakeMs: number;
  readonly pingMs: number;
  readonly closeMs: number;
}

const defaultTimes: DialTimes = { handshakeMs: 10_000, pingMs: 30_000, closeMs: 1_000 };

/** Dials relays over WebSocket; without TLS only on the loopback, where the relay allows it too. */
export function webSocketDialer(times: DialTimes = defaultTimes): Dialer {
  return { dial: (address, path, events) => dial(socketUrl(address, path), events, times) };
}

/**
 * The WebSocket URL of a relay: `host:port` on the loopback is plain, every other one is TLS, and so is
 * a `https://…` origin. Throws `usage` for anything else, and for an address with a path or a user.
 */
export function socketUrl(address: string, path: "socket" | "rendezvous"): string {
  const origin = address.includes("://") ? address : `https://${address}`;
  const url = URL.canParse(origin) ? new URL(origin) : null;
  const bare = url !== null && url.pathname === "/" && url.search === "" && url.hash === "";
  if (url === null || !bare || url.protocol !== "https:" || url.username !== "") {
    throw new Failure("usage", "relay address: expected host:port or https://host");
  }
  const plain = !address.includes("://") && isLoopback(url.hostname);
  // `new URL` drops a port that is https's own; on the loopback it must stay.
  const host = plain && url.port === "" ? `${url.hostname}:443` : url.host;
  return `${plain ? "ws" : "wss"}://${host}/v1/${path}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function dial(url: string, events: LinkEvents, times: DialTimes): Link {
  // The published types lag behind the library, which has `closeTimeout`.
  const options: ClientOptions & { closeTimeout: number } = {
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: times.handshakeMs,
    closeTimeout: times.closeMs,
    maxPayload: limits.socketMessageBytesMax,
  };
  const socket = new WebSocket(url, options);
  let reason: string | null = null;
  let closing = false;
  const stopPings = watchPeer(socket, times.pingMs, () => {
    reason ??= "the relay stopped answering";
  });
  socket.on("open", () => events.opened());
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (closing) return;
    // The core takes plain byte arrays; a Buffer would compare and print differently.
    events.message(isBinary ? plainBytes(data) : data.toString("utf8"));
  });
  socket.on("error", (error) => {
    reason ??= error.message === "" ? "no connection" : error.message;
  });
  // `ws` reports every end, also of a link that never opened, by exactly one `close`.
  socket.on("close", (code) => {
    stopPings();
    events.closed(reason ?? (closing ? "closed here" : `closed by the relay (${code})`));
  });
  return {
    send(data) {
      assert(
        socket.readyState !== WebSocket.CONNECTING,
        "nothing is sent before a link has opened",
      );
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close() {
      closing = true;
      socket.close();
    },
  };
}

/** Ends a link whose peer has sent nothing at all for a whole ping interval. */
function watchPeer(socket: WebSocket, pingMs: number, onSilence: () => void): () => void {
  let heard = true;
  const hear = (): void => {
    heard = true;
  };
  socket.on("message", hear);
  socket.on("pong", hear);
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!heard) {
      onSilence();
      socket.terminate();
      return;
    }
    heard = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}

function plainBytes(data: Buffer): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
