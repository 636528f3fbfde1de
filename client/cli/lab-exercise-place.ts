import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  type Exercise,
  kindOfFolder,
  launcherName,
  openRecord,
  type Table,
  tableAt,
} from "#client/lab/exercise/door.ts";
import { Failure } from "#shared/failure.ts";
import { shellWord } from "./command.ts";

const now = () => Date.now();

/** Where somebody plays: a team's folder; or the record, with the team for which is typed. */
export interface Seat {
  readonly folder: string;
  readonly team: string | null;
}

export function tableOf({ folder, team }: Seat): Promise<Table> {
  return tableAt(folder, now, team);
}

/** A verb of this seat as it can be typed here: the folder's own program, where it has one. */
export function typedAt({ folder, team }: Seat, verb: string): string {
  const here = relative(process.cwd(), resolve(folder));
  const own = join(here, launcherName);
  const program = existsSync(resolve(own)) ? (here === "" ? `./${own}` : own) : launcherName;
  const inFolder = here === "" ? "" : ` --in ${shellWord(here)}`;
  const forTeam = team === null ? "" : ` --team ${team}`;
  return `${shellWord(program)} lab exercise ${verb}${inFolder}${forTeam}`;
}

/**
 * The exercise of a record's folder, for the facilitator's verbs. Failures: `usage` in a team's folder, by the
 * verb's name, so that nobody uses it there by mistake; `not-found`; `refused` for another account's.
 */
export async function deskAt(record: string, verb: string): Promise<Exercise> {
  const kind = await kindOfFolder(record);
  if (kind === "team") {
    throw new Failure(
      "usage",
      `${verb} is the facilitator's: it is typed in the record, or with --record, and this is a team's folder`,
    );
  }
  try {
    return await openRecord(record);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "not-found") throw error;
    const place = resolve(record);
    throw new Failure(
      "not-found",
      `${place}: no record here; go into it, or name it with --record`,
    );
  }
}

/** Asks before what cannot be undone. Failures: `usage` where nobody can be asked; `interrupted`. */
export async function mustBeSure(
  wish: {
    readonly yes: boolean;
    /** What happens, as a sentence. */
    readonly loss: string;
    readonly question: string;
    readonly verb: string;
  },
  output: { readonly interactive: boolean; readonly json: boolean },
): Promise<void> {
  const { yes, loss, question, verb } = wish;
  if (yes) return;
  if (!output.interactive || output.json) {
    throw new Failure("usage", `${loss}; to do it: ${verb} --yes`);
  }
  const { sure } = await import("./prompts.ts");
  if (!(await sure(`${loss}. ${question}`))) throw new Failure("interrupted", "by you");
}
