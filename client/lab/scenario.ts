import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Failure } from "#shared/failure.ts";
import { withDecoys } from "./decoys.ts";
import { labLimits } from "./evidence-limits.ts";
import { packageRoot } from "./package-root.ts";
import { rigs } from "./rigs/catalogue.ts";
import { crossChecks } from "./scenario-checks.ts";
import { type Scenario, scenarioSchema } from "./scenario-schema.ts";
import { parseStrict } from "./strict-yaml.ts";

/**
 * Loads a scenario by its id, or from a file. Failures: `not-found`; `malformed`, whose detail lists
 * every fault as `file:line:column key.path: what is wrong`.
 */
export async function loadScenario(from: { id: string } | { path: string }): Promise<Scenario> {
  return (await readScenario(await scenarioPath(from))).scenario;
}

/** The file of a scenario. Failures: `usage`, `not-found` for an id that the lab has not. */
export function scenarioPath(from: { id: string } | { path: string }): Promise<string> {
  return "path" in from ? Promise.resolve(from.path) : pathOf(from.id);
}

/** A scenario with the text of its file. Failures as for `loadScenario`. */
export async function readScenario(path: string): Promise<{ scenario: Scenario; text: string }> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new Failure("not-found", `${path}: no such file`);
  if (found.size > labLimits.scenarioBytesMax) {
    throw new Failure("malformed", `${basename(path)}: larger than a scenario may be`);
  }
  const text = await readFile(path, "utf8");
  return { scenario: parseScenario(text, basename(path)), text };
}

/** The scenarios that come with the lab. */
export async function builtInScenarios(): Promise<readonly Scenario[]> {
  const paths = await builtInPaths();
  return Promise.all([...paths.values()].map((path) => loadScenario({ path })));
}

/** The files of the scenarios that come with the lab, by id. */
export async function builtInPaths(): Promise<ReadonlyMap<string, string>> {
  const folder = scenarioFolder();
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  return new Map(names.map((name) => [name.replace(/\.yaml$/, ""), join(folder, name)]));
}

function scenarioFolder(): string {
  return join(packageRoot(), "client", "lab", "scenarios");
}

async function pathOf(id: string): Promise<string> {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(id)) {
    throw new Failure("usage", "a scenario's id has lower-case letters, digits and hyphens");
  }
  const known = await builtInPaths();
  const path = known.get(id);
  if (path === undefined) {
    throw new Failure(
      "not-found",
      `no scenario "${id}"; there are ${[...known.keys()].join(", ")}`,
    );
  }
  return path;
}

/** Parses a scenario's text. No aliases, no tags, no duplicate keys, nothing deeper than a scenario is. */
export function parseScenario(text: string, file: string): Scenario {
  const scenario = parseStrict(text, file, scenarioSchema, (parsed) =>
    crossChecks(parsed, rigs.get(parsed.attack.algorithm) ?? null),
  );
  return withDecoys(scenario);
}
