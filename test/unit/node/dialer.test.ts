import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import type { Link } from "#client/core/ports.ts";
import { socketUrl, webSocketDialer } from "#client/node/dialer.ts";

describe("an address becomes a URL", () => {
  test.each([
    ["127.0.0.1:8080", "ws://127.0.0.1:8080/v1/socket"],
    ["localhost:80", "ws://localhost:80/v1/socket"],
    ["localhost:443", "ws://localhost:443/v1/socket"],
    ["[::1]:9000", "ws://[::1]:9000/v1/socket"],
    ["127.1.2.3:9", "ws://127.1.2.3:9/v1/socket"],
    ["relay.example:8443", "wss://relay.example:8443/v1/socket"],
    ["relay.example", "wss://relay.example/v1/socket"],
    ["https://relay.example", "wss://relay.example/v1/socket"],
    ["https://relay.example:8443/", "wss://relay.example:8443/v1/socket"],
    ["https://localhost:8443", "wss://localhost:8443/v1/socket"],
    ["127.0.0.1.example:80", "wss://127.0.0.1.example:80/v1/socket"],
  ])("%s", (address, url) => {
    expect(socketUrl(address, "socket")).toBe(url);
  });

  test.each([
    "",
    "http://relay.example",
    "ws://127.0.0.1:8080",
    "ftp://relay.example",
    "relay.example/path",
    "https://relay.example/path",
    "https://user@relay.example",
    "relay.example:99999",
    "relay.example?x=1",
    "relay example",
  ])("refuses '%s'", (address) => {
    expect(() => socketUrl(address, "socket")).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

/** Dials and records what is told; `until` waits for the next thing of a kind. */
function listen(address: string, times?: Parameters<typeof webSocketDialer>[0]) {
  const told: unknown[] = [];
  const waiting = new Map<string, () => void>();
  const tell = (kind: string, what: unknown): void => {
    told.push(what);
    waiting.get(kind)?.();
  };
  const until = (kind: string) =>
    new Promise<void>((resolve) => {
      waiting.set(kind, resolve);
    });
  const link: Link = webSocketDialer(times).dial(address, "socket", {
    opened: () => tell("opened", "opened"),
    message: (data) => tell("message", data),
    closed: (reason) => tell("closed", `closed: ${reason}`),
  });
  return { link, told, until };
}

describe("a link", () => {
  let server: WebSocketServer;
  let address = "";
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/v1/socket" });
    await new Promise((listening) => server.once("listening", listening));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((closed) => server.close(closed));
  });

  test("carries text and bytes in both directions, bytes as plain byte arrays", async () => {
    server.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const { link, told, until } = listen(address);
    await until("opened");
    link.send("héron");
    await until("message");
    link.send(Uint8Array.of(1, 0, 255));
    await until("message");
    expect(told).toEqual(["opened", "héron", Uint8Array.of(1, 0, 255)]);
    expect(Buffer.isBuffer(told[2])).toBe(false);
    link.close();
    await until("closed");
    expect(told.at(-1)).toBe("closed: closed here");
  });

  test("tells once that the relay closed it, and sends nothing afterwards", async () => {
    server.on("connection", (socket) => socket.close(1001));
    const { link, told, until } = listen(address);
    await until("closed");
    link.send("late");
    link.close();
    expect(told).toEqual(["opened", "closed: closed by the relay (1001)"]);
  });

  test("that never opened is told as closed, with the reason, and never as opened", async () => {
    const port = await freePort();
    const { told, until } = listen(`127.0.0.1:${port}`);
    await until("closed");
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^closed: .*ECONNREFUSED/);
  });

  test("closed while it was being dialled is told as closed", async () => {
    const { link, told, until } = listen(address);
    link.close();
    await until("closed");
    expect(told).toHaveLength(1);
  });

  test("sending before it has opened is a defect, not a lost message", async () => {
    const { link, until } = listen(address);
    expect(() => link.send("early")).toThrow(expect.objectContaining({ code: "internal" }));
    link.close();
    await until("closed");
  });

  test("a relay that has stopped answering is given up", async () => {
    server.on("connection", (socket) => {
      // Deaf to pings, as a machine that went to sleep.
      socket.pause();
    });
    const { told, until } = listen(address, { handshakeMs: 5_000, pingMs: 20, closeMs: 20 });
    await until("closed");
    expect(told).toEqual(["opened", "closed: the relay stopped answering"]);
  });

  test("a server that does not speak WebSocket is a closed link", async () => {
    const plain = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    });
    await new Promise<void>((listening) => plain.listen(0, "127.0.0.1", listening));
    const { told, until } = listen(`127.0.0.1:${(plain.address() as AddressInfo).port}`);
    await until("closed");
    expect(told).toEqual([expect.stringMatching(/404/)]);
    await new Promise((closed) => plain.close(closed));
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
