import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readFile, realpath, writeFile } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { z } from "zod";
import { openSqlite, type Sqlite } from "#client/node/sqlite.ts";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "./evidence-limits.ts";

export const evidenceFormat = "backchannel-evidence/1";
export const manifestName = "manifest.json";

/** What can be got hold of. Each kind is one open format, told in the guide. */
export const artefactKinds = [
  "relay-db",
  "access-log",
  "wire",
  "capture",
  "device-state",
  "keystore",
  "transcript",
  "letter",
  "document",
  "picture",
  "publication",
  "marked-copies",
  "commitments",
  "archive",
  "heap",
  "timing",
  "oracle",
  "words",
] as const;
export type ArtefactKind = (typeof artefactKinds)[number];

const evidenceFile = z.strictObject({
  path: z.string().min(1).max(300),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const artefact = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  kind: z.enum(artefactKinds),
  /** Whose it was; null for what belongs to no person. */
  actor: z.string().nullable(),
  /** When it was taken, on the clock of the world that it comes from. */
  at: z.iso.datetime(),
  note: z.string(),
  files: z.array(evidenceFile).max(labLimits.filesMax),
});

export const manifestSchema = z.strictObject({
  format: z.literal(evidenceFormat),
  /** Random id of this bundle. */
  bundle: z.string().regex(/^[0-9a-f]{32}$/),
  scenario: z.string(),
  title: z.string(),
  /** The algorithm that this evidence was gathered for, and its bounds. */
  attack: z.strictObject({
    algorithm: z.string(),
    trials: z.number().int().positive(),
    wallMs: z.number().int().positive(),
    params: z.record(z.string(), z.json()),
  }),
  artefacts: z.array(artefact).max(labLimits.artefactsMax),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Artefact = z.infer<typeof artefact>;

/** Evidence as an attack sees it: exactly the files that the manifest lists, each checked by its hash. */
export interface Evidence {
  readonly manifest: Manifest;
  artefacts(kind: ArtefactKind): readonly Artefact[];
  read(path: string): Promise<Uint8Array>;
  /** Opens a SQLite file on a copy in the scratch folder: evidence is never written to. */
  openDatabase(artefact: Artefact, path: string): Promise<Sqlite>;
}

/**
 * Opens an evidence bundle that the lab made. Failures: `not-found`; `malformed` for a manifest that is
 * not the lab's or a path that leaves the bundle; `integrity` for a file that is not what it was.
 */
export async function openEvidence(folder: string, scratch: string): Promise<Evidence> {
  const manifest = await readManifest(folder);
  const known = new Map<string, z.infer<typeof evidenceFile>>();
  for (const each of manifest.artefacts) {
    for (const file of each.files) {
      checkPath(file.path);
      if (known.has(file.path)) throw new Failure("malformed", `${file.path}: listed twice`);
      known.set(file.path, file);
    }
  }
  const read = async (path: string): Promise<Uint8Array> => {
    const listed = known.get(path);
    if (listed === undefined) {
      throw new Failure("not-found", `${path}: the manifest does not list it`);
    }
    return readListed(folder, listed);
  };
  for (const path of known.keys()) await read(path);
  return {
    manifest,
    artefacts: (kind) => manifest.artefacts.filter((each) => each.kind === kind),
    read,
    openDatabase: async (from, path) => {
      const copies = await mkdtemp(join(scratch, "db-"));
      // A rollback journal or write-ahead log belongs to its database and goes along.
      for (const file of from.files.filter((each) => each.path.startsWith(path))) {
        await writeFile(join(copies, basename(file.path)), await read(file.path));
      }
      return openSqlite(join(copies, basename(path)));
    },
  };
}

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new Failure("not-found", `${manifestName}: this folder is not an evidence bundle`);
  }
  if (found.size > labLimits.manifestBytesMax) {
    throw new Failure("malformed", `${manifestName}: larger than any that the lab writes`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", `${manifestName}: not JSON`);
  }
  const manifest = manifestSchema.safeParse(parsed);
  if (!manifest.success) {
    const issue = manifest.error.issues[0];
    const place = issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
    throw new Failure("malformed", `${manifestName}: not the lab's (${place})`);
  }
  return manifest.data;
}

/** Refuses every path that is not plainly inside the bundle. */
function checkPath(path: string): void {
  const parts = path.split("/");
  const plain = /^[\w./ -]+$/.test(path) && !path.startsWith("/") && !path.includes("\\");
  if (!plain || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new Failure("malformed", `${JSON.stringify(path)}: leaves the bundle`);
  }
}

async function readListed(
  folder: string,
  listed: z.infer<typeof evidenceFile>,
): Promise<Uint8Array> {
  const path = join(folder, listed.path);
  const found = await lstat(path).catch(() => null);
  if (found === null) throw new Failure("not-found", `${listed.path}: missing from the bundle`);
  const root = await realpath(folder);
  // A link, in the file's place or in a folder above it, could point at the ground truth.
  const real = await realpath(path);
  if (!found.isFile() || real !== join(root, ...listed.path.split("/"))) {
    throw new Failure("malformed", `${listed.path}: not a plain file of the bundle`);
  }
  if (!real.startsWith(root + sep)) throw new Failure("malformed", `${listed.path}: outside`);
  if (found.size !== listed.bytes || found.size > labLimits.fileBytesMax) {
    throw new Failure("integrity", `${listed.path}: has another length than when it was taken`);
  }
  const bytes = new Uint8Array(await readFile(path));
  if (sha256Hex(bytes) !== listed.sha256) {
    throw new Failure("integrity", `${listed.path}: is not what it was when it was taken`);
  }
  return bytes;
}

/** SHA-256 of a file's bytes, lower-case hex: what the manifest lists. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Makes the folders above a file. */
export async function makeRoomFor(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
}
