import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";

const file = new URL("./seeds.txt", import.meta.url);

/** Seeds that have failed once: they are lived first, ever since. */
export function keptSeeds(): number[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map(Number);
}

export function keepSeed(seed: number): void {
  if (!keptSeeds().includes(seed)) appendFileSync(file, `${seed}\n`);
}

/** The first seed of a run on its own: the commit's hash, or 1 where there is no repository. */
export function commitSeed(): number {
  try {
    const hash = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: "pipe" });
    return Number.parseInt(hash.slice(0, 7), 16);
  } catch {
    return 1;
  }
}
