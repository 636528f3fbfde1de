import { createHash, createHmac } from "node:crypto";
import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { parseScenario } from "../scenario.ts";
import type { Scenario } from "../scenario-schema.ts";
import { sheetSchema } from "./answer.ts";

/**
 * The facilitator's record of an exercise, a folder of mode 0700: the scenario, the key from which each
 * team's key comes, the log, and for each team its seed, its whole run with ground truth, and the sheet its
 * answers are checked with. A team's folder holds the brief, the evidence and where the record lies.
 */
const recordSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal("exercise-record"),
  scenario: z.string(),
  version: z.string(),
  minutes: z.number().int().min(1).max(480),
  /** 32 bytes, lower-case hex; each team's key comes from it. */
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  /** From which, with the team's name, each world's seed comes. */
  seed: z.number().int().min(0),
});

const teamSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal("exercise-team"),
  team: z.string(),
  folder: z.string(),
  seed: z.number().int().min(0),
  sheets: z.record(z.string(), sheetSchema),
  hashes: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
});

const pointerSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal("exercise"),
  scenario: z.string(),
  team: z.string(),
  record: z.string(),
});

export type Team = z.infer<typeof teamSchema>;

export interface Exercise {
  readonly folder: string;
  readonly scenario: Scenario;
  readonly minutes: number;
  readonly secret: Uint8Array;
  readonly seed: number;
}

export const teamName = /^[a-z][a-z0-9-]{0,30}$/;

/** The key under which a team's answers are checked. */
export function teamKey(exercise: Exercise, team: string): Uint8Array {
  const label = `backchannel lab exercise key\0${team}`;
  return new Uint8Array(createHmac("sha256", exercise.secret).update(label).digest());
}

/** The seed of a team's world: 31 bits of SHA-256 over the exercise's seed and the team's name. */
export function teamSeed(seed: number, team: string): number {
  const digest = createHash("sha256").update(`backchannel lab exercise\0${seed}\0${team}`).digest();
  return digest.readUInt32BE(0) >>> 1;
}

/** Makes a record; its folder must not hold one already. */
export async function writeRecord(
  folder: string,
  parts: { scenario: Scenario; text: string; minutes: number; secret: string; seed: number },
): Promise<void> {
  await mkdir(join(folder, "teams"), { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeFile(join(folder, "scenario.yaml"), parts.text, { mode: 0o600 });
  const { scenario, minutes, secret, seed } = parts;
  const { id, version } = scenario;
  await replace(
    join(folder, "exercise.json"),
    recordSchema.parse({
      ...{ v: 1, type: "exercise-record", scenario: id, version, minutes, secret, seed },
    }),
  );
}

/** Opens a record. Failures: `not-found`, `malformed`. */
export async function openRecord(folder: string): Promise<Exercise> {
  const head = await readJson(join(folder, "exercise.json"), recordSchema);
  const text = await readFile(join(folder, "scenario.yaml"), "utf8");
  const scenario = parseScenario(text, "scenario.yaml");
  const secret = unhex(head.secret) ?? new Uint8Array(0);
  return { folder: resolve(folder), scenario, minutes: head.minutes, secret, seed: head.seed };
}

export async function isRecord(folder: string): Promise<boolean> {
  return (await readJson(join(folder, "exercise.json"), recordSchema).catch(() => null)) !== null;
}

/** Where a team's things lie in the record. */
export function teamPlace(record: string, team: string): string {
  if (!teamName.test(team)) {
    throw new Failure("usage", "a team's name has lower-case letters, digits and hyphens");
  }
  return join(record, "teams", team);
}

export async function writeTeam(record: string, team: Team): Promise<void> {
  await replace(join(teamPlace(record, team.team), "team.json"), teamSchema.parse(team));
}

export async function readTeam(record: string, team: string): Promise<Team> {
  return readJson(join(teamPlace(record, team), "team.json"), teamSchema);
}

/** What a team's folder says about itself. */
export async function writePointer(folder: string, pointer: Omit<Pointer, "v" | "type">) {
  await replace(join(folder, "exercise.json"), { v: 1, type: "exercise", ...pointer });
}

export type Pointer = z.infer<typeof pointerSchema>;

/** The exercise whose team plays in this folder. Failures: `not-found` with what to do. */
export async function readPointer(folder: string): Promise<Pointer> {
  if ((await stat(join(folder, "exercise.json")).catch(() => null)) === null) {
    throw new Failure(
      "not-found",
      `${folder}: no exercise here; go into your team's folder, or name it with --in`,
    );
  }
  return readJson(join(folder, "exercise.json"), pointerSchema);
}

/** Writes a file as a whole or not at all. */
export async function replace(path: string, value: unknown): Promise<void> {
  const fresh = `${path}.new`;
  await writeFile(fresh, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
  await rename(fresh, path);
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure("not-found", `${path}: no such file`);
  if (found.size > 1 << 22) throw new Failure("malformed", `${path}: too large`);
  let value: unknown = null;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new Failure("malformed", `${path}: not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${path}: not of an exercise`);
  return parsed.data;
}
