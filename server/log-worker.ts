import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { assert, Failure } from "#shared/failure.ts";
import { type LogDatabase, openDatabase } from "./database.ts";
import { type Answer, type LogRequest, unpack, type WorkerOptions } from "./log-messages.ts";

/** The worker thread that owns the database: one request at a time, in order, one answer each. */

assert(parentPort !== null, "log-worker runs as a worker thread");
const port = parentPort;
// Both ends of this port are our own threads: log-messages.ts is the only writer of either side.
const options = workerData as WorkerOptions;
let database: LogDatabase | null = null;

function carryOut(request: LogRequest): unknown {
  if (request.kind === "open") {
    database = openDatabase({ ...options, random: (bytes) => randomBytes(bytes) });
    return null;
  }
  assert(database !== null, "the log is open");
  switch (request.kind) {
    case "append":
      return database.append(unpack(request.appends), request.expiresHour);
    case "extent":
      return database.extent(request.mailbox);
    case "read":
      return database.read(request.mailbox, request.from, request.bytesMax);
    case "expire":
      return database.expire(request.hour);
    case "checkpoint":
      return database.checkpoint();
    case "close":
      database.close();
      database = null;
      return null;
  }
}

port.on("message", (request: LogRequest) => {
  let answer: Answer;
  try {
    answer = { id: request.id, value: carryOut(request) };
  } catch (error) {
    const failure =
      error instanceof Failure ? error : new Failure("internal", `relay log: ${String(error)}`);
    const { code, message, retryAfterMs } = failure;
    answer = { id: request.id, failure: { code, message, retryAfterMs } };
  }
  port.postMessage(answer);
  if (request.kind === "close") port.close();
});
