import type { Command } from "commander";
import { Failure } from "#shared/failure.ts";
import type { Output } from "./output.ts";
import { whole } from "./whole.ts";

type Act = (
  options: { readonly json?: boolean },
  run: (output: Output, signal: AbortSignal) => Promise<void>,
) => Promise<void>;

const load = () => import("./lab-exercise-review.ts");

/** Adds what fills the after-action report: `note`, `rate`, `plan`; and `log`. */
export function addReviewVerbs(
  verb: (name: string, description: string) => Command,
  act: Act,
): void {
  verb("note", "facilitator: write down what you saw, for the after-action report")
    .argument("<words...>")
    .option("--team <name>", "about one team")
    .option("--as <heading>", "strength or improve: where the report tells it")
    .action((words: string[], options) =>
      act(options, async (output) => {
        const { team = null, as: about = null } = options;
        await (await load()).note(options.in, { team, words: words.join(" "), about }, output);
      }),
    );
  verb("rate", "facilitator: list the objectives, or rate one: P, S, M or U")
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
        await (await load()).rate(options.in, rated, output);
      }),
    );
  verb("plan", "facilitator: list the improvement plan, or add a line to it")
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
        await (await load()).plan(options.in, change, output);
      }),
    );
  verb("log", "facilitator: the event log, as JSON lines or as a table")
    .option("--csv", "as a table for a spreadsheet")
    .option("--out <file>", "into a new file instead of stdout")
    .action((options) =>
      act(options, async (output) => {
        const { csv = false, out = null } = options;
        await (await load()).log(options.in, { csv, out }, output);
      }),
    );
}
