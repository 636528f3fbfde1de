import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sheetOf } from "#client/lab/exercise/answer.ts";
import type { Domain } from "#client/lab/exercise/domain.ts";
import type { ExerciseEvent } from "#client/lab/exercise/event.ts";
import { readEvents, withLog } from "#client/lab/exercise/log.ts";
import { writePrices } from "#client/lab/exercise/prices.ts";
import {
  type LateRule,
  openRecord,
  teamKey,
  worldSeed,
  writePointer,
  writeRecord,
  writeTeam,
} from "#client/lab/exercise/record.ts";
import type { Table } from "#client/lab/exercise/table.ts";
import { parseScenario } from "#client/lab/scenario.ts";
import { factOf } from "#client/lab/scenario-question.ts";

export const stolenDevice = readFileSync(
  new URL("../../../../client/lab/scenarios/stolen-device.yaml", import.meta.url),
  "utf8",
);

const facts: Record<string, string | number | null> = {
  "recovered.fraction": 0.9,
  "recovered.past": 0.5,
  "recovered.past.key": 0,
  "heal.by": "Heron",
};

/** An exercise with a clock of its own, whose worlds nobody stages. */
export interface Desk {
  readonly record: string;
  wall: number;
  readonly now: () => number;
  /** A team whose world came out as the facts above, with its secret. */
  seat(team: string, secret: string): Promise<Table>;
  folderOf(team: string): string;
  events(): Promise<readonly ExerciseEvent[]>;
  last(): Promise<ExerciseEvent>;
}

export async function openDesk(
  options: { readonly late?: LateRule; readonly text?: string; readonly seed?: number | null } = {},
): Promise<Desk> {
  const { late = "refused", text = stolenDevice, seed = 5 } = options;
  const record = join(mkdtempSync(join(tmpdir(), "exercise-")), "record");
  const scenario = parseScenario(text, "s.yaml");
  await writeRecord(record, { scenario, text, minutes: 20, secret: "ab".repeat(32), seed, late });
  const desk: Desk = {
    ...{ record, wall: Date.UTC(2030, 0, 1), now: () => desk.wall },
    folderOf: (team) => join(record, "..", team),
    events: () => readEvents(record),
    last: async () => (await readEvents(record)).at(-1) as ExerciseEvent,
    seat: (team, secret) => seat(desk, team, secret),
  };
  const { id, version } = scenario;
  await withLog(record, desk.now, (log) =>
    log.append({ type: "created", scenario: id, version, minutes: 20 }),
  );
  // As one world of this scenario would cost.
  const cost = (commits: number) => ({ commits, frames: 300 });
  await writePrices(record, {
    ...{ seed: 1, base: cost(10) },
    changes: {
      "removal=after-theft": cost(11),
      "others_update=each-session": cost(19),
      "victim_updates=after-theft": cost(12),
      "victim_updates=after-theft removal=after-theft": cost(13),
    },
  });
  return desk;
}

async function seat(desk: Desk, team: string, secret: string): Promise<Table> {
  const { record, now } = desk;
  const exercise = await openRecord(record);
  const folder = desk.folderOf(team);
  const evidence = join(record, "teams", team, "run", "evidence");
  mkdirSync(evidence, { recursive: true });
  writeFileSync(join(evidence, "manifest.json"), "{}");
  mkdirSync(folder, { recursive: true });
  const key = teamKey(exercise, team);
  const sheets = Object.fromEntries(
    exercise.scenario.questions.map((each) => {
      const name = factOf(each.answer);
      const fact = name === "secrets.fallback" ? secret : (facts[name ?? ""] ?? null);
      const place = { scenario: exercise.scenario.id, question: each.id };
      const domain: Domain = name?.startsWith("recovered.") === true ? "share" : "number";
      return [each.id, sheetOf(key, place, each.answer, fact, domain)];
    }),
  );
  const seed = worldSeed(exercise, team);
  await writeTeam(record, {
    ...{ v: 1, type: "exercise-team", team, folder, seed, world: 0, sheets, hashes: [] },
  });
  await writePointer(folder, { scenario: exercise.scenario.id, team, record });
  await withLog(record, now, (log) => log.append({ type: "team", team, reset: false }));
  return { exercise, team, now };
}
