import { basename } from "node:path";
import { z } from "zod";
import { listChannels, loadChannel } from "#client/core/persist.ts";
import type { Store } from "#client/core/ports.ts";
import type { Channel } from "#client/core/state.ts";
import { readVaultImage, type VaultImage } from "#client/core/vault.ts";
import { hex, textOf, unbase64url } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Artefact, Evidence } from "../evidence.ts";

/** A stolen device as far as its key opens it. */
export interface OpenedDevice {
  readonly artefact: Artefact;
  readonly channels: readonly Channel[];
  readonly records: number;
  readonly segments: number;
  /** Records whose segment is missing or altered. */
  readonly unreadable: number;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const blob = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const unlockedState = z.strictObject({ v: z.literal(1), slotKey: z.string() });

/**
 * Opens a copied vault with the key from its memory. Null when the device was locked, empty, or the key
 * is another's: then nothing of it can be read. Failures: `vault-damaged`, `vault-version`, `malformed`.
 */
export async function openDevice(
  evidence: Evidence,
  artefact: Artefact,
): Promise<OpenedDevice | null> {
  const state = fileOf(artefact, "unlocked.json");
  if (state === null) return null;
  const slotKey = slotKeyOf(await evidence.read(state));
  return slotKey === null ? null : openDeviceWith(evidence, artefact, slotKey);
}

/** The path of a device's file of this name; null when it was not copied. */
export function fileOf(artefact: Artefact, name: string): string | null {
  return artefact.files.find((file) => basename(file.path) === name)?.path ?? null;
}

/** The same with a slot key that was found otherwise. */
export async function openDeviceWith(
  evidence: Evidence,
  artefact: Artefact,
  slotKey: Uint8Array,
): Promise<OpenedDevice | null> {
  const path = fileOf(artefact, "vault.sqlite");
  if (path === null) return null;
  const files = new Map<string, Uint8Array>();
  for (const file of artefact.files) files.set(file.path, await evidence.read(file.path));
  const image = await readVault(evidence, artefact, path);
  if (image === null) return null;
  const opened = readVaultImage(image, slotKey);
  if (opened === null) return null;
  const store = readOnly(opened.records);
  const channels: Channel[] = [];
  for (const id of await listChannels(store)) channels.push(await loadChannel(store, id));
  return {
    artefact,
    channels,
    records: opened.records.size,
    segments: image.segments.size,
    unreadable: opened.unreadable.length,
    files,
  };
}

function slotKeyOf(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length === 0) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(textOf(bytes) ?? "");
  } catch {
    throw new Failure("malformed", "unlocked.json: not JSON");
  }
  const state = unlockedState.safeParse(parsed);
  if (!state.success) throw new Failure("malformed", "unlocked.json: not {v, slotKey}");
  const key = unbase64url(state.data.slotKey);
  return key?.length === 32 ? key : null;
}

/** All rows of a copied vault, still sealed; null when its file is empty. */
export async function readVault(
  evidence: Evidence,
  artefact: Artefact,
  path: string,
): Promise<VaultImage | null> {
  if ((artefact.files.find((file) => file.path === path)?.bytes ?? 0) === 0) return null;
  const database = await evidence.openDatabase(artefact, path);
  try {
    const header = z.tuple([blob]).parse(database.rows("SELECT bytes FROM header")[0]);
    const root = z
      .tuple([z.number(), blob])
      .parse(database.rows("SELECT generation, sealed FROM root")[0]);
    const segments = database
      .rows("SELECT id, sealed FROM segment")
      .map((row) => z.tuple([blob, blob]).parse(row));
    return {
      header: header[0],
      generation: root[0],
      root: root[1],
      segments: new Map(segments.map(([id, sealed]) => [hex(id), sealed])),
    };
  } finally {
    database.close();
  }
}

/** The records of a stolen vault behind the core's own port, so that the core's own decoders read them. */
function readOnly(records: ReadonlyMap<string, Uint8Array>): Store {
  return {
    keys: async (prefix) => [...records.keys()].filter((key) => key.startsWith(prefix)).sort(),
    read: async (key) => records.get(key) ?? null,
    save: async () => {
      throw new Failure("refused", "evidence is only read");
    },
  };
}
