import type { Vault } from "#client/node/vault.ts";
import { base64url, utf8 } from "#shared/bytes.ts";
import type { AccessEntry } from "./attacks/access-log.ts";
import { type Capture, imageDatabase, imageFolder } from "./bundle.ts";
import type { WireLine } from "./weak/two-faced-relay.ts";

/** The relay's database as it is now; the second one's, where a relay runs two, in a folder of its own. */
export async function captureDatabase(database: {
  id: string;
  atMs: number;
  path: string;
  folder?: "relay" | "second";
}): Promise<Capture> {
  const { id, atMs, path, folder = "relay" } = database;
  const files = [...(await imageDatabase(path))].map(([name, bytes]) => {
    return [name.replace(/^relay\//, `${folder}/`), bytes] as const;
  });
  const note =
    folder === "relay"
      ? "The relay's SQLite database and, raw, its write-ahead log"
      : "The database from which the other half was served";
  return { id, kind: "relay-db", actor: null, atMs, note, files: new Map(files) };
}

/** What the relay's operator wrote down: one JSON object a line. */
export function captureWire(id: string, atMs: number, log: readonly WireLine[]): Capture {
  const lines = log.map((line) => `${JSON.stringify(line)}\n`).join("");
  const note =
    "Who opened and appended what, by network address (ASSUMED: nobody dials through Tor)";
  const files = new Map([["relay/wire.jsonl", utf8(lines)]]);
  return { id, kind: "wire", actor: null, atMs, note, files };
}

/**
 * What the front before a relay wrote down: one JSON object a line. `rows` may leave out columns that the
 * operator did not keep.
 */
export function captureAccess(id: string, atMs: number, rows: readonly AccessEntry[]): Capture {
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const note = "The access log: network addresses and times (ASSUMED: nobody dials through Tor)";
  const files = new Map([["relay/access.jsonl", utf8(lines)]]);
  return { id, kind: "access-log", actor: null, atMs, note, files };
}

/** A device as it lies there: the vault's files and, when it was unlocked, the key that opens them. */
export async function captureDevice(device: {
  id: string;
  actor: string;
  dir: string;
  vault: Pick<Vault, "unsafeUnlockedImage"> | { slotKey: Uint8Array };
  atMs: number;
  locked?: boolean | undefined;
  /** It is the adversary's own: nothing about its being open has to be assumed. */
  isOwn?: boolean;
}): Promise<Capture> {
  const prefix = `device/${device.actor}`;
  const files = await imageFolder(device.dir, `${prefix}/vault`);
  if (device.locked !== true) {
    const slotKey =
      "slotKey" in device.vault ? device.vault.slotKey : device.vault.unsafeUnlockedImage().slotKey;
    const state = { v: 1, slotKey: base64url(slotKey) };
    files.set(
      `${prefix}/unlocked.json`,
      new TextEncoder().encode(`${JSON.stringify(state, null, 1)}\n`),
    );
  }
  return {
    id: device.id,
    kind: "device-state",
    actor: device.actor,
    atMs: device.atMs,
    note:
      device.isOwn === true
        ? "The adversary's own vault, with the key that opens it"
        : device.locked === true
          ? "The vault's files; the device was locked"
          : "The vault's files, and from the unlocked device's memory the key that opens them (ASSUMED)",
    files,
  };
}
