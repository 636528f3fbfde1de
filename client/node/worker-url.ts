import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { WorkerOptions } from "node:worker_threads";

/**
 * Where a worker of this folder lies and how to start it: `<name>.ts` beside this source, loaded by
 * tsx, or `<name>.js` beside the built bundle (dist/).
 */
export function workerStart(name: string): { url: URL; options: WorkerOptions } {
  if (!import.meta.url.endsWith(".ts")) {
    return { url: new URL(`./${name}.js`, import.meta.url), options: { execArgv: [] } };
  }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx"));
  return {
    url: new URL(`./${name}.ts`, import.meta.url),
    options: { execArgv: ["--import", tsx.href] },
  };
}
