import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One source file of the project, with the places that it imports. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Project paths (`shared/bytes.ts`) and bare specifiers (`node:fs`, `zod`), in order. */
  readonly imports: readonly string[];
}

const root = new URL("..", import.meta.url).pathname;

/** Every tracked or new file of the project that git does not ignore. */
export function projectFiles(): string[] {
  const listing = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  return listing.split("\n").filter((path) => path !== "");
}

/** Every TypeScript and JavaScript file, parsed for imports (static, dynamic, type-only, re-exports). */
export function projectSources(): Source[] {
  const sources: Source[] = [];
  for (const path of projectFiles()) {
    if (!/\.(ts|tsx|js)$/.test(path)) continue;
    let text: string;
    try {
      text = readFileSync(join(root, path), "utf8");
    } catch {
      continue; // deleted, not yet committed
    }
    sources.push({
      path,
      text,
      lines: text.split("\n").length - 1,
      imports: importsOf(path, text),
    });
  }
  return sources;
}

function importsOf(path: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)["']([^"'\n]+)["']/gm;
  return [...code.matchAll(pattern)].map((match) => resolve(path, match[1] as string));
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (specifier.startsWith(".")) return normalize(join(dirname(path), specifier));
  return specifier;
}
