import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { type RunResult, runScenario } from "#client/lab/door.ts";

export type Edit = readonly [string | RegExp, string];

/** A scenario file as it stands, before anything is checked. */
// biome-ignore lint/suspicious/noExplicitAny: a file's text is of any shape until it is parsed
export type Raw = any;

/** A folder for a file's runs, gone after them, and the lab's own scenarios with edits. */
export function trials() {
  let root = "";
  let files = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "lab-trial-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  const fresh = () => join(root, `run-${++files}`);
  return {
    fresh,
    /** The path of a copy of a scenario in which each edit has changed something. */
    async edited(id: string, ...edits: readonly Edit[]): Promise<string> {
      const source = new URL(`../../../client/lab/scenarios/${id}.yaml`, import.meta.url);
      let text = await readFile(source, "utf8");
      for (const [from, to] of edits) {
        const next = text.replace(from, to);
        expect(next, `edit ${from} changes the scenario`).not.toBe(text);
        text = next;
      }
      const path = join(root, `${id}-${++files}.yaml`);
      await writeFile(path, text);
      return path;
    },
    run: (path: string, options: Partial<Parameters<typeof runScenario>[0]> = {}) =>
      runScenario({ scenario: { path }, seed: 1, out: fresh(), ...options }),
  };
}

/** Every control and every expectation of the file holds, and there are some. */
export function expectAllToHold(result: RunResult): void {
  expect(result.controls.filter((control) => !control.ok)).toEqual([]);
  expect(result.controls.map((control) => control.kind)).toEqual(
    expect.arrayContaining(["positive", "null"]),
  );
  expect(result.verdict).toBe("measured");
  expect(result.expectations.length).toBeGreaterThan(0);
  expect(result.expectations.filter((each) => !each.ok)).toEqual([]);
}
