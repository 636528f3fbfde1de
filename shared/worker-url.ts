/**
 * Where a worker thread starts, given the module that starts it (`import.meta`) and the worker's
 * name. Built: `<name>-worker.js` beside the bundle. From source: `<name>-worker.ts` beside the
 * module, through a data: module that registers tsx first, because Node 20 runs the `--import` of a
 * worker too late to load a `.ts` entry (tried: ERR_UNKNOWN_FILE_EXTENSION). Start it with
 * `execArgv: []`, so that flags of the parent's own loader (vitest, tsx) are not inherited.
 */
export function workerUrl(
  meta: { readonly url: string; resolve(specifier: string): string },
  name: string,
): URL {
  if (!meta.url.endsWith(".ts")) return new URL(`./${name}-worker.js`, meta.url);
  const entry = new URL(`./${name}-worker.ts`, meta.url).href;
  const loader = meta.resolve("tsx/esm/api");
  const start = `import { register } from ${JSON.stringify(loader)}; register(); await import(${JSON.stringify(entry)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(start)}`);
}
