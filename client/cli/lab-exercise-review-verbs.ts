import type { Command } from "commander";
import { Failure } from "#shared/failure.ts";
import type { Act } from "./lab-act.ts";
import { whole } from "./whole.ts";

const load = () => import("./lab-exercise-review.ts");

/** Adds what fills the after-action report: `note`, `rate`, `plan`; and `log`. */
export function addReviewVerbs(
  verb: (name: string, description: string) => Command,
  act: Act,
): void {
  verb("note", "write down what you saw, for the after-action report")
    .argument("<words...>")
    .option("--team <name>", "about one team")
    .option("--as <heading>", "strength or improve: where the report tells it")
    .action((words: string[], options) =>
      act(options, async (output) => {
        const { team = null, as: about = null } = options;
        await (await load()).note(options.record, { team, words: words.join(" "), about }, output);
      }),
    );
  verb("rate", "list the objectives, or rate one: P, S, M or U")
    .argument("[objective]", "its number, from 1")
    .argument("[rating]", "P, S, M or U")
    .argument("[words...]", "why: the line of evidence")
    .action((objective: string | undefined, rating: string | undefined, words: string[], options) =>
      act(options, async (output) => {
        if (objective !== undefined && rating === undefined) {
          throw new Failure("usage", "which rating? P, S, M or U");
        }
        const rated =
          objective === undefined || rating === undefined
            ? null
            : { objective: whole("objective", objective, 1), rating, words: words.join(" ") };
        await (await load()).rate(options.record, rated, output);
      }),
    );
  verb("plan", "list the improvement plan, or add a line to it")
    .argument("[action...]", "what is to be done")
    .option("--owner <who>", "who does it", "")
    .option("--due <day>", "until when: 2027-01-31", "")
    .option("--drop <line>", "take a line back")
    .action((action: string[], options) =>
      act(options, async (output) => {
        const { owner, due, drop } = options;
        const words = action.join(" ");
        const change =
          drop !== undefined
            ? { drop: whole("--drop", drop, 3) }
            : words === ""
              ? null
              : { action: words, owner, due };
        await (await load()).plan(options.record, change, output);
      }),
    );
  verb("log", "the event log: a line for each event, JSON lines with --json, or a table")
    .option("--csv", "as a table for a spreadsheet")
    .option("--out <file>", "into a new file instead of stdout, as JSON lines or a table")
    .action((options) =>
      act(options, async (output) => {
        const { csv = false, out = null } = options;
        await (await load()).log(options.record, { csv, out }, output);
      }),
    );
}
