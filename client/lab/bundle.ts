import { lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { openSqlite } from "#client/node/sqlite.ts";
import { assert, Failure } from "#shared/failure.ts";
import {
  type Artefact,
  type ArtefactKind,
  evidenceFormat,
  type Manifest,
  makeRoomFor,
  manifestName,
  manifestSchema,
  sha256Hex,
} from "./evidence.ts";
import { scratchFolder } from "./scratch.ts";

/** One captured artefact before it is written: its files by their paths inside the bundle. */
export interface Capture {
  readonly id: string;
  readonly kind: ArtefactKind;
  readonly actor: string | null;
  readonly atMs: number;
  readonly note: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface BundlePlan {
  readonly folder: string;
  readonly bundle: string;
  readonly scenario: string;
  readonly title: string;
  readonly attack: Manifest["attack"];
  readonly captures: readonly Capture[];
}

/** Writes a bundle into a folder that does not exist yet. Failure `usage` when it does. */
export async function writeBundle(plan: BundlePlan): Promise<Manifest> {
  if ((await lstat(plan.folder).catch(() => null)) !== null) {
    throw new Failure("usage", `${plan.folder}: exists already, evidence is never overwritten`);
  }
  await mkdir(plan.folder, { recursive: true });
  const artefacts: Artefact[] = [];
  for (const capture of plan.captures) {
    const files: Artefact["files"] = [];
    for (const [path, bytes] of capture.files) {
      const target = join(plan.folder, path);
      await makeRoomFor(target);
      await writeFile(target, bytes);
      files.push({ path, bytes: bytes.length, sha256: sha256Hex(bytes) });
    }
    const { id, kind, actor, note } = capture;
    artefacts.push({ id, kind, actor, at: new Date(capture.atMs).toISOString(), note, files });
  }
  const manifest: Manifest = {
    format: evidenceFormat,
    bundle: plan.bundle,
    scenario: plan.scenario,
    title: plan.title,
    attack: plan.attack,
    artefacts,
  };
  await writeFile(join(plan.folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** The manifest of a bundle that the lab wrote. */
export async function manifestOf(bundle: string): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(join(bundle, manifestName), "utf8")));
}

/**
 * Images the relay's database: the file as it would open, and the write-ahead log that lay beside it, raw,
 * for what older pages it may hold. The relay may be running, as long as nothing is being written.
 */
export async function imageDatabase(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const scratch = await scratchFolder("image");
  try {
    const copy = join(scratch, "relay.sqlite");
    await writeFile(copy, await readFile(path));
    const log = await readFile(`${path}-wal`).catch(() => null);
    if (log !== null && log.length > 0) {
      await writeFile(`${copy}-wal`, log);
      files.set("relay/relay.wal.bin", new Uint8Array(log));
    }
    const database = openSqlite(copy);
    // One file that any SQLite tool opens without changing it, so that its hash goes on to hold.
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)");
    database.rows("PRAGMA journal_mode = DELETE");
    database.close();
    files.set("relay/relay.sqlite", new Uint8Array(await readFile(copy)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return files;
}

/** Every plain file below a folder, byte for byte, under `prefix`. */
export async function imageFolder(
  folder: string,
  prefix: string,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    assert(basename(entry.name) === entry.name, "a directory lists plain names");
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const [below, bytes] of await imageFolder(path, `${prefix}/${entry.name}`)) {
        files.set(below, bytes);
      }
    } else if (entry.isFile()) {
      files.set(`${prefix}/${entry.name}`, new Uint8Array(await readFile(path)));
    }
  }
  return files;
}
