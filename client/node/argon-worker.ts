import { parentPort, workerData } from "node:worker_threads";
import { argon2id } from "#client/crypto/argon.ts";
import { ready } from "#client/crypto/sodium.ts";
import { assert } from "#shared/failure.ts";
import type { ArgonInput } from "./argon.ts";

// Started by client/node/argon.ts, answers once with the key's bytes, and is discarded.
assert(parentPort !== null, "the Argon2id worker runs in a worker");
const { passphrase, salt, cost } = workerData as ArgonInput;
await ready();
const key = argon2id({ passphrase, salt, opsLimit: cost.passes, memBytes: cost.memoryBytes });
parentPort.postMessage(key, [key.buffer as ArrayBuffer]);
