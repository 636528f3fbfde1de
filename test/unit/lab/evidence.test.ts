import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeBundle } from "#client/lab/bundle.ts";
import { type Manifest, manifestSchema, openEvidence, sha256Hex } from "#client/lab/evidence.ts";
import { utf8 } from "#shared/bytes.ts";

let root: string;
let bundle: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "evidence-test-"));
  bundle = join(root, "evidence");
  await writeBundle({
    folder: bundle,
    bundle: "0".repeat(32),
    scenario: "seized-relay",
    title: "A test",
    attack: { algorithm: "seized-relay", trials: 10, wallMs: 1_000, params: {} },
    captures: [
      {
        id: "log",
        kind: "transcript",
        actor: null,
        atMs: 0,
        note: "a line",
        files: new Map([["transcripts/a.jsonl", utf8('{"a":1}\n')]]),
      },
    ],
  });
  await writeFile(join(root, "truth.json"), "what really happened");
});

afterEach(() => rm(root, { recursive: true, force: true }));

const manifestPath = () => join(bundle, "manifest.json");

async function change(edit: (manifest: Manifest) => unknown): Promise<void> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(manifestPath(), "utf8")));
  await writeFile(manifestPath(), JSON.stringify(edit(manifest)));
}

function withPath(path: string): (manifest: Manifest) => Manifest {
  return (manifest) => {
    const bytes = utf8("what really happened");
    manifest.artefacts[0]!.files = [{ path, bytes: bytes.length, sha256: sha256Hex(bytes) }];
    return manifest;
  };
}

const open = () => openEvidence(bundle, root);

describe("an evidence bundle", () => {
  test("gives back each listed file as it was", async () => {
    const evidence = await open();
    expect(evidence.artefacts("transcript")).toHaveLength(1);
    expect(await evidence.read("transcripts/a.jsonl")).toEqual(utf8('{"a":1}\n'));
  });

  test("does not give a file that the manifest does not list", async () => {
    await writeFile(join(bundle, "notes.txt"), "mine");
    const evidence = await open();
    await expect(evidence.read("notes.txt")).rejects.toMatchObject({ code: "not-found" });
  });

  test("is never written over", async () => {
    const plan = { folder: bundle, bundle: "0".repeat(32), scenario: "x", title: "x" };
    const attack = { algorithm: "x", trials: 1, wallMs: 1, params: {} };
    await expect(writeBundle({ ...plan, attack, captures: [] })).rejects.toMatchObject({
      code: "usage",
    });
  });

  test("a flipped bit in a file is refused", async () => {
    await writeFile(join(bundle, "transcripts/a.jsonl"), '{"a":2}\n');
    await expect(open()).rejects.toMatchObject({ code: "integrity" });
  });

  test("a file that grew is refused", async () => {
    await writeFile(join(bundle, "transcripts/a.jsonl"), '{"a":1}\n\n');
    await expect(open()).rejects.toMatchObject({ code: "integrity" });
  });

  test("a missing file is named", async () => {
    await rm(join(bundle, "transcripts/a.jsonl"));
    await expect(open()).rejects.toThrow(/transcripts\/a\.jsonl: missing/);
  });

  test.each([
    "../truth.json",
    "transcripts/../../truth.json",
    "/etc/hostname",
    "./a",
    "a//b",
    "a\\b",
  ])("a path that leaves the bundle is refused: %s", async (path) => {
    await change(withPath(path));
    await expect(open()).rejects.toMatchObject({ code: "malformed" });
  });

  test("a link to the ground truth is refused, as a file and as a folder", async () => {
    await symlink(join(root, "truth.json"), join(bundle, "link.json"));
    await change(withPath("link.json"));
    await expect(open()).rejects.toMatchObject({ code: "malformed" });
    await mkdir(join(root, "outside"));
    await writeFile(join(root, "outside", "t.json"), "what really happened");
    await symlink(join(root, "outside"), join(bundle, "folder"));
    await change(withPath("folder/t.json"));
    await expect(open()).rejects.toMatchObject({ code: "malformed" });
  });

  test("a folder without the lab's manifest is no bundle", async () => {
    await rm(manifestPath());
    await expect(open()).rejects.toMatchObject({ code: "not-found" });
  });

  test.each([
    ["another format", (m: Manifest) => ({ ...m, format: "evidence/2" })],
    ["an unknown key", (m: Manifest) => ({ ...m, seed: 1 })],
    [
      "no hash",
      (m: Manifest) => ({ ...m, artefacts: [{ ...m.artefacts[0], files: [{ path: "a" }] }] }),
    ],
  ])("a manifest with %s is refused", async (_, edit) => {
    await change(edit);
    await expect(open()).rejects.toMatchObject({ code: "malformed" });
  });

  test("the manifest names no seed and no ground truth", async () => {
    expect(await readFile(manifestPath(), "utf8")).not.toMatch(/seed|truth/);
  });
});
