import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Listen, type Relay, type RelayOptions, startRelay } from "#server/relay.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { dialRelay, makeMailbox } from "#test/relay-client.ts";
import { frameOf } from "./kit.ts";

let relays: Relay[] = [];
let folders: string[] = [];
afterEach(async () => {
  for (const relay of relays) await relay.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
  relays = [];
  folders = [];
});

async function start(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = await startRelay({ data: null, ...options });
  relays.push(relay);
  return relay;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "backchannel-relay-"));
  folders.push(folder);
  return folder;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

function get(relay: Relay, path: string, host: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { port: relay.port, host: "127.0.0.1", path, headers: { host } };
    const call = request(options, (response) => {
      let text = "";
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
      );
    });
    call.on("error", reject);
    call.end();
  });
}

describe("a relay on the network", () => {
  test("answers /health, and refuses everything else by name", async () => {
    const relay = await start();
    expect(await get(relay, "/health", relay.address)).toEqual({
      status: 200,
      body: { v: 1, type: "health", status: "ok" },
    });
    expect(await get(relay, "/mailboxes", relay.address)).toMatchObject({
      status: 404,
      body: { code: "not-found" },
    });
    expect(await get(relay, "/v1/socket", relay.address)).toMatchObject({ status: 426 });
    expect(await get(relay, "/health", "evil.test")).toMatchObject({
      status: 421,
      body: { code: "wrong-address" },
    });
  });

  test("serves mailboxes over WebSockets from a worker's log, and keeps them over a restart", async () => {
    const data = newFolder();
    const first = await start({ data });
    const client = dialRelay(first.address);
    const key = makeMailbox();
    const { handle } = await client.open(key);
    expect(await client.append(handle, frameOf(4096))).toBe(1);
    expect(await codeOf(startRelay({ data, listen: null, addresses: ["x"] }))).toBe("locked");
    await first.close();
    await client.until(() => client.closedReason !== null);
    expect(client.closedReason).toBe("1001 the relay stops");
    const second = await start({ data });
    const again = dialRelay(second.address);
    expect(await again.open(key)).toMatchObject({ head: 1, oldest: 1 });
    await again.until(() => again.frames.length === 1);
  });

  test("tells a client that dialled another name wrong-address over the WebSocket", async () => {
    const relay = await start();
    const webSocket = new WebSocket(`ws://127.0.0.1:${relay.port}/v1/socket`, {
      headers: { host: "evil.test" },
    });
    const texts: string[] = [];
    webSocket.on("message", (data) => texts.push(String(data)));
    const reason = await new Promise((resolve) =>
      webSocket.on("close", (_code, text) => resolve(String(text))),
    );
    expect(reason).toBe("wrong-address");
    expect(texts.map((text) => JSON.parse(text).code)).toEqual(["wrong-address"]);
  });

  test("ends a connection that sends more than anything on the wire can be, and serves the others", async () => {
    const relay = await start();
    const [victim, flood] = [dialRelay(relay.address), dialRelay(relay.address)];
    const key = makeMailbox();
    const { handle } = await victim.open(key);
    await flood.open(key);
    flood.send(new Uint8Array(2 * limits.frameBytesMax + 1));
    await flood.until(() => flood.closedReason !== null);
    expect(flood.closedReason).toMatch(/^1009/);
    expect(await victim.append(handle, frameOf(1024))).toBe(1);
  });

  test("does not upgrade at another path", async () => {
    const relay = await start();
    const webSocket = new WebSocket(`ws://${relay.address}/v2/socket`);
    const error = await new Promise((resolve) => webSocket.on("error", resolve));
    expect(String(error)).toContain("404");
  });

  test("does not start on a port that is taken, and leaves its data folder free", async () => {
    const relay = await start();
    const listen = { host: "127.0.0.1", port: relay.port as number };
    const data = newFolder();
    expect(await codeOf(startRelay({ data, listen }))).toBe("network");
    await start({ data });
  });
});

describe("where a relay may listen", () => {
  const port = 0;
  const refused: [string, Listen | null, string[]][] = [
    ["plain HTTP beyond loopback", { host: "0.0.0.0", port }, ["relay.example"]],
    ["plain HTTP on all of IPv6", { host: "::", port }, ["relay.example"]],
    ["behind a proxy without an address", { host: "0.0.0.0", port, behindProxy: true }, []],
    ["a proxy on loopback without an address", { host: "127.0.0.1", port, behindProxy: true }, []],
    ["nowhere and under no name", null, []],
    ["an address with a path", { host: "127.0.0.1", port }, ["relay.example/x"]],
  ];
  test.each(refused)("%s is refused as a usage error", async (_name, listen, addresses) => {
    expect(await codeOf(startRelay({ data: null, listen, addresses }))).toBe("usage");
  });

  test("behind a proxy it is known under the names given", async () => {
    const listen = { host: "127.0.0.1", port, behindProxy: true };
    const relay = await start({ listen, addresses: ["https://Relay.Example"] });
    expect(relay.address).toBe("relay.example");
    expect((await get(relay, "/health", "relay.example")).status).toBe(200);
  });
});
