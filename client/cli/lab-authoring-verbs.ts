import type { Command } from "commander";
import type { Output } from "./output.ts";

type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

const load = () => import("./lab-authoring.ts");

/** Adds what a person needs who writes a scenario: `lab new`, `lab check`, `lab schema`. */
export function addAuthoringVerbs(
  verb: (name: string, description: string) => Command,
  act: Act,
): void {
  verb("new", "write a scenario file to begin from, with a comment at each part")
    .argument("<name>", "its id: lower-case letters, digits, hyphens")
    .option("--from <scenario>", "a scenario of `lab list` to copy (default: stolen-device)")
    .action((name: string, options) =>
      act(options, async (output) =>
        (await load()).create(name, options.from ?? "stolen-device", output),
      ),
    );
  verb("check", "say every mistake of a scenario file, with line and column")
    .argument("<file>")
    .action((file: string, options) =>
      act(options, async (output) => (await load()).check(file, output)),
    );
  verb("schema", "print the JSON Schema of scenario files, for editors").action((options) =>
    act(options, async (output) => (await load()).schema(output)),
  );
}
