import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { limits } from "#shared/limits.ts";
import type { Clock, Session, Socket } from "./ports.ts";

/** The two endpoints of the relay. */
export type Endpoint = "socket" | "rendezvous";

const endpoints: Readonly<Record<string, Endpoint>> = {
  "/v1/socket": "socket",
  "/v1/rendezvous": "rendezvous",
};

/** Begins a connection's protocol. */
export type Accept = (
  endpoint: Endpoint,
  socket: Socket,
  caller: { readonly host: string; readonly from: string | null },
) => Session;

/** Nothing on the wire is larger; beyond it `ws` itself closes with 1009, unread. */
const payloadBytesMax = 2 * limits.frameBytesMax;

/** How long a stopping relay waits for its peers to say goodbye. */
const closingMs = 1_000;

/** WebSockets on an HTTP server, until `close`. */
export function serveWebSockets(
  server: Server,
  clock: Clock,
  accept: Accept,
): { close(): void; count(): number } {
  const sockets = new Map<WebSocket, { isAlive: boolean }>();
  let isClosing = false;
  // permessage-deflate costs a factor of twelve and can only learn from what is sealed anyway.
  const acceptor = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: payloadBytesMax,
  });

  const connect = (webSocket: WebSocket, endpoint: Endpoint, request: IncomingMessage): void => {
    const state = { isAlive: true };
    sockets.set(webSocket, state);
    const session = accept(endpoint, socketOf(webSocket), {
      host: (request.headers.host ?? "").toLowerCase(),
      from: request.socket.remoteAddress ?? null,
    });
    webSocket.on("message", (data: Buffer, isBinary) => {
      state.isAlive = true;
      session.receive(isBinary ? data : data.toString("utf8"));
    });
    webSocket.on("pong", () => {
      state.isAlive = true;
    });
    // After an error `ws` closes by itself, with the code that fits; `close` follows.
    webSocket.on("error", () => {});
    webSocket.on("close", () => {
      sockets.delete(webSocket);
      session.closed();
      if (isClosing && sockets.size === 0) cancel();
    });
  };

  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const endpoint = endpoints[request.url ?? ""];
    if (endpoint === undefined) return refuseUpgrade(stream, "404 Not Found");
    if (sockets.size >= limits.connectionsMax) {
      return refuseUpgrade(stream, "503 Service Unavailable");
    }
    acceptor.handleUpgrade(request, stream, head, (webSocket) =>
      connect(webSocket, endpoint, request),
    );
  });

  const beat = (): void => {
    for (const [webSocket, state] of sockets) {
      if (!state.isAlive) webSocket.terminate();
      state.isAlive = false;
      webSocket.ping();
    }
    cancel = clock.wakeAt(clock.now() + limits.heartbeatMs, beat);
  };
  let cancel = clock.wakeAt(clock.now() + limits.heartbeatMs, beat);
  return {
    count: () => sockets.size,
    close() {
      isClosing = true;
      cancel();
      for (const webSocket of sockets.keys()) webSocket.close(1001, "the relay stops");
      // A peer that does not answer the closing handshake does not keep the relay.
      cancel = clock.wakeAt(clock.now() + closingMs, () => {
        for (const webSocket of sockets.keys()) webSocket.terminate();
      });
      if (sockets.size === 0) cancel();
    },
  };
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.on("error", () => {});
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function socketOf(webSocket: WebSocket): Socket {
  let drain: { bytes: number; wake: () => void } | null = null;
  const flushed = (): void => {
    if (drain === null || webSocket.bufferedAmount > drain.bytes) return;
    const { wake } = drain;
    drain = null;
    wake();
  };
  return {
    send(data) {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(data, flushed);
    },
    close(code, reason) {
      webSocket.close(code, reason);
    },
    bufferedBytes: () => webSocket.bufferedAmount,
    whenDrained(bytes, wake) {
      drain = { bytes, wake };
    },
  };
}
