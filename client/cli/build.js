// Bundles the command line. The launcher calls it when the sources have changed; `npm run build` by hand.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as esbuild from "esbuild";

/** Stay where npm put them: a native module, and what looks for its WASM, fonts or worker beside itself. */
const external = [
  "libsql",
  "libsodium-wrappers-sumo",
  "@resvg/resvg-wasm",
  "pdfjs-dist",
  "pdfkit",
  "esbuild",
  "bufferutil",
  "utf-8-validate",
];

/** Some dependencies are CommonJS and ask for Node's modules by `require`. */
const banner = {
  js: 'import { createRequire as $createRequire } from "node:module"; const require = $createRequire(import.meta.url);',
};

/** Finished bundles that are kept: an older one may still be running and load its lazy parts late. */
const keptBundlesMax = 4;

/**
 * Builds `backchannel.js`, its lazy chunks and each `<folder>/<name>-worker.ts` into `folder`, all side
 * by side: `new URL("./x-worker.js", import.meta.url)` finds a worker. Safe beside other builders.
 */
export async function build({ root, folder }) {
  const half = `${folder}.${process.pid}.half`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: [
        { in: "client/cli/main.ts", out: "backchannel" },
        ...findWorkers(root).map((path) => ({
          in: path,
          out: path.replace(/^.*\//, "").replace(/\.ts$/, ""),
        })),
      ],
      outdir: half,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      external,
      banner,
      logLevel: "silent",
    });
    // The attack process runs under a guard that lets it read little: one file, packages from npm.
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: ["client/lab/attack-process.ts"],
      outfile: `${half}/attack-process.js`,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      target: "node20.19",
      logLevel: "silent",
    });
    renameSync(half, folder);
  } catch (error) {
    // ENOTEMPTY, EEXIST: somebody else finished the same build first, and theirs is as good.
    if (error?.code !== "ENOTEMPTY" && error?.code !== "EEXIST") throw error;
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  prune(dirname(folder), folder);
}

function findWorkers(root) {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith("-worker.ts")) found.push(path);
    }
  };
  for (const folder of ["server", "client"]) walk(folder);
  return found;
}

function prune(dist, current) {
  const bundles = readdirSync(dist)
    .filter((name) => /^[0-9a-f]{16}$/.test(name) && name !== relative(dist, current))
    .map((name) => ({ path: join(dist, name), at: statSync(join(dist, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of bundles.slice(keptBundlesMax - 1)) {
    rmSync(path, { recursive: true, force: true });
  }
}
