import { Command, CommanderError } from "commander";
import { Failure } from "#shared/failure.ts";
import { references } from "./catalogue.ts";
import { printed } from "./print.ts";
import type { Reference, ReferenceRun } from "./reference.ts";
import { settle } from "./settle.ts";

interface Options {
  readonly trials?: string;
  readonly seed: string;
  readonly json?: boolean;
}

const program = new Command("lab:reference")
  .description("Every algorithm of the lab on its own model, beside the figures that are published")
  .argument("[name]", `one of ${[...references.keys()].join(", ")}; without one, all`)
  .argument("[key=value...]", "parameters; without any, the published table")
  .option("--trials <n>", "trials of each measurement")
  .option("--seed <n>", "seed of the models", "1")
  .option("--json", "one JSON object a line")
  .exitOverride();

async function main(): Promise<void> {
  program.parse();
  const [name, ...changes] = program.args;
  const options = program.opts<Options>();
  const run: ReferenceRun = {
    seed: whole("--seed", options.seed),
    trials: options.trials === undefined ? null : whole("--trials", options.trials),
    progress(step, done, of) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K[${done}/${of}] ${step}`);
    },
  };
  for (const reference of chosen(name)) await show(reference, changes, run, options.json === true);
}

function chosen(name: string | undefined): readonly Reference[] {
  if (name === undefined) return [...references.values()];
  const reference = references.get(name);
  if (reference !== undefined) return [reference];
  throw new Failure(
    "usage",
    `no reference "${name}"; there are ${[...references.keys()].join(", ")}`,
  );
}

async function show(
  reference: Reference,
  changes: readonly string[],
  run: ReferenceRun,
  json: boolean,
): Promise<void> {
  const settled = settle(reference.name, reference.parameters, changes);
  const rows =
    changes.length === 0 ? await reference.rows(run) : await reference.measure(settled, run);
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const { name, source, differs } = reference;
  const object = {
    v: 1,
    type: "lab-reference",
    name,
    source,
    parameters: settled.all,
    rows,
    differs,
  };
  process.stdout.write(
    json ? `${JSON.stringify(object)}\n` : `${printed(reference, settled, rows).join("\n")}\n`,
  );
}

function whole(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Failure("usage", `${flag} ${text}: expected a whole number`);
  return Number(text);
}

try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (error instanceof Failure) {
    process.stderr.write(`lab:reference: ${error.message}\n`);
    process.exitCode = 2;
  } else {
    throw error;
  }
}
