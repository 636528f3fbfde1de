import { existsSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Phase, phases } from "../scenario-question.ts";
import { domainsOf } from "./answer.ts";
import { briefOf, publicQuestion } from "./brief.ts";
import { writeLauncher } from "./launcher.ts";
import { pointsOf } from "./points.ts";
import { readPrices } from "./prices.ts";
import { type Exercise, replace, type Team, teamPlace, writePointer } from "./record.ts";

/** What a reset takes away and lays out anew; other files in the folder are the team's own. */
export const teamFiles = [
  ...["exercise.json", "BRIEF.md", "questions.json", "evidence", "inbox", "backchannel"],
] as const;

/** Whether a team in this phase holds the evidence: before, it could read its predictions off. */
export function holdsEvidence(phase: Phase): boolean {
  return phases.indexOf(phase) >= phases.indexOf("investigate");
}

/**
 * Makes a team's folder what it is in a phase: the brief and the questions up to it, and from `investigate`
 * on the evidence, copied out of the record.
 */
export async function layOut(exercise: Exercise, made: Team, phase: Phase): Promise<void> {
  const { scenario, minutes, late, folder: record } = exercise;
  const { team, folder } = made;
  const points = pointsOf(scenario);
  const domains = domainsOf(made.sheets);
  await mkdir(join(folder, "inbox"), { recursive: true });
  if (holdsEvidence(phase) && !existsSync(join(folder, "evidence", "manifest.json"))) {
    await rm(join(folder, "evidence"), { recursive: true, force: true });
    await cp(join(teamPlace(record, team), "run", "evidence"), join(folder, "evidence"), {
      recursive: true,
    });
  }
  const prices = await readPrices(record);
  const brief = briefOf({ scenario, team, points, minutes, phase, domains, prices, late });
  await writeFile(join(folder, "BRIEF.md"), brief);
  const questions = {
    ...{ v: 1, type: "exercise-questions", scenario: scenario.id },
    questions: scenario.questions
      .filter((each) => phases.indexOf(each.phase) <= phases.indexOf(phase))
      .map((each) => publicQuestion(each, points.get(each.id) ?? 0, domains.get(each.id))),
  };
  await replace(join(folder, "questions.json"), questions, 0o644);
  await writeLauncher(folder);
  await writePointer(folder, { scenario: scenario.id, team, record });
}
