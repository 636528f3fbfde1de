import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "./evidence-limits.ts";
import { packageRoot } from "./package-root.ts";
import { rigs } from "./rigs/catalogue.ts";
import { crossChecks, type Fault } from "./scenario-checks.ts";
import { type Scenario, scenarioSchema } from "./scenario-schema.ts";

/**
 * Loads a scenario by its id, or from a file. Failures: `not-found`; `malformed`, whose detail lists
 * every fault as `file:line:column key.path: what is wrong`.
 */
export async function loadScenario(from: { id: string } | { path: string }): Promise<Scenario> {
  const path = "path" in from ? from.path : await pathOf(from.id);
  return (await readScenario(path)).scenario;
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
  if (text.length > labLimits.scenarioBytesMax) {
    throw new Failure("malformed", `${file}: larger than a scenario may be`);
  }
  checkDepth(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: "core",
    strict: true,
    uniqueKeys: true,
    merge: false,
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const problems = [...document.errors, ...document.warnings].map(
    (problem) => `${at(problem.pos[0])} ${problem.message.split("\n")[0]}`,
  );
  problems.push(...forbidden(document, at));
  if (problems.length > 0) throw new Failure("malformed", problems.join("\n"));
  const parsed = scenarioSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  const faults = parsed.success
    ? crossChecks(parsed.data, rigs.get(parsed.data.attack.algorithm) ?? null)
    : parsed.error.issues.flatMap(faultsOf);
  if (faults.length > 0 || !parsed.success) {
    const described = faults.map(
      (fault) => `${at(offsetOf(document, fault.path))} ${fault.path.join(".")}: ${fault.message}`,
    );
    throw new Failure("malformed", described.join("\n"));
  }
  return parsed.data;
}

/** Refused before parsing: a parser that recurses must not be made to overflow. */
function checkDepth(text: string, file: string): void {
  let depth = 0;
  for (const [index, row] of text.split("\n").entries()) {
    const indent = row.search(/\S/);
    const dashes = /^[\s-]*/.exec(row)?.[0].match(/-/g)?.length ?? 0;
    for (const character of row) {
      if (character === "[" || character === "{") depth += 1;
      if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
      if (depth > labLimits.scenarioDepthMax) break;
    }
    const tooDeep = depth > labLimits.scenarioDepthMax || dashes > labLimits.scenarioDepthMax;
    if (tooDeep || indent > 4 * labLimits.scenarioDepthMax) {
      throw new Failure("malformed", `${file}:${index + 1}:1 nested deeper than a scenario is`);
    }
  }
}

function forbidden(document: Document, at: (offset: number) => string): string[] {
  const problems: string[] = [];
  visit(document, (_, node) => {
    if (isAlias(node)) problems.push(`${at(node.range?.[0] ?? 0)} aliases are not allowed`);
    if (isNode(node) && "anchor" in node && node.anchor !== undefined) {
      problems.push(`${at(node.range?.[0] ?? 0)} anchors are not allowed`);
    }
    if (isNode(node) && node.tag !== undefined && !node.tag.startsWith("tag:yaml.org,2002:")) {
      problems.push(`${at(node.range?.[0] ?? 0)} tags are not allowed`);
    }
  });
  return problems;
}

interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/** One fault for each unknown key, so that each gets its own line and column. */
function faultsOf(issue: Issue): Fault[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code !== "unrecognized_keys" || issue.keys === undefined) {
    return [{ path, message: issue.message }];
  }
  return issue.keys.map((key) => ({ path: [...path, key], message: "unknown key" }));
}

/** Where a path of keys lies in the text: at the key for a map's entry, else at the value; nearest that exists. */
function offsetOf(document: Document, path: Fault["path"]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && each.key.value === key);
      if (!isPair(pair)) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isCollection(node)) {
      node = node.get(key, true);
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
