import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { packageRoot, packageVersion } from "./package-root.ts";

const run = promisify(execFile);

/**
 * What made a number: `backchannel 0.1.0, commit e79821ef7d7d`, with `changed` where files differ from that
 * commit, and `commit unknown` for a copy without its history. Asked once a process.
 */
export function softwareName(): Promise<string> {
  known ??= ask();
  return known;
}

let known: Promise<string> | null = null;

async function ask(): Promise<string> {
  return `backchannel ${await packageVersion()}, ${await commitOf(packageRoot())}`;
}

export async function commitOf(root: string): Promise<string> {
  const git = async (...words: readonly string[]) =>
    (await run("git", ["-C", root, ...words], { timeout: 10_000 })).stdout.trim();
  try {
    // A copy inside somebody else's repository must not bear that repository's commit.
    const top = await git("rev-parse", "--show-toplevel");
    if ((await realpath(top)) !== (await realpath(root))) return "commit unknown";
    const commit = await git("rev-parse", "--short=12", "HEAD");
    const changes = await git("status", "--porcelain", "--untracked-files=no");
    return `commit ${commit}${changes === "" ? "" : ", changed"}`;
  } catch {
    return "commit unknown";
  }
}
