import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callVault, serveVault, type VaultServer } from "#client/node/vault-socket.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { scratch } from "./vault-rig.ts";

let folder: ReturnType<typeof scratch>;
let server: VaultServer | null = null;
beforeEach(() => {
  folder = scratch();
  server = null;
});
afterEach(async () => {
  await server?.close();
  folder.remove();
});

const socketOf = (dir: string) => join(dir, "socket");

/** Sends raw bytes to a served vault and gives the parsed lines of its whole answer. */
function sendRaw(dir: string, data: string | Uint8Array): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(socketOf(dir), () => socket.write(data));
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8");
    });
    socket.on("error", reject);
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      const lines = text.split("\n").filter((line) => line !== "");
      resolve(lines.map((line) => JSON.parse(line)));
    });
  });
}

test("a request is executed by the holder, its lines arrive in order, and then its exit code", async () => {
  server = await serveVault(folder.dir, async (request, emit) => {
    emit({ type: "echo", request });
    emit({ type: "text", body: "two\nlines \u2028 and é" });
    return 9;
  });
  const lines: object[] = [];
  const exit = await callVault(folder.dir, { verb: "recv", n: 1 }, (line) => lines.push(line));
  expect(exit).toBe(9);
  expect(lines).toEqual([
    { type: "echo", request: { verb: "recv", n: 1 } },
    { type: "text", body: "two\nlines \u2028 and é" },
  ]);
});

test("several callers are served at once", async () => {
  let waiting = 0;
  let release = (): void => {};
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  server = await serveVault(folder.dir, async (request) => {
    waiting += 1;
    if (waiting === 5) release();
    await all;
    return Number(request);
  });
  const calls = [1, 2, 3, 4, 5].map((n) => callVault(folder.dir, n, () => {}));
  expect(await Promise.all(calls)).toEqual([1, 2, 3, 4, 5]);
});

test("a large line passes whole in both directions", async () => {
  const text = "x".repeat(limits.textBytesMax);
  server = await serveVault(folder.dir, async (request, emit) => {
    emit({ request });
    return 0;
  });
  const lines: object[] = [];
  expect(await callVault(folder.dir, text, (line) => lines.push(line))).toBe(0);
  expect(lines).toEqual([{ request: text }]);
});

test("a Failure of the holder is the caller's Failure", async () => {
  server = await serveVault(folder.dir, async () => {
    throw new Failure("rate-limited", "too fast", 500);
  });
  await expect(callVault(folder.dir, {}, () => {})).rejects.toMatchObject({
    name: "Failure",
    code: "rate-limited",
    message: "too fast",
    retryAfterMs: 500,
  });
});

test("an unexpected error of the holder tells the caller nothing of its text", async () => {
  server = await serveVault(folder.dir, async () => {
    throw new Error("secret words");
  });
  const failed = await callVault(folder.dir, {}, () => {}).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: "internal" });
  expect(String(failed)).not.toContain("secret");
});

test("nobody serving is null: no socket, and a socket file that a killed process left", async () => {
  expect(await callVault(folder.dir, {}, () => {})).toBeNull();
  await leaveStaleSocket(folder.dir);
  expect(existsSync(socketOf(folder.dir))).toBe(true);
  expect(await callVault(folder.dir, {}, () => {})).toBeNull();
  server = await serveVault(folder.dir, async () => 3);
  expect(await callVault(folder.dir, {}, () => {})).toBe(3);
});

/** A plain file behaves as a dead socket does (ECONNREFUSED), and needs no killed process. */
async function leaveStaleSocket(dir: string): Promise<void> {
  writeFileSync(socketOf(dir), "");
}

test("a holder that ends half-way is told as interrupted, never as success", async () => {
  server = await serveVault(folder.dir, (_request, emit) => {
    emit({ type: "started" });
    return new Promise(() => {});
  });
  const holder = server;
  const call = callVault(folder.dir, {}, () => {
    holder.close().catch(() => {});
  });
  await expect(call).rejects.toMatchObject({ code: "interrupted" });
});

test("the holder learns that a caller has hung up", async () => {
  let heard = (): void => {};
  const gone = new Promise<void>((resolve) => {
    heard = resolve;
  });
  server = await serveVault(folder.dir, (_request, emit, signal) => {
    signal.addEventListener("abort", heard);
    emit({ type: "started" });
    return new Promise(() => {});
  });
  const hangUp = new AbortController();
  const call = callVault(folder.dir, {}, () => hangUp.abort(), hangUp.signal);
  await expect(call).rejects.toMatchObject({ code: "interrupted" });
  await gone;
});

test.each([
  ["text that is not JSON", "hello\n"],
  ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22, 0x0a)],
  ["another version", '{"v":2,"type":"request","request":1}\n'],
  ["an unknown type", '{"v":1,"type":"stop","request":1}\n'],
  ["an unknown field", '{"v":1,"type":"request","request":1,"as":"root"}\n'],
  ["an empty line", "\n"],
  [
    "a second request",
    '{"v":1,"type":"request","request":1}\n{"v":1,"type":"request","request":2}\n',
  ],
])("%s is refused as malformed", async (_name, data) => {
  let hung = false;
  server = await serveVault(folder.dir, (_request, _emit, gone) => {
    return new Promise((resolve) => {
      gone.addEventListener("abort", () => {
        hung = true;
        resolve(0);
      });
    });
  });
  const [answer, ...rest] = await sendRaw(folder.dir, data);
  expect(answer).toMatchObject({ v: 1, type: "failure", code: "malformed" });
  expect(rest).toEqual([]);
  expect(hung || _name !== "a second request").toBe(true);
});

test("a line without end is refused at the bound, on both sides", async () => {
  server = await serveVault(folder.dir, async () => 0);
  const [answer] = await sendRaw(folder.dir, "x".repeat(limits.vaultLineBytesMax + 1));
  expect(answer).toMatchObject({ type: "failure", code: "too-large" });
  const request = "x".repeat(limits.vaultLineBytesMax);
  await expect(callVault(folder.dir, request, () => {})).rejects.toMatchObject({
    code: "too-large",
  });
});

test.each([
  ["not JSON", "hello\n"],
  ["an exit that is no exit code", '{"v":1,"type":"exit","exit":"0"}\n'],
  ["another version", '{"v":2,"type":"exit","exit":0}\n'],
])("a caller refuses an answer that is %s", async (_name, answer) => {
  const impostor = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(answer));
  });
  await new Promise<void>((listening) => impostor.listen(socketOf(folder.dir), listening));
  await expect(callVault(folder.dir, {}, () => {})).rejects.toMatchObject({ code: "malformed" });
  await new Promise((closed) => impostor.close(closed));
});

test("a folder that others may enter is not served in", async () => {
  chmodSync(folder.dir, 0o755);
  await expect(serveVault(folder.dir, async () => 0)).rejects.toMatchObject({ code: "usage" });
});

test("the socket is its owner's only, and gone after closing", async () => {
  server = await serveVault(folder.dir, async () => 0);
  expect(statSync(socketOf(folder.dir)).mode & 0o777).toBe(0o600);
  await server.close();
  server = null;
  expect(existsSync(socketOf(folder.dir))).toBe(false);
});

test("a folder whose path is longer than a socket address is served all the same", async () => {
  const dir = join(folder.dir, "d".repeat(120));
  mkdirSync(dir, { mode: 0o700 });
  server = await serveVault(dir, async () => 4);
  expect(existsSync(socketOf(dir))).toBe(true);
  expect(await callVault(dir, {}, () => {})).toBe(4);
});
