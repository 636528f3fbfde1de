import { createHash, createHmac } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { parseScenario } from "../scenario.ts";
import type { Scenario } from "../scenario-schema.ts";
import { sheetSchema } from "./answer.ts";
import { writeLauncher } from "./launcher.ts";

export const minutesMax = 480;
export const lateRules = ["refused", "marked"] as const;
export type LateRule = (typeof lateRules)[number];

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
  minutes: z.number().int().min(1).max(minutesMax),
  /** 32 bytes, lower-case hex; each team's key comes from it, and its world unless `seed` is given. */
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  /**
   * Fixes every world of the exercise, for a demonstration: whoever knows it can stage a team's world again.
   * Null where worlds come from the secret.
   */
  seed: z.number().int().min(0).nullable(),
  /** What becomes of answers after the time: refused, or taken and marked. */
  late: z.enum(lateRules).default("refused"),
});

const teamSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal("exercise-team"),
  team: z.string(),
  folder: z.string(),
  seed: z.number().int().min(0),
  /** Counts the worlds that this team has had: 0 for its first. */
  world: z.number().int().min(0).default(0),
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
  readonly seed: number | null;
  readonly late: LateRule;
}

export const teamName = /^[a-z][a-z0-9-]{0,30}$/;

/** The key under which a team's answers are checked. */
export function teamKey(exercise: Exercise, team: string): Uint8Array {
  const label = `backchannel lab exercise key\0${team}`;
  return new Uint8Array(createHmac("sha256", exercise.secret).update(label).digest());
}

/**
 * The seed of a team's n-th world, or of another that is called `name`: 31 bits that come from the record's
 * secret by HMAC-SHA-256, so that nobody without the record can stage it. From a fixed seed they come by
 * SHA-256, and anybody who knows that seed can.
 */
export function worldSeed({ seed, secret }: Exercise, name: string, world = 0): number {
  const label = `backchannel lab exercise world\0${name}\0${world}`;
  const digest =
    seed === null
      ? createHmac("sha256", secret).update(label).digest()
      : createHash("sha256").update(`${label}\0${seed}`).digest();
  return digest.readUInt32BE(0) >>> 1;
}

/** Makes a record; its folder must not hold one already. */
export async function writeRecord(
  folder: string,
  parts: {
    readonly scenario: Scenario;
    readonly text: string;
    readonly minutes: number;
    readonly secret: string;
    readonly seed: number | null;
    readonly late?: LateRule;
  },
): Promise<void> {
  const { scenario, text, ...rest } = parts;
  const { id, version } = scenario;
  // Before anything is written: half a record would be in the way of the next attempt.
  const head = recordSchema.parse({
    ...{ v: 1, type: "exercise-record", scenario: id, version },
    ...rest,
  });
  await mkdir(join(folder, "teams"), { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeFile(join(folder, "scenario.yaml"), text, { mode: 0o600 });
  await writeLauncher(folder);
  await replace(join(folder, "exercise.json"), head);
}

/** Opens a record. Failures: `not-found`, `refused` for another account's, `usage` for a team's folder. */
export async function openRecord(folder: string): Promise<Exercise> {
  const path = join(folder, "exercise.json");
  const value = await readJson(path);
  const pointer = pointerSchema.safeParse(value);
  if (pointer.success) {
    throw new Failure(
      "usage",
      `${folder}: this is the folder of team ${pointer.data.team}; the record lies elsewhere`,
    );
  }
  const head = parsed(path, recordSchema, value);
  const text = await readFile(join(folder, "scenario.yaml"), "utf8");
  const scenario = parseScenario(text, "scenario.yaml");
  const secret = unhex(head.secret) ?? new Uint8Array(0);
  const { minutes, seed, late } = head;
  return { folder: resolve(folder), scenario, minutes, secret, seed, late };
}

/** What lies in a folder; null for anything that is not of an exercise. */
export async function kindOfFolder(folder: string): Promise<"record" | "team" | null> {
  const value = await readJson(join(folder, "exercise.json")).catch(() => null);
  if (recordSchema.safeParse(value).success) return "record";
  return pointerSchema.safeParse(value).success ? "team" : null;
}

export async function isRecord(folder: string): Promise<boolean> {
  return (await kindOfFolder(folder)) === "record";
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

/** A team's sheet and place. Failure `not-found` for a name that is not in the exercise. */
export async function readTeam(record: string, team: string): Promise<Team> {
  const path = join(teamPlace(record, team), "team.json");
  if ((await stat(path).catch(() => null)) === null) {
    const teams = await readdir(join(record, "teams")).catch(() => []);
    throw new Failure(
      "not-found",
      `no team "${team}" in this exercise; there are ${teams.join(", ")}`,
    );
  }
  return parsed(path, teamSchema, await readJson(path));
}

/** What a team's folder says about itself. */
export async function writePointer(folder: string, pointer: Omit<Pointer, "v" | "type">) {
  await replace(join(folder, "exercise.json"), { v: 1, type: "exercise", ...pointer }, 0o644);
}

export type Pointer = z.infer<typeof pointerSchema>;

/** The exercise whose team plays in this folder. Failures: `not-found`, `usage`, with what to do. */
export async function readPointer(folder: string): Promise<Pointer> {
  const path = join(folder, "exercise.json");
  if ((await statOf(path)) === null) {
    throw new Failure(
      "not-found",
      `${resolve(folder)}: no exercise here; go into your team's folder, or name it with --in`,
    );
  }
  const value = await readJson(path);
  if (recordSchema.safeParse(value).success) {
    throw new Failure(
      "usage",
      `${resolve(folder)}: this is the facilitator's record; add --team to play for a team`,
    );
  }
  return parsed(path, pointerSchema, value);
}

/** Writes a file as a whole or not at all; a team's files may be handed to another account. */
export async function replace(path: string, value: unknown, mode = 0o600): Promise<void> {
  const fresh = `${path}.new`;
  await writeFile(fresh, `${JSON.stringify(value, null, 1)}\n`, { mode });
  await rename(fresh, path);
}

/** What is at a path; null for nothing. Failure `refused` where this account may not look. */
async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw unreadable(path, code);
  }
}

function unreadable(path: string, code: string | undefined): Failure {
  return code === "EACCES" || code === "EPERM"
    ? new Failure("refused", `${path}: permission denied; it belongs to another account`)
    : new Failure("not-found", `${path}: cannot be read (${code ?? "unknown"})`);
}

async function readJson(path: string): Promise<unknown> {
  const found = await statOf(path);
  if (found === null) throw new Failure("not-found", `${path}: no such file`);
  if (found.size > 1 << 22) throw new Failure("malformed", `${path}: too large`);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error.code);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("malformed", `${path}: not JSON`);
  }
}

function parsed<T>(path: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new Failure("malformed", `${path}: not of an exercise`);
  return result.data;
}
