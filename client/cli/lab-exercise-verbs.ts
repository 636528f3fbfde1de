import type { Command } from "commander";
import { addReviewVerbs } from "./lab-exercise-review-verbs.ts";
import type { Output } from "./output.ts";
import { whole } from "./whole.ts";

type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

const load = () => import("./lab-exercise.ts");
const loadDesk = () => import("./lab-exercise-desk.ts");

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
A team types status, answer, hint, next, score in its folder. The other verbs are
the facilitator's; they are typed in the record's folder or take --in <record>.`,
    );
  const verb = (name: string, description: string): Command =>
    exercise
      .command(name)
      .description(description)
      .option("--in <folder>", "the team's folder, or the record", ".")
      .option("--json", "one JSON object a line on stdout")
      .exitOverride();
  addTeamVerbs(verb, exercise, act);
  addDeskVerbs(verb, act);
  addReviewVerbs(verb, act);
}

function addTeamVerbs(
  verb: (name: string, description: string) => Command,
  exercise: Command,
  act: Act,
): void {
  exercise
    .command("new")
    .description("stage a world for a team and write its brief, evidence and questions")
    .argument("<scenario>", "an id of `lab list`, or a scenario file")
    .requiredOption("--team <name>", "the team's name: lower-case letters, digits, hyphens")
    .option("--out <folder>", "the team's folder (default: SCENARIO-TEAM here)")
    .option("--record <folder>", "the facilitator's record; teams of one exercise share it")
    .option("--seed <number>", "fixes the worlds of a new exercise")
    .option("--minutes <n>", "how long it lasts (default: the scenario's)")
    .option("--json", "one JSON object a line on stdout")
    .exitOverride()
    .action((scenario: string, options) =>
      act(options, async (output) =>
        (await load()).begin(
          {
            ...{ scenario, team: options.team },
            ...{ out: options.out ?? null, record: options.record ?? null },
            seed: options.seed === undefined ? null : whole("--seed", options.seed, 9),
            minutes: options.minutes === undefined ? null : whole("--minutes", options.minutes, 3),
          },
          output,
        ),
      ),
    );
  verb("status", "where you are, what is open, and what to type next").action((options) =>
    act(options, async (output) => (await load()).status(options.in, output)),
  );
  verb("answer", "answer a question")
    .argument("<question>", "its name in the brief")
    .argument("<answer...>", "what you say")
    .action((question: string, words: string[], options) =>
      act(options, async (output) =>
        (await load()).give(options.in, question, words.join(" "), output),
      ),
    );
  verb("hint", "open the next hint of a question; its price comes off what the question earns")
    .argument("<question>", "its name in the brief")
    .action((question: string, options) =>
      act(options, async (output) => (await load()).openHint(options.in, question, output)),
    );
  verb("next", "go on to the next phase; open questions of this one are closed").action((options) =>
    act(options, async (output) => (await load()).goOn(options.in, output)),
  );
  verb("score", "points so far, question by question").action((options) =>
    act(options, async (output) => (await load()).score(options.in, output)),
  );
}

function addDeskVerbs(verb: (name: string, description: string) => Command, act: Act): void {
  verb("board", "facilitator: clock, teams, injects and what to look at; not for the projector")
    .option("--watch", "again every two seconds, until Ctrl-C")
    .action((options) =>
      act(options, async (output, signal) =>
        (await loadDesk()).board(options.in, { watch: options.watch === true, signal }, output),
      ),
    );
  verb(
    "room",
    "facilitator: what may be projected: clock, news, progress, the ballot when it is over",
  )
    .option("--page <file>", "as a page for a browser too; with --watch it keeps up by itself")
    .option("--watch", "again every two seconds, until Ctrl-C")
    .action((options) =>
      act(options, async (output, signal) =>
        (await import("./lab-exercise-room.ts")).room(
          options.in,
          { page: options.page ?? null, watch: options.watch === true, signal },
          output,
        ),
      ),
    );
  verb("clock", "facilitator: move the exercise's clock")
    .argument("<act>", "start, pause, resume, extend or end")
    .argument("[minutes]", "with extend: how many", "5")
    .action((what: string, minutes: string, options) =>
      act(options, async (output) =>
        (await loadDesk()).clock(options.in, what, whole("minutes", minutes, 3), output),
      ),
    );
  verb("inject", "facilitator: list the injects, or deliver one")
    .argument("[id]", "deliver this one now")
    .action((id: string | undefined, options) =>
      act(options, async (output) => (await loadDesk()).inject(options.in, id ?? null, output)),
    );
  verb("grant", "facilitator: open the next hint of a question without a price")
    .argument("<question>")
    .option("--team <name>", "one team (default: all)")
    .action((question: string, options) =>
      act(options, async (output) =>
        (await loadDesk()).grant(options.in, options.team ?? null, question, output),
      ),
    );
  verb("measure", "facilitator: measure the chosen defences on seeds that no team has")
    .option("--seeds <n>", "how many", "30")
    .action((options) =>
      act(options, async (output) =>
        (await loadDesk()).measure(options.in, whole("--seeds", options.seeds, 3), output),
      ),
    );
  verb("judge", "facilitator: judge a team's own words, in percent")
    .argument("<team>")
    .argument("<question>")
    .argument("<percent>")
    .argument("[words...]", "what you tell the team")
    .action((team: string, question: string, percent: string, words: string[], options) =>
      act(options, async (output) =>
        (await loadDesk()).judge(
          options.in,
          { team, question, pct: whole("percent", percent, 3), words: words.join(" ") },
          output,
        ),
      ),
    );
  verb("reset", "facilitator: give a team the same world again")
    .argument("<team>")
    .action((team: string, options) =>
      act(options, async (output) => (await loadDesk()).reset(options.in, team, output)),
    );
  verb("export", "facilitator: CTFd challenges (ctfcli 0.1) of a team's world, with answers")
    .requiredOption("--team <name>", "whose world")
    .option("--out <folder>", "where to (default: export/TEAM in the record)")
    .action((options) =>
      act(options, async (output) =>
        (await loadDesk()).exportTo(options.in, options.team, options.out ?? null, output),
      ),
    );
}
