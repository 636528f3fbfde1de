import { parentPort, workerData } from "node:worker_threads";
import { openSqlite } from "#client/node/sqlite.ts";
import { unhex, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import type { CopyRequest, ServiceOptions } from "../attacks/archive-format.ts";
import { sealer } from "./archive-seal.ts";

/*
 * WEAK ON PURPOSE: an archive service as a vendor runs it, in a thread with a heap of its own. It serves
 * plug-ins, keeps a database, its configuration and the last requests, as such services do for retries.
 */

const options = workerData as ServiceOptions;
const port = parentPort;
assert(port !== null, "the service runs in a thread of its own");

const database = openSqlite(options.path);
database.exec("PRAGMA secure_delete = ON");
database.exec(
  "CREATE TABLE account (label TEXT, channel TEXT, members TEXT, PRIMARY KEY (label, channel)) STRICT",
);
database.exec(
  "CREATE TABLE copy (id TEXT PRIMARY KEY, account TEXT, channel TEXT, at INTEGER, sealed TEXT, body BLOB) STRICT",
);

const seal = await sealer(options);

/** What stays in memory: who is logged in, what the service was configured with, the last requests as they came. */
const memory = { options, recent: [] as string[] };

port.on("message", (message: unknown) => {
  if (message === "flush") {
    port.postMessage("flushed");
    return;
  }
  assert(typeof message === "string", "plug-ins send JSON");
  // Believes what it is sent, as such services do; a library of schemas would be a fifth of its heap.
  const { token, account, channel, members, id, at, body } = JSON.parse(message) as CopyRequest;
  // Whoever has the token of the heap could speak to the service as the plug-in.
  if (token !== memory.options.token) return;
  const { sealed, box } =
    typeof body === "string"
      ? { sealed: "public-key", box: octetsOf(body) }
      : seal(utf8(JSON.stringify(body)));
  database.run(
    "INSERT OR IGNORE INTO copy VALUES (?, ?, ?, ?, ?, ?)",
    id,
    account,
    channel,
    at,
    sealed,
    box,
  );
  database.run(
    "INSERT OR REPLACE INTO account VALUES (?, ?, ?)",
    account,
    channel,
    members.join("\n"),
  );
  if (options.retainMs !== null) {
    database.run("DELETE FROM copy WHERE at < ?", at - options.retainMs);
  }
  memory.recent = [...memory.recent, message].slice(-memory.options.recentMax);
});

function octetsOf(text: string): Uint8Array {
  const bytes = unhex(text);
  assert(bytes !== null, "the schema of requests asks for hex");
  return bytes;
}

port.postMessage("ready");
