import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExerciseEvent } from "./event.ts";
import { type Exercise, replace, teamPlace } from "./record.ts";

type InjectEvent = Extract<ExerciseEvent, { type: "inject" }>;

/**
 * What a team was told and has not seen yet, and how many messages lie in its inbox besides. Whoever asks has
 * seen it: that is kept beside the team's sheet, for it says nothing about the course of the exercise.
 */
export async function newsFor(
  exercise: Exercise,
  team: string,
  events: readonly ExerciseEvent[],
): Promise<{ readonly fresh: readonly InjectEvent[]; readonly earlier: number }> {
  const path = join(teamPlace(exercise.folder, team), "seen.json");
  const seen = Number(await readFile(path, "utf8").catch(() => "0")) || 0;
  const told = events.filter(
    (event): event is InjectEvent => event.type === "inject" && event.to === "all",
  );
  if (told.length > seen) await replace(path, told.length);
  return { fresh: told.slice(seen), earlier: Math.min(seen, told.length) };
}
