import type { Command } from "commander";
import { Failure } from "#shared/failure.ts";
import type { Output } from "./output.ts";

type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** Adds `lab list`, `lab run` and `lab attack`; the lab itself is loaded only when one of them runs. */
export function addLabVerbs(lab: Command, act: Act): void {
  const verb = (name: string, description: string): Command =>
    lab
      .command(name)
      .description(description)
      .option("--json", "one JSON object a line on stdout")
      .exitOverride();

  verb("list", "the scenarios that come with the lab").action((options) =>
    act(options, async (output) => (await import("./lab.ts")).list(output)),
  );

  verb("run", "stage a scenario, capture its evidence, attack it, score it and its controls")
    .argument("<scenario>", "an id of `lab list`, or a scenario file")
    .option("--seed <number>", "the world's seed (default: the scenario's)")
    .option("--out <folder>", "where evidence and report go (default: a new folder here)")
    .option("--set <defence=value...>", "switch a defence on")
    .option("--no-compare", "measure no defence beside the baseline")
    .action((scenario: string, options) =>
      act(options, async (output) => {
        const { run } = await import("./lab.ts");
        await run(
          {
            scenario,
            seed: options.seed === undefined ? null : seedOf(options.seed),
            out: options.out ?? null,
            defences: defencesOf(options.set ?? []),
            compare: options.compare,
          },
          output,
        );
      }),
    );

  verb("attack", "run one attack again on a saved bundle of evidence")
    .argument("<id>", "the attack, such as stolen-device")
    .argument("<bundle>", "the folder that holds manifest.json")
    .action((id: string, bundle: string, options) =>
      act(options, async (output) => (await import("./lab.ts")).attack({ id, bundle }, output)),
    );
}

function seedOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Failure("usage", "--seed: a whole number below 10^9");
  return Number(text);
}

function defencesOf(settings: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    settings.map((setting) => {
      const at = setting.indexOf("=");
      if (at < 1) throw new Failure("usage", `--set ${setting}: expected defence=value`);
      return [setting.slice(0, at), setting.slice(at + 1)];
    }),
  );
}
