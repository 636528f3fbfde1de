import { checkFile, newScenario, scenarioJsonSchema } from "#client/lab/authoring/door.ts";
import { Failure } from "#shared/failure.ts";
import { paintOfStdout, print } from "./lab-page.ts";
import type { Output } from "./output.ts";

/** Writes a new scenario file here. */
export async function create(name: string, from: string, output: Output): Promise<void> {
  const { path, schema } = await newScenario(name, from, process.cwd());
  output.object({ v: 1, type: "scenario-file", path, schema });
  if (output.json) return;
  print(`${path}\n`);
  print(`Edit it, then:  backchannel lab check ${name}.yaml`);
  print(`                backchannel lab run ./${name}.yaml --seed 1`);
}

/** Prints every mistake of a file. Failure `usage` when there is one. */
export async function check(file: string, output: Output): Promise<void> {
  const faults = await checkFile(file);
  for (const fault of faults) {
    output.object({ v: 1, type: "scenario-fault", fault });
    if (!output.json) print(fault);
  }
  if (faults.length > 0) {
    const count = faults.length === 1 ? "one mistake" : `${faults.length} mistakes`;
    throw new Failure("usage", `${file}: ${count}`);
  }
  output.object({ v: 1, type: "scenario-checked", file });
  if (!output.json) print(`${paintOfStdout().good("✓")} ${file}: no mistakes`);
}

/** Prints the JSON Schema. */
export async function schema(output: Output): Promise<void> {
  const text = scenarioJsonSchema();
  output.object(text);
  if (!output.json) print(JSON.stringify(text, null, 2));
}
