import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#shared/failure.ts";
import { rigs } from "../rigs/catalogue.ts";
import { builtInPaths, parseScenario } from "../scenario.ts";
import { scenarioJsonSchema } from "./json-schema.ts";

/** Where a scenario file's editor finds the schema, beside it. */
const schemaFile = "leaklab.schema.json";

/** What a person should know at each part of a scenario file, by its key. */
const comments: Readonly<Record<string, string>> = {
  schema: "The version of this format. Leave it.",
  id: "The name of this scenario, as in the name of the file.",
  title: "One line for lists and the head of reports.",
  risk: "One or more of: information-leak, cybersecurity, spoiler, backlash, reputation, many-channels,\nintermediary, delay.",
  difficulty: "1 to 6: the whole scenario is worth 100, 250, 450, 700, 1000 or 1350 points.",
  minutes: "How long people need for it.",
  grounded_in:
    "Which real events show the mechanism, from public facts, with a source.\nconfidence is established, reported or disputed.",
  objectives: "What people can do afterwards. Injects point here by number, from 1.",
  seed: "random: each run and each team gets another world. A number: always the same.",
  world:
    "Who is there, who talks to whom, and what is said. Times are T+minutes after the first message.",
  defences:
    "The switches that people can turn. Names and values must be those of the algorithm's rig.",
  adversary:
    "What the adversary can get, and when; only what stands here may be read by the attack.",
  attack: "Which algorithm works on which of the things that were obtained.",
  metrics: "What is measured; expectations and questions may name these.",
  expect:
    "What must come out. `lab run` checks each line; `than: baseline` compares with the defaults.",
  questions:
    "Questions of the phases predict, investigate, defend, explain. What is right is a fact of the\nteam's own run (a metric, a fact of the rig, secrets.NAME), so no answer stands here.",
  injects: "What the exercise brings to the teams: at T+minutes of the clock, or on a condition.",
  aar: "What people talk about afterwards.",
};

/**
 * Writes `NAME.yaml` into a folder, made from a scenario of the lab with a comment at each part, and the
 * JSON Schema beside it for editors. No scenario is overwritten. Failures: `usage`, `not-found`.
 */
export async function newScenario(
  name: string,
  from: string,
  folder: string,
): Promise<{ path: string; schema: string }> {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) {
    throw new Failure("usage", "a scenario's name has lower-case letters, digits and hyphens");
  }
  const known = await builtInPaths();
  const source = known.get(from);
  if (source === undefined) {
    const names = [...known.keys()].join(", ");
    throw new Failure("not-found", `no scenario "${from.slice(0, 40)}"; there are ${names}`);
  }
  const text = templateOf(await readFile(source, "utf8"), name, from);
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, text, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new Failure("usage", `${path}: is there already`);
  });
  const schema = join(folder, schemaFile);
  await writeFile(schema, `${JSON.stringify(scenarioJsonSchema(), null, 1)}\n`);
  return { path, schema };
}

/** A scenario's text under another name, with comments. It parses as the original does. */
export function templateOf(text: string, name: string, from: string): string {
  const algorithm = parseScenario(text, `${from}.yaml`).attack.algorithm;
  const rig = rigs.get(algorithm);
  const offers =
    rig === undefined
      ? []
      : [
          `# The algorithm ${algorithm} offers`,
          "#   defences:",
          ...Object.entries(rig.defences).map(
            ([key, values]) => `#     ${key}: ${values.join(", ")}`,
          ),
          ...wrapped("metrics", rig.metrics),
          ...wrapped("facts", rig.facts),
        ];
  const rows = text.split("\n").flatMap((row) => {
    const key = /^([a-z_]+):/.exec(row)?.[1];
    const comment = key === undefined ? undefined : comments[key];
    const written = key === "id" ? `id: ${name}` : row;
    return comment === undefined
      ? [written]
      : [...comment.split("\n").map((line) => `# ${line}`), written];
  });
  return [
    `# yaml-language-server: $schema=./${schemaFile}`,
    `# A scenario for the leak lab, begun from ${from}. Mistakes: backchannel lab check ${name}.yaml`,
    "# The guide is client/lab/GUIDE.md. No code, no templates, no aliases; unknown keys are mistakes.",
    ...offers,
    "",
    ...rows,
  ].join("\n");
}

function wrapped(title: string, names: readonly string[]): string[] {
  const rows: string[] = [];
  for (const name of names) {
    const last = rows.at(-1);
    if (last === undefined || last.length + name.length > 90) rows.push(`#     ${name}`);
    else rows[rows.length - 1] = `${last}, ${name}`;
  }
  return names.length === 0 ? [] : [`#   ${title}:`, ...rows];
}
