import { createHash } from "node:crypto";
import { basename } from "node:path";
import { Failure } from "#shared/failure.ts";
import { builtInPaths, readScenario } from "../scenario.ts";
import type { Scenario } from "../scenario-schema.ts";

/** A scenario that is measured, as its file was when the measuring began. */
export interface Subject {
  readonly scenario: Scenario;
  readonly text: string;
  /** The file's name. */
  readonly file: string;
  /** SHA-256 of its text, hex. */
  readonly hash: string;
}

/** Reads scenarios: ids of built-in ones or paths of files; none for all that come with the lab. Failures: `not-found`, and those of scenario files. */
export async function subjectsOf(scenarios: readonly string[]): Promise<Subject[]> {
  const known = await builtInPaths();
  const paths =
    scenarios.length === 0
      ? [...known.values()]
      : scenarios.map((each) => {
          if (/[./\\]/.test(each)) return each;
          const path = known.get(each);
          if (path !== undefined) return path;
          throw new Failure("not-found", `no scenario "${each}"; \`lab list\` names them`);
        });
  return Promise.all(
    paths.map(async (path) => {
      const { scenario, text } = await readScenario(path);
      const hash = createHash("sha256").update(text).digest("hex");
      return { scenario, text, file: basename(path), hash };
    }),
  );
}
