import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { workerUrl } from "#shared/worker-url.ts";
import { buildProgram } from "../attack-program.ts";
import type { ServiceOptions } from "../attacks/archive-format.ts";
import { scratchFolder } from "../scratch.ts";

export interface ArchiveService {
  deliver(request: string): void;
  /** What an intruder takes: the database file and a dump of the heap (V8's `.heapsnapshot`, JSON). */
  raid(): Promise<{ readonly database: Uint8Array; readonly heap: Uint8Array }>;
  close(): Promise<void>;
}

/** Built once for each process, as the attack's program is. */
let fromSource: Promise<string> | null = null;

/** The service as one JavaScript file: a loader for TypeScript would fill the heap that is dumped. */
async function serviceProgram(): Promise<string | URL> {
  if (!import.meta.url.endsWith(".ts")) return workerUrl(import.meta, "archive");
  const entry = join(dirname(fileURLToPath(import.meta.url)), "archive-worker.ts");
  fromSource ??= buildProgram(entry);
  return await fromSource;
}

/** Starts the archive service in a thread, and so with a heap that holds nothing but its own. */
export async function startArchive(options: Omit<ServiceOptions, "path">): Promise<ArchiveService> {
  const folder = await scratchFolder("archive");
  const path = join(folder, "archive.sqlite");
  const workerData: ServiceOptions = { ...options, path };
  const worker = new Worker(await serviceProgram(), { workerData, execArgv: [] });
  await once(worker, "message");
  return {
    deliver: (request) => worker.postMessage(request),
    async raid() {
      worker.postMessage("flush");
      await once(worker, "message");
      const parts: Uint8Array[] = [];
      for await (const part of await worker.getHeapSnapshot()) parts.push(Buffer.from(part));
      return { database: new Uint8Array(await readFile(path)), heap: Buffer.concat(parts) };
    },
    async close() {
      await worker.terminate();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
