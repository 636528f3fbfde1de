import { Worker } from "node:worker_threads";
import type { ArgonCost } from "#client/core/vault-header.ts";
import { Failure } from "#shared/failure.ts";
import { workerUrl } from "#shared/worker-url.ts";

export interface ArgonInput {
  readonly passphrase: Uint8Array;
  readonly salt: Uint8Array;
  readonly cost: ArgonCost;
}

/** Turns a passphrase into 32 bytes. The vault takes it as a parameter so that a test need not wait. */
export type DeriveKey = (input: ArgonInput) => Promise<Uint8Array>;

/**
 * Argon2id in a thread of its own, which is thrown away: it blocks for a good part of a second, and
 * libsodium's memory never shrinks again (FINDINGS 11). Failure `unavailable` if the thread dies.
 */
export const deriveInWorker: DeriveKey = (input) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl(import.meta, "argon"), { workerData: input, execArgv: [] });
    worker.once("message", (key: unknown) => {
      if (key instanceof Uint8Array && key.length === 32) resolve(key);
      else reject(new Failure("internal", "Argon2id worker: unexpected answer"));
      void worker.terminate();
    });
    worker.once("error", (error) => {
      reject(new Failure("unavailable", `Argon2id worker: ${error.message}`));
    });
    worker.once("exit", (code) => {
      // Without effect after an answer: a promise settles once.
      reject(new Failure("unavailable", `Argon2id worker: ended with ${code} before it answered`));
    });
  });
