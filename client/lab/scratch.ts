import { mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Linux keeps files in memory. */
const memoryFolder = "/dev/shm";
/** Room that must be left there, in bytes: a world's database and vaults take a few megabytes. */
const roomBytes = 512 * 2 ** 20;

/**
 * An empty folder for what a run stages and throws away: in memory where the machine offers that, because a
 * world on a virtual clock would do little else than wait for its disk, and because a world's secrets need
 * never be on one. The caller removes it.
 */
export async function scratchFolder(name: string): Promise<string> {
  const parent = (await hasRoom(memoryFolder)) ? memoryFolder : tmpdir();
  return mkdtemp(join(parent, `backchannel-${name}-`));
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= roomBytes;
  } catch {
    return false;
  }
}
