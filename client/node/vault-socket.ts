import {
  chmodSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { Failure, isFailureCode } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { lineOf, readLines } from "./line-stream.ts";
import { vaultPaths } from "./vault-files.ts";

/**
 * Executes one request of another process for it: emits lines and gives the exit code. `gone` is
 * aborted when the caller has hung up. A thrown Failure reaches the caller as the same Failure.
 */
export type VaultHandler = (
  request: unknown,
  emit: (line: object) => void,
  gone: AbortSignal,
) => Promise<number>;

export interface VaultServer {
  /** Hangs up on every caller and removes the socket. */
  close(): Promise<void>;
}

const v = z.literal(1);
const requestShape = z.strictObject({ v, type: z.literal("request"), request: z.unknown() });
const answerShape = z.discriminatedUnion("type", [
  z.strictObject({ v, type: z.literal("line"), line: z.record(z.string(), z.unknown()) }),
  z.strictObject({ v, type: z.literal("exit"), exit: z.int().min(0).max(255) }),
  z.strictObject({
    v,
    type: z.literal("failure"),
    code: z.string(),
    detail: z.string(),
    retryAfterMs: z.number().nullable(),
  }),
]);

/**
 * Serves other processes while this one holds the vault of a folder. Whoever may enter the folder may
 * ask: Failure `usage` when that is anybody but its owner. A socket file that is left from a killed
 * process is replaced, which is safe because the caller holds the vault's lock.
 */
export async function serveVault(dir: string, handler: VaultHandler): Promise<VaultServer> {
  if ((statSync(dir).mode & 0o077) !== 0) {
    throw new Failure("usage", `${dir}: others may enter this folder; chmod 700 it first`);
  }
  const path = vaultPaths(dir).socket;
  rmSync(path, { force: true });
  const callers = new Set<Socket>();
  const server = createServer((socket) => {
    callers.add(socket);
    socket.on("close", () => callers.delete(socket));
    answerCaller(socket, handler);
  });
  server.maxConnections = limits.vaultCallersMax;
  await shortly(path, (short) => {
    return new Promise<void>((listening, failed) => {
      server.once("error", (error) => {
        failed(new Failure("internal", `vault socket: ${error.message}`));
      });
      server.listen(short, listening);
    });
  });
  chmodSync(path, 0o600);
  return {
    close() {
      for (const socket of callers) socket.destroy();
      return new Promise((closed) => {
        server.close(() => {
          rmSync(path, { force: true });
          closed();
        });
      });
    },
  };
}

function answerCaller(socket: Socket, handler: VaultHandler): void {
  const hungUp = new AbortController();
  let asked = false;
  const refuse = (failure: Failure): void => {
    const { code, message, retryAfterMs } = failure;
    const answer = { v: 1, type: "failure", code, detail: message, retryAfterMs };
    socket.end(lineOf(answer));
  };
  const emit = (line: object): void => {
    if (hungUp.signal.aborted) return;
    // A caller that has stopped reading must not fill this process's memory.
    if (socket.writableLength > limits.vaultLineBytesMax) socket.destroy();
    else socket.write(lineOf({ v: 1, type: "line", line }));
  };
  const onLine = (value: unknown): void => {
    const parsed = requestShape.safeParse(value);
    if (!parsed.success) throw new Failure("malformed", "vault socket: not a request of version 1");
    if (asked) throw new Failure("malformed", "vault socket: a second request on one connection");
    asked = true;
    handler(parsed.data.request, emit, hungUp.signal).then(
      (exit) => socket.end(lineOf({ v: 1, type: "exit", exit })),
      (error: unknown) => {
        refuse(error instanceof Failure ? error : new Failure("internal", "the holder failed"));
      },
    );
  };
  socket.on("error", () => socket.destroy());
  socket.on("close", () => hungUp.abort());
  readLines(socket, onLine, (failure) => {
    hungUp.abort();
    refuse(failure);
  });
}

/**
 * Has the process that holds a folder's vault execute a request: its lines as they come, then its exit
 * code; null when nobody serves. Failures: the holder's own, `interrupted` when it ended half-way,
 * `malformed` when it does not speak this protocol.
 */
export async function callVault(
  dir: string,
  request: unknown,
  onLine: (line: object) => void,
  signal?: AbortSignal,
): Promise<number | null> {
  const path = vaultPaths(dir).socket;
  if (!existsSync(path)) return null;
  const line = lineOf({ v: 1, type: "request", request });
  if (Buffer.byteLength(line) > limits.vaultLineBytesMax) {
    throw new Failure("too-large", "vault socket: request longer than allowed");
  }
  const socket = await shortly(path, connectTo);
  if (socket === null) return null;
  return new Promise((resolved, rejected) => {
    const end = (settle: () => void): void => {
      settle();
      socket.destroy();
    };
    signal?.addEventListener("abort", () => socket.destroy());
    // Settles once: after an answer or a failure this does nothing.
    socket.on("close", () =>
      rejected(new Failure("interrupted", "vault socket: the holder ended")),
    );
    readLines(
      socket,
      (value) => {
        const parsed = answerShape.safeParse(value);
        if (!parsed.success) throw new Failure("malformed", "vault socket: unknown answer");
        const answer = parsed.data;
        if (answer.type === "line") onLine(answer.line);
        else if (answer.type === "exit") end(() => resolved(answer.exit));
        else end(() => rejected(failureOf(answer)));
      },
      (failure) => end(() => rejected(failure)),
    );
    socket.write(line);
  });
}

function failureOf(answer: { code: string; detail: string; retryAfterMs: number | null }): Failure {
  const code = isFailureCode(answer.code) ? answer.code : "internal";
  return new Failure(code, answer.detail, answer.retryAfterMs);
}

/** A connection; null when the socket file is one that a killed process left behind. */
function connectTo(path: string): Promise<Socket | null> {
  return new Promise((resolved, rejected) => {
    const socket = connect(path);
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolved(null);
      else rejected(new Failure("internal", `vault socket: ${error.message}`));
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("error", onError);
      // The end of a connection is told by `close`, whatever its cause.
      socket.on("error", () => socket.destroy());
      resolved(socket);
    });
  });
}

// The kernel's address field holds 108 bytes on Linux and 104 elsewhere, its last one a zero.
const socketPathBytesMax = 103;

/** Uses a socket under a path that fits into a socket address: a long one through a passing symlink. */
async function shortly<Result>(
  path: string,
  use: (short: string) => Promise<Result>,
): Promise<Result> {
  if (Buffer.byteLength(path) <= socketPathBytesMax) return use(path);
  const folder = mkdtempSync(join(tmpdir(), "bc-"));
  const link = join(folder, "v");
  try {
    symlinkSync(resolve(path, ".."), link);
    return await use(join(link, "socket"));
  } finally {
    unlinkSync(link);
    rmSync(folder, { recursive: true, force: true });
  }
}
