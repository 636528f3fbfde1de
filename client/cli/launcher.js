#!/usr/bin/env node
// Runs the bundle of the command line, and builds it first when a source has changed. Plain JavaScript,
// committed, with no dependency of its own: it works right after `npm install --ignore-scripts`.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Names the state of the sources by path, size and time of change: reading them all would cost more than starting. */
function stampOfSources() {
  const hash = createHash("sha256");
  const look = (path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|tsx|js)$/.test(entry.name)) look(path);
    }
  };
  for (const folder of ["shared", "server", "client"]) walk(folder);
  look("package.json");
  return hash.digest("hex").slice(0, 16);
}

async function findBundle() {
  // A bundle lives in a folder named after its sources, so that two launches at once, or one while a
  // relay of an older build still runs, never see half of each other's files.
  const folder = join(root, "dist", stampOfSources());
  const bundle = join(folder, "backchannel.js");
  if (existsSync(bundle)) return bundle;
  try {
    const { build } = await import("./build.js");
    await build({ root, folder });
  } catch (error) {
    const missing = error?.code === "ERR_MODULE_NOT_FOUND";
    process.stderr.write(
      missing
        ? "backchannel: the dependencies are not installed; run `npm install` in this folder first\n"
        : `backchannel: the build failed\n${error?.message ?? error}\n`,
    );
    process.exit(1);
  }
  return bundle;
}

const bundle = await findBundle();
nodeModule.enableCompileCache?.(join(root, "node_modules", ".cache", "backchannel"));
process.argv[1] = bundle;
await import(pathToFileURL(bundle).href);
