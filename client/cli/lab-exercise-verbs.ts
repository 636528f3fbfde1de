import type { Command } from "commander";
import type { Act } from "./lab-act.ts";
import { addDeskVerbs } from "./lab-exercise-desk-verbs.ts";
import type { Seat } from "./lab-exercise-place.ts";
import { whole } from "./whole.ts";

const load = () => import("./lab-exercise.ts");

/** Adds `lab exercise …`: first what a team types, then what the facilitator types. */
export function addExerciseVerbs(lab: Command, act: Act): void {
  const exercise = lab
    .command("exercise")
    .description("play a scenario against the clock: new, then follow the brief")
    .exitOverride()
    .addHelpText(
      "after",
      `
To begin:   backchannel lab exercise new stolen-device --team blue
            cd stolen-device-blue, then read BRIEF.md
A team types status, answer, hint, price, next and score in its folder, where
./backchannel is this program. The other verbs are the facilitator's: typed in
the record's folder, or with --record.

A team under your own account could open the record: there the two are kept
apart by courtesy only. Where that is not enough, give the team its folder
alone, on another account or machine, and type for it what it says:
            backchannel lab exercise answer ID "..." --in RECORD --team blue

Injects that come by themselves come when anybody types a verb, while board or
room run with --watch, and while measure runs: let board --watch run.`,
    );
  addNew(exercise, act);
  addTeamVerbs(exercise, act);
  addDeskVerbs(exercise, act);
}

function addNew(exercise: Command, act: Act): void {
  exercise
    .command("new")
    .description("stage a world for a team and write its brief and questions")
    .argument("<scenario>", "an id of `lab list`, or a scenario file")
    .requiredOption("--team <name>", "the team's name: lower-case letters, digits, hyphens")
    .option("--out <folder>", "the team's folder (default: SCENARIO-TEAM here)")
    .option(
      "--record <folder>",
      "the facilitator's record; teams of one exercise share it (default: a new one, away from here)",
    )
    .option("--seed <number>", "for a demonstration: fixes the worlds of a new exercise")
    .option("--minutes <n>", "how long it lasts (default: the scenario's)")
    .option("--late <rule>", "answers after the time: refused, or marked (default: refused)")
    .option("--json", "one JSON object a line on stdout")
    .exitOverride()
    .action((scenario: string, options) =>
      act(options, async (output, signal) =>
        (await load()).begin(
          {
            ...{ signal, scenario, team: options.team, late: options.late ?? null },
            ...{ out: options.out ?? null, record: options.record ?? null },
            seed: options.seed === undefined ? null : whole("--seed", options.seed, 9),
            minutes: options.minutes === undefined ? null : whole("--minutes", options.minutes, 3),
          },
          output,
        ),
      ),
    );
}

function addTeamVerbs(exercise: Command, act: Act): void {
  const verb = (name: string, description: string): Command =>
    exercise
      .command(name)
      .description(description)
      .option("--in <folder>", "the team's folder; or the record, with --team", ".")
      .option("--team <name>", "in the record: the team for which you type")
      .option("--json", "one JSON object a line on stdout")
      .exitOverride();
  verb("status", "where you are, what is open, and what to type next").action((options) =>
    act(options, async (output) =>
      (await import("./lab-exercise-status.ts")).status(seatOf(options), output),
    ),
  );
  verb("answer", "answer a question")
    .argument("<question>", "its name in the brief")
    .argument("<answer...>", "what you say")
    .action((question: string, words: string[], options) =>
      act(options, async (output) =>
        (await load()).give(seatOf(options), question, words.join(" "), output),
      ),
    );
  verb("hint", "open the next hint of a question; its price comes off what the question earns")
    .argument("<question>", "its name in the brief")
    .action((question: string, options) =>
      act(options, async (output) => (await load()).openHint(seatOf(options), question, output)),
    );
  verb("price", "what a choice of defences costs of the budget; it is no answer")
    .argument("<choice...>", "defence=value defence=value")
    .action((words: string[], options) =>
      act(options, async (output) =>
        (await load()).price(seatOf(options), words.join(" "), output),
      ),
    );
  verb("next", "go on to the next phase; open questions of this one are closed")
    .option("--yes", "also where questions are open")
    .action((options) =>
      act(options, async (output) =>
        (await load()).goOn(seatOf(options), options.yes === true, output),
      ),
    );
  verb("score", "points so far, question by question").action((options) =>
    act(options, async (output) => (await load()).score(seatOf(options), output)),
  );
}

function seatOf(options: { readonly in: string; readonly team?: string }): Seat {
  return { folder: options.in, team: options.team ?? null };
}
