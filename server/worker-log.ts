import { Worker } from "node:worker_threads";
import { Failure } from "#shared/failure.ts";
import { workerUrl } from "#shared/worker-url.ts";
import type { Appended, Extent, Log, Stretch } from "./log.ts";
import { type Answer, type LogRequest, pack, type WorkerOptions } from "./log-messages.ts";

// Omit over a union keeps its members apart only when it is distributed.
type Unnumbered<T> = T extends unknown ? Omit<T, "id"> : never;
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A log in a worker thread, so that an fsync never holds up the sockets. Failures of opening:
 * `locked`, `unavailable`. `died` is called once if the thread ends without being asked to.
 */
export async function openWorkerLog(
  options: WorkerOptions,
  died: (failure: Failure) => void,
): Promise<Log> {
  const worker = new Worker(workerUrl(import.meta, "log"), { workerData: options, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  let ended: Failure | null = null;
  let closing = false;

  const end = (failure: Failure): void => {
    if (ended !== null) return;
    ended = failure;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    if (!closing) died(failure);
  };
  worker.on("message", (answer: Answer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("value" in answer) caller?.resolve(answer.value);
    else {
      const { code, message, retryAfterMs } = answer.failure;
      caller?.reject(new Failure(code, message, retryAfterMs));
    }
  });
  worker.on("error", (error) => end(new Failure("internal", `relay log: ${error.message}`)));
  worker.on("exit", () => end(new Failure("internal", "relay log: the thread has ended")));

  // T is what log-worker.ts answers to that kind of request.
  const ask = <T>(request: Unnumbered<LogRequest>, transfer: ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (ended !== null) return reject(ended);
      requests += 1;
      waiting.set(requests, { resolve: (value) => resolve(value as T), reject });
      worker.postMessage({ id: requests, ...request }, transfer);
    });

  try {
    await ask<null>({ kind: "open" });
  } catch (error) {
    closing = true;
    await worker.terminate();
    throw error;
  }
  return {
    path: options.path,
    append: (appends, expiresHour) => {
      const packed = pack(appends);
      return ask<readonly Appended[]>({ kind: "append", appends: packed, expiresHour }, [
        packed.bytes.buffer,
      ]);
    },
    extent: (mailbox) => ask<Extent>({ kind: "extent", mailbox: Uint8Array.from(mailbox) }),
    read: (mailbox, from, bytesMax) =>
      ask<Stretch>({ kind: "read", mailbox: Uint8Array.from(mailbox), from, bytesMax }),
    expire: (hour) => ask<number>({ kind: "expire", hour }),
    checkpoint: () => ask<undefined>({ kind: "checkpoint" }),
    close: async () => {
      closing = true;
      await ask<null>({ kind: "close" });
    },
  };
}
