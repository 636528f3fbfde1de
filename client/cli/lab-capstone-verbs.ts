import type { Command } from "commander";
import { Failure } from "#shared/failure.ts";
import type { Output } from "./output.ts";

type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** Adds `lab capstone list` and `lab capstone run`. */
export function addCapstoneVerbs(lab: Command, act: Act): void {
  const capstone = lab
    .command("capstone")
    .description("scenarios chained: earlier choices change what is possible later")
    .exitOverride();
  const verb = (name: string, description: string): Command =>
    capstone
      .command(name)
      .description(description)
      .option("--json", "one JSON object a line on stdout")
      .exitOverride();
  verb("list", "the capstones that come with the lab, with their acts and choices").action(
    (options) => act(options, async (output) => (await import("./lab-capstone.ts")).list(output)),
  );
  verb("run", "play every act, and again with each choice the other way round")
    .argument("<capstone>", "an id of `lab capstone list`, or a file")
    .option("--seed <number>", "the seed of every act", "1")
    .option("--choose <choice=value...>", "choose otherwise than the file does")
    .option("--out <folder>", "where evidence and report go (default: a new folder here)")
    .action((id: string, options) =>
      act(options, async (output) => {
        if (!/^\d{1,9}$/.test(options.seed)) {
          throw new Failure("usage", "--seed: a whole number below 10^9");
        }
        const pairs = (options.choose ?? []).map((text: string) => {
          const at = text.indexOf("=");
          if (at < 1) throw new Failure("usage", `--choose ${text}: expected choice=value`);
          return [text.slice(0, at), text.slice(at + 1)];
        });
        const choices = Object.fromEntries(pairs);
        const { run } = await import("./lab-capstone.ts");
        await run({ id, seed: Number(options.seed), choices, out: options.out ?? null }, output);
      }),
    );
}
