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
import type { z } from "zod";
import { Failure } from "#shared/failure.ts";
import { labLimits } from "./evidence-limits.ts";
import type { Fault } from "./scenario-checks.ts";

/**
 * Parses a file that people wrote: by a strict schema, then by what only the whole file shows. Failure
 * `malformed`, whose detail lists every fault as `file:line:column key.path: what is wrong`.
 */
export function parseStrict<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  check: (value: T) => readonly Fault[],
): T {
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
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  const faults = parsed.success ? check(parsed.data) : parsed.error.issues.flatMap(faultsOf);
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
