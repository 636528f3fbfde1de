import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { factOf, type Question } from "../scenario-question.ts";
import { secretsOf } from "./begin.ts";
import { howToAnswer } from "./brief.ts";
import { withExercise } from "./inject.ts";
import { canTryAgain, pointsOf } from "./points.ts";
import { type Exercise, readTeam, teamPlace } from "./record.ts";

const reportFacts = z.looseObject({
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

/**
 * Writes one `challenge.yml` (ctfcli spec 0.1) for each question of a team whose answer CTFd can compare.
 * They hold the answers in plain, so they belong to the facilitator. Gives the ids that were left out.
 * The log says that it was done.
 */
export async function exportChallenges(
  exercise: Exercise,
  team: string,
  out: string,
  now: () => number,
): Promise<{ written: string[]; left: string[] }> {
  await readTeam(exercise.folder, team);
  const place = teamPlace(exercise.folder, team);
  const text = await readFile(join(place, "run", "report.json"), "utf8");
  const { facts } = reportFacts.parse(JSON.parse(text));
  const secrets = await secretsOf(place);
  const points = pointsOf(exercise.scenario);
  const written: string[] = [];
  const left: string[] = [];
  await mkdir(out, { recursive: true, mode: 0o700 });
  for (const question of exercise.scenario.questions) {
    const name = factOf(question.answer);
    const fact =
      name?.startsWith("secrets.") === true
        ? (secrets[name.slice("secrets.".length)] ?? null)
        : (facts[name ?? ""] ?? null);
    const isText = ["flag", "actor", "choice"].includes(question.answer.type);
    if (!isText) {
      left.push(question.id);
      continue;
    }
    const folder = join(out, `${exercise.scenario.id}-${question.id}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const challenge = challengeOf(exercise, question, points.get(question.id) ?? 0, fact);
    await writeFile(join(folder, "challenge.yml"), stringify(challenge), { mode: 0o600 });
    written.push(question.id);
  }
  await withExercise(exercise, now, (log) =>
    log.append({ type: "exported", team, questions: written }),
  );
  return { written, left };
}

function challengeOf(
  { scenario }: Exercise,
  question: Question,
  value: number,
  fact: string | number | null,
): Readonly<Record<string, unknown>> {
  const options =
    question.answer.type === "choice"
      ? question.answer.options.map((option) => `* ${option.value}: ${option.words}`)
      : [];
  return {
    name: `${scenario.title}: ${question.id}`,
    author: "Backchannel leak lab",
    category: scenario.id,
    description: [question.prompt, ...options, `Answer: ${howToAnswer(question)}.`].join("\n\n"),
    value,
    type: "standard",
    attempts: canTryAgain(question) ? 0 : 1,
    flags: [{ type: "static", content: String(fact ?? "nobody"), data: "case_insensitive" }],
    hints: (question.hints ?? []).map(({ text, cost_pct }) => ({
      content: text,
      cost: Math.round((value * cost_pct) / 100),
    })),
    tags: [question.phase, ...scenario.risk],
    ...(question.needs === undefined
      ? {}
      : { requirements: question.needs.map((id) => `${scenario.title}: ${id}`) }),
    state: "hidden",
    version: "0.1",
  };
}
