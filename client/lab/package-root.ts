import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "#shared/failure.ts";

/** The folder of package.json: above this file in the sources, and above the built bundle alike. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    assert(dirname(folder) !== folder, "the lab lies inside its package");
    folder = dirname(folder);
  }
  return folder;
}

/** The version of this program. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(join(packageRoot(), "package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === "object" && parsed !== null && "version" in parsed
    ? String(parsed.version)
    : "unknown";
}
