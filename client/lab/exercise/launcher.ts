import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";

/** What people type in an exercise's folder: a program of that name lies there. */
export const launcherName = "backchannel";

/**
 * Writes `./backchannel` into a folder: it runs this very program, wherever the folder lies on this machine.
 * A folder that was carried to another machine says so instead.
 */
export async function writeLauncher(folder: string): Promise<void> {
  const program = join(packageRoot(), "client", "cli", "launcher.js");
  const text = `#!/bin/sh
# Runs the lab that made this folder. It holds no key and no answer.
node=${quoted(process.execPath)}
program=${quoted(program)}
if [ ! -r "$program" ]; then
  echo "backchannel: the lab is not here, or not for this account: tell the facilitator what you would type" >&2
  exit 2
fi
[ -x "$node" ] || node=node
exec "$node" "$program" "$@"
`;
  await writeFile(join(folder, launcherName), text, { mode: 0o755 });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
