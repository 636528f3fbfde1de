import { lstat, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { scratchFolder } from "#client/lab/scratch.ts";

it("gives each caller an empty folder that nobody else may read", async () => {
  const [one, other] = await Promise.all([scratchFolder("test"), scratchFolder("test")]);
  try {
    expect(one).not.toBe(other);
    expect(basename(one)).toMatch(/^backchannel-test-/u);
    expect((await lstat(one)).mode & 0o777).toBe(0o700);
    await writeFile(join(one, "secret"), "of this run");
    expect(await readdir(other)).toEqual([]);
  } finally {
    for (const folder of [one, other]) await rm(folder, { recursive: true });
  }
});
