import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkFile, newScenario, scenarioJsonSchema } from "#client/lab/authoring/door.ts";
import { briefOf } from "#client/lab/exercise/brief.ts";
import { pointsOf } from "#client/lab/exercise/points.ts";
import { builtInPaths, parseScenario } from "#client/lab/scenario.ts";

const good = readFileSync(
  new URL("../../../../client/lab/scenarios/stolen-device.yaml", import.meta.url),
  "utf8",
);

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "authoring-")), "mine.yaml");
  writeFileSync(path, text);
  return path;
}

/** Line and column of a needle, as people count. */
function placeOf(text: string, needle: string): string {
  const at = text.indexOf(needle);
  expect(at).toBeGreaterThan(-1);
  const before = text.slice(0, at).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

describe("each kind of mistake is told with its line and column", () => {
  test.each([
    ["an unknown key", "minutes: 20", "minutes: 20\ncolour: red", "colour:", "colour: unknown key"],
    ["a missing key", "linddun: [Data disclosure]\n", "", "schema:", "linddun: Invalid input"],
    ["a wrong type", "minutes: 20", "minutes: soon", "minutes:", "minutes: Invalid input"],
    [
      "a number out of bounds",
      "difficulty: 2",
      "difficulty: 9",
      "difficulty:",
      "difficulty: Too big",
    ],
    [
      "a word that is no choice",
      "phase: predict",
      "phase: guess",
      "phase: guess",
      "questions.0.phase:",
    ],
    [
      "a name that is nobody's",
      "members: [ada, bor,",
      "members: [zoe, bor,",
      "zoe",
      'no actor "zoe"',
    ],
    [
      "an input not obtained",
      "inputs: [img, db]",
      "inputs: [img, wire]",
      "wire]",
      "attack.inputs.1:",
    ],
    [
      "a fact that nothing makes",
      "fact: heal.by",
      "fact: heal.who",
      "fact: heal.who",
      "questions.1.answer.fact:",
    ],
    [
      "a question named twice",
      "id: past_keys",
      "id: guess",
      "id: guess\n    phase: investigate",
      "questions.3.id:",
    ],
    [
      "an inject without a time",
      "    at: T+8\n",
      "",
      "id: handed-back",
      "injects.0.at: needs a time",
    ],
    [
      "a question for no objective",
      "phase: investigate\n    objective: 2",
      "phase: investigate\n    objective: 8",
      "objective: 8",
      "questions.1.objective:",
    ],
    [
      "an inject for no objective",
      "objective: 2\n    expected_action",
      "objective: 7\n    expected_action",
      "objective: 7",
      "injects.1.objective:",
    ],
    [
      "a metric that is not measured",
      "metric: recovered.fraction, budget",
      "metric: heal.cost, budget",
      "metric: heal.cost",
      "questions.5.answer.metric:",
    ],
    ["an unknown way of delivery", "via: banner", "via: pigeon", "via: pigeon", "injects.1.via:"],
    [
      "a condition on nothing",
      "fact: minutes,",
      "fact: mood,",
      "fact: mood",
      "injects.2.on.0.fact:",
    ],
    [
      "a tolerance below zero",
      "abs_tol: 0.1",
      "abs_tol: -1",
      "abs_tol: -1",
      "questions.0.answer.abs_tol:",
    ],
    ["another version", "schema: leaklab/1", "schema: leaklab/9", "schema: leaklab/9", "schema:"],
    ["a duplicate key", "minutes: 20", "minutes: 20\nminutes: 21", "minutes: 21", "unique"],
    [
      "broken YAML",
      "risk: [information-leak, cybersecurity]",
      "risk: [information-leak",
      "difficulty",
      "",
    ],
    ["an alias", "linddun: [Data disclosure]", "linddun: *nothing", "*nothing", "lias"],
  ])("%s", async (_, before, after, needle, words) => {
    const text = good.replace(before, after);
    expect(text).not.toBe(good);
    const faults = await checkFile(fileOf(text));
    expect(faults.length).toBeGreaterThan(0);
    const place = needle === "difficulty" ? "mine.yaml:" : `mine.yaml:${placeOf(text, needle)} `;
    expect(faults.some((each) => each.startsWith(place) && each.includes(words))).toBe(true);
  });

  test("several mistakes come at once", async () => {
    const text = good
      .replace("minutes: 20", "minutes: soon")
      .replace("difficulty: 2", "difficulty: 9");
    const faults = await checkFile(fileOf(text.replace("seed: random", "seed: some\ncolour: red")));
    expect(faults).toHaveLength(4);
  });

  test("a file in order has none, and one that is not there is said to be missing", async () => {
    expect(await checkFile(fileOf(good))).toEqual([]);
    await expect(checkFile("/nowhere/x.yaml")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("hostile files", () => {
  test.each([
    ["huge", `${good}\n# ${"x".repeat(200_000)}`],
    ["deep", `x: ${"[".repeat(5_000)}`],
    ["deep by dashes", `${"- ".repeat(5_000)}x`],
    ["aliases that multiply", 'a: &a ["x","x"]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]'],
    ["a tag that runs code", good.replace("seed: random", "seed: !!js/function 'x'")],
    ["a merge key", good.replace("seed: random", "seed: random\n<<: { minutes: 1 }")],
    ["a prototype", good.replace("seed: random", "seed: random\n__proto__: { minutes: 1 }")],
    ["a path as id", good.replace("id: stolen-device", "id: ../../etc/passwd")],
    ["a path as a defence", good.replace("values: [never, each-session]", "values: [never, ../x]")],
    ["a path as a question's id", good.replace("id: guess", "id: ../guess")],
    ["a path as an inject's id", good.replace("id: handed-back", "id: ../../handed")],
  ])("one that is %s is refused, quickly", async (_, text) => {
    expect(text).not.toBe(good);
    expect((await checkFile(fileOf(text))).length).toBeGreaterThan(0);
  });

  test("script and control characters in texts come out as text", () => {
    const evil = "<script>alert(1)</script> [x](javascript:alert(1)) `x`";
    const text = good
      .replace(
        "title: The envoy's phone is taken at the airport",
        `title: ${JSON.stringify(`${evil}\u001b[2J\n# head`)}`,
      )
      .replace("role: principal, side: north", `role: ${JSON.stringify(evil)}, side: north`);
    const scenario = parseScenario(text, "s.yaml");
    const brief = briefOf({
      ...{ scenario, team: "blue", points: pointsOf(scenario), minutes: 20, phase: "explain" },
      ...{ domains: new Map(), prices: null, late: "refused" },
    });
    expect(brief).not.toContain("<script>");
    expect(brief).not.toContain("\u001b");
    expect(brief).not.toMatch(/\n# head/);
    expect(brief).not.toMatch(/(^|[^\\])\[x\\?\]\(javascript/);
  });
});

describe("a new scenario", () => {
  test("made from any scenario of the lab is in order, has comments and a schema beside it", async () => {
    for (const from of (await builtInPaths()).keys()) {
      const folder = mkdtempSync(join(tmpdir(), "authoring-"));
      const { path, schema } = await newScenario("mine", from, folder);
      expect(await checkFile(path)).toEqual([]);
      const text = readFileSync(path, "utf8");
      expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/leaklab\.schema\.json/);
      expect(text).toContain("\nid: mine\n");
      expect(text).toContain("# What is measured");
      expect(existsSync(schema)).toBe(true);
    }
  });

  test("overwrites nothing and stays in its folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "authoring-"));
    await newScenario("mine", "stolen-device", folder);
    await expect(newScenario("mine", "stolen-device", folder)).rejects.toThrow(/there already/);
    await expect(newScenario("../mine", "stolen-device", folder)).rejects.toThrow(/lower-case/);
    await expect(newScenario("other", "../../x", folder)).rejects.toThrow(/no scenario/);
  });
});

test("the JSON Schema names every part and refuses unknown keys", () => {
  const schema = scenarioJsonSchema() as {
    properties: Record<string, unknown>;
    additionalProperties: unknown;
    required: string[];
  };
  expect(schema.additionalProperties).toBe(false);
  const parts = ["schema", "world", "attack", "questions", "injects", "aar"];
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(parts));
  expect(schema.required).toContain("attack");
  expect(schema.required).not.toContain("injects");
});
