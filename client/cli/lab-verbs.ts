import { existsSync } from "node:fs";
import type { Command } from "commander";
import { Failure } from "#shared/failure.ts";
import { addAuthoringVerbs } from "./lab-authoring-verbs.ts";
import { addCapstoneVerbs } from "./lab-capstone-verbs.ts";
import { addExerciseVerbs } from "./lab-exercise-verbs.ts";
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

  verb("list", "the scenarios that come with the lab")
    .option("--long", "with their stories, defences and exercises")
    .action((options) =>
      act(options, async (output) => {
        await (await import("./lab.ts")).list({ long: options.long === true }, output);
      }),
    );

  verb("run", "stage a scenario, capture its evidence, attack it, score it and its controls")
    .argument("[scenario]", "an id of `lab list`, or a scenario file")
    .option("--all", "every scenario that comes with the lab, with a line for each")
    .option("--jobs <n>", "with --all: worker processes (default: one a core)")
    .option("--seed <number>", "the world's seed (default: the scenario's)")
    .option("--out <folder>", "where evidence and report go (default: a new folder here)")
    .option("--set <defence=value...>", "switch a defence on")
    .option("--no-compare", "measure no defence beside the baseline")
    .action((scenario: string | undefined, options) =>
      act(options, async (output) => {
        if (options.all === true) return runAll(options, output);
        if (scenario === undefined)
          throw new Failure("usage", "which scenario? `lab list` names them");
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

  verb("matrix", "measure scenarios against each of their defences on paired seeds")
    .argument("[scenario...]", "ids of `lab list` or scenario files (default: all)")
    .option("--seeds <n>", "how many seeds", "30")
    .option("--seed <number>", "the first seed", "1")
    .option("--jobs <n>", "worker processes; 0 measures in this one (default: one a core)")
    .option("--out <folder>", "what is measured there already is not measured again", "lab-matrix")
    .action((scenarios: string[], options) =>
      act(options, async (output) => {
        const { matrix } = await import("./lab-matrix.ts");
        const { out } = options;
        const seeds = wholeOf("--seeds", options.seeds);
        if (seeds < 1) throw new Failure("usage", "--seeds: at least one");
        const seed = seedOf(options.seed);
        await matrix({ scenarios, seeds, seed, jobs: jobsOf(options.jobs), out }, output);
      }),
    );

  verb("findings", "measure the six findings that planners of a channel expect least")
    .option("--seeds <n>", "how many seeds; below six nothing is decided", "6")
    .option("--seed <number>", "the first seed", "1")
    .option("--jobs <n>", "worker processes; 0 measures in this one (default: one a core)")
    .option(
      "--out <folder>",
      "what is measured there already is not measured again",
      "lab-findings",
    )
    .action((options) =>
      act(options, async (output) => {
        const { findings } = await import("./lab-findings.ts");
        const { out } = options;
        const seeds = wholeOf("--seeds", options.seeds);
        if (seeds < 1) throw new Failure("usage", "--seeds: at least one");
        await findings(
          { seeds, seed: seedOf(options.seed), jobs: jobsOf(options.jobs), out },
          output,
        );
      }),
    );

  lab
    .command("work", { hidden: true })
    .argument("<kind>", "matrix or run: a worker of these verbs, jobs on stdin")
    .action(async (kind: string) => {
      if (kind !== "matrix" && kind !== "run") throw new Failure("usage", "work: matrix or run");
      await (await import("#client/lab/door.ts")).serveLab(kind);
    });

  verb("replay", "make every number of a run, an exercise or a capstone again, and compare")
    .argument(
      "<folder>",
      "a run's or a capstone's folder, an exercise's record, or a team's folder",
    )
    .option("--record <folder>", "of a team: the facilitator's record (default: where it was made)")
    .option("--report <file>", "the after-action.json to compare (default: that of the record)")
    .option("--matrix <folder>", "the matrix that the after-action report was made with")
    .option("--saved", "of an exercise: attack what was saved, stage no world anew")
    .action((folder: string, options) =>
      act(options, async (output) => {
        const { record = null, report = null, matrix = null, saved = false } = options;
        await (await import("./lab-replay.ts")).replay(
          folder,
          { record, report, matrix, stagesAnew: !saved },
          output,
        );
      }),
    );

  verb("report", "write the after-action report of an exercise from its facilitator's record")
    .argument("<record>", "the record's folder")
    .option("--out <folder>", "where the report goes (default: after-action in the record)")
    .option("--matrix <folder>", "a matrix of the same scenario, for what the defences do")
    .action((record: string, options) =>
      act(options, async (output) => {
        const { out = null, matrix = null } = options;
        await (await import("./lab-report.ts")).report({ record, out, matrix }, output);
      }),
    );

  verb("cards", "print a scenario as cards, with measured outcomes in place of invented ones")
    .argument("<scenario>", "an id of `lab list`, or a scenario file")
    .requiredOption("--from <folder>", "what was measured of it: a matrix's folder, or a run's")
    .option("--out <file>", "the page (default: SCENARIO-cards.html here)")
    .action((scenario: string, options) =>
      act(options, async (output) => {
        const { from, out = null } = options;
        await (await import("./lab-cards.ts")).cards({ scenario, from, out }, output);
      }),
    );

  verb("attack", "run one attack again on a saved bundle of evidence")
    .argument("<id>", "the attack, such as stolen-device")
    .argument("<bundle>", "the folder that holds manifest.json")
    .action((id: string, bundle: string, options) =>
      act(options, async (output) =>
        (await import("./lab-attack.ts")).attack({ id, bundle }, output),
      ),
    );

  addExerciseVerbs(lab, act);
  addAuthoringVerbs(verb, act);
  addCapstoneVerbs(lab, act);
}

async function runAll(
  options: { readonly seed?: string; readonly out?: string; readonly jobs?: string },
  output: Output,
): Promise<void> {
  const { all } = await import("./lab-matrix.ts");
  const seed = options.seed === undefined ? 1 : seedOf(options.seed);
  await all({ seed, jobs: jobsOf(options.jobs), out: options.out ?? freeName("lab-all") }, output);
}

/** A name under which nothing lies here yet. */
function freeName(name: string): string {
  for (let number = 1; ; number++) {
    if (!existsSync(`${name}-${number}`)) return `${name}-${number}`;
  }
}

function wholeOf(flag: string, text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new Failure("usage", `${flag}: a whole number`);
  return Number(text);
}

function jobsOf(text: string | undefined): number | null {
  return text === undefined ? null : wholeOf("--jobs", text);
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
