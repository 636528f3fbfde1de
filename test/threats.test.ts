import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { projectFiles, projectSources } from "./source.ts";

interface Threat {
  readonly id: string;
  readonly status: string;
  readonly shownBy: string;
}

const text = readFileSync(new URL("../shared/THREATS.md", import.meta.url), "utf8");

function threatsOf(markdown: string): Threat[] {
  return markdown
    .split("\n")
    .filter((line) => /^\| [A-Z][0-9]+ \|/.test(line))
    .map((line) => {
      const [id = "", , status = "", shownBy = ""] = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return { id, status, shownBy };
    });
}

/** Why a line of THREATS.md is not backed by what it names; null when it is. */
function faultOf(threat: Threat): string | null {
  const { id, status, shownBy } = threat;
  if (!["mitigated", "partial", "accepted"].includes(status)) return `${id}: status ${status}`;
  const title = /^test "(.+)"$/.exec(shownBy)?.[1];
  if (title !== undefined) {
    return tests.some((test) => test.text.includes(title)) ? null : `${id}: no test "${title}"`;
  }
  const scenario = /^lab ([a-z-]+)$/.exec(shownBy)?.[1];
  if (scenario !== undefined && files.has(`client/lab/scenarios/${scenario}.yaml`)) return null;
  return `${id}: "${shownBy}" is no test and no scenario`;
}

const files = new Set(projectFiles());
const tests = projectSources().filter(
  ({ path }) => path.endsWith(".test.ts") && path !== "test/threats.test.ts",
);

test("every threat has a status, and a test or a scenario that exists", () => {
  const threats = threatsOf(text);
  expect(threats.length).toBeGreaterThan(60);
  expect(new Set(threats.map(({ id }) => id)).size).toBe(threats.length);
  expect(threats.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
});

test("a line that names no test, a missing one or a missing scenario is caught", () => {
  const line = { id: "Z1", status: "mitigated", shownBy: "nothing to show" };
  expect(faultOf(line)).toMatch(/is no test and no scenario/);
  expect(faultOf({ ...line, status: "accepted" })).toMatch(/is no test and no scenario/);
  expect(faultOf({ ...line, shownBy: 'test "no such title"' })).toMatch(/no test/);
  expect(faultOf({ ...line, shownBy: "lab no-such-scenario" })).toMatch(/no scenario/);
  expect(faultOf({ ...line, status: "perhaps" })).toMatch(/status/);
});
