import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "./package-root.ts";

/** Built once for each process: sources do not change under a run. */
let fromSource: Promise<string> | null = null;

/**
 * The attack process as one plain JavaScript file. Built: `attack-process.js` beside the bundle. From
 * source: bundled once, because a loader for TypeScript needs threads and files that the guard refuses.
 */
export async function attackProgram(): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith(".ts")) {
    fromSource ??= buildProgram(join(dirname(here), "attack-process.ts"));
    return fromSource;
  }
  const beside = join(dirname(here), "attack-process.js");
  return existsSync(beside) ? beside : join(packageRoot(), "dist", "attack-process.js");
}

/** Bundles an entry into a file below node_modules, where its packages resolve; one file for each content. */
export async function buildProgram(entry: string): Promise<string> {
  const { build } = await import("esbuild");
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    absWorkingDir: packageRoot(),
    write: false,
    logLevel: "silent",
  });
  const bytes = built.outputFiles[0]?.contents ?? new Uint8Array(0);
  const name = createHash("sha256").update(bytes).digest("hex").slice(0, 24);
  const folder = join(packageRoot(), "node_modules", ".cache", "backchannel-lab");
  const path = join(folder, `attack-${name}.mjs`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, bytes);
  await rename(draft, path);
  return path;
}
