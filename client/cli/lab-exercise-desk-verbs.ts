import type { Command } from "commander";
import type { Act } from "./lab-act.ts";
import { addReviewVerbs } from "./lab-exercise-review-verbs.ts";
import { whole } from "./whole.ts";

const load = () => import("./lab-exercise-desk.ts");

/** Adds what the facilitator types, in the record or with `--record`. */
export function addDeskVerbs(exercise: Command, act: Act): void {
  const verb = (name: string, description: string): Command =>
    exercise
      .command(name)
      .description(`facilitator: ${description}`)
      .option("--record <folder>", "the record's folder", ".")
      .option("--json", "one JSON object a line on stdout")
      .exitOverride();
  addScreens(verb, act);
  addCourse(verb, act);
  addJudging(verb, act);
  addReviewVerbs(verb, act);
  addRecord(verb, act);
}

type Verb = (name: string, description: string) => Command;

function addScreens(verb: Verb, act: Act): void {
  verb("board", "clock, teams, injects and what to look at; not for the projector")
    .option("--watch", "again every two seconds, until Ctrl-C; brings injects on time")
    .action((options) =>
      act(options, async (output, signal) =>
        (await load()).board(options.record, { watch: options.watch === true, signal }, output),
      ),
    );
  verb("room", "what may be projected: clock, news, progress, the ballot when it is over")
    .option("--page <file>", "as a page for a browser too; with --watch it keeps up by itself")
    .option("--watch", "again every two seconds, until Ctrl-C; brings injects on time")
    .action((options) =>
      act(options, async (output, signal) =>
        (await import("./lab-exercise-room.ts")).room(
          options.record,
          { page: options.page ?? null, watch: options.watch === true, signal },
          output,
        ),
      ),
    );
}

function addCourse(verb: Verb, act: Act): void {
  verb("clock", "move the exercise's clock")
    .argument("<act>", "start, pause, resume (also after end), extend or end")
    .argument("[minutes]", "with extend: how many", "5")
    .option("--yes", "end without being asked")
    .action((what: string, minutes: string, options) =>
      act(options, async (output) =>
        (await load()).clock(
          options.record,
          { what, minutes: whole("minutes", minutes, 3), yes: options.yes === true },
          output,
        ),
      ),
    );
  verb("inject", "list the injects with their texts, or deliver one")
    .argument("[id]", "deliver this one now")
    .action((id: string | undefined, options) =>
      act(options, async (output) => (await load()).inject(options.record, id ?? null, output)),
    );
  verb("grant", "open the next hint of a question without a price")
    .argument("<question>")
    .option("--team <name>", "one team (default: all)")
    .action((question: string, options) =>
      act(options, async (output) =>
        (await load()).grant(options.record, options.team ?? null, question, output),
      ),
    );
  verb("reset", "give a team the same world again, or another; its points are lost")
    .argument("<team>")
    .option("--new-world", "another world, with other answers")
    .option("--yes", "without being asked")
    .action((team: string, options) =>
      act(options, async (output) =>
        (await load()).reset(
          options.record,
          { team, yes: options.yes === true, fresh: options.newWorld === true },
          output,
        ),
      ),
    );
}

function addJudging(verb: Verb, act: Act): void {
  verb("measure", "measure the chosen defences on worlds that no team has")
    .option(
      "--seeds <n>",
      "how many, two worlds each and some seconds a world (default: 5 while the clock runs, else 30)",
    )
    .action((options) =>
      act(options, async (output, signal) => {
        const { seeds } = options;
        const count = seeds === undefined ? null : whole("--seeds", seeds, 3);
        await (await load()).measure(options.record, { seeds: count, signal }, output);
      }),
    );
  verb("judge", "judge a team's own words, in percent")
    .argument("<team>")
    .argument("<question>")
    .argument("<percent>")
    .argument("[words...]", "what you tell the team; it reads them in score")
    .action((team: string, question: string, percent: string, words: string[], options) =>
      act(options, async (output) =>
        (await load()).judge(
          options.record,
          { team, question, pct: whole("percent", percent, 3), words: words.join(" ") },
          output,
        ),
      ),
    );
}

function addRecord(verb: Verb, act: Act): void {
  verb("export", "CTFd challenges (ctfcli 0.1) of a team's world, with answers; the log says so")
    .requiredOption("--team <name>", "whose world")
    .option("--out <folder>", "where to (default: export/TEAM in the record)")
    .action((options) =>
      act(options, async (output) =>
        (await load()).exportTo(options.record, options.team, options.out ?? null, output),
      ),
    );
  verb("relink", "join a team's folder and the record again after one of them was moved")
    .argument("<team>")
    .option("--folder <folder>", "where the team's folder is now (default: where it was)")
    .action((team: string, options) =>
      act(options, async (output) =>
        (await load()).relink(options.record, team, options.folder ?? null, output),
      ),
    );
}
