import { randomBytes } from "node:crypto";
import { link, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "#shared/failure.ts";
import { exerciseTime } from "./clock.ts";
import { type ExerciseEvent, eventSchema, type NewEvent } from "./event.ts";

const logName = "events.jsonl";
const logBytesMax = 64 << 20;
const lockMsMax = 10_000;

/** The log while one process holds it. */
export interface EventLog {
  readonly events: readonly ExerciseEvent[];
  /** Appends events in one write and waits until they are on the disk. */
  append(...added: readonly NewEvent[]): Promise<void>;
}

/** Reads a log. An unfinished last line, left by a crash, was never delivered and does not count. */
export async function readEvents(record: string): Promise<readonly ExerciseEvent[]> {
  return (await readLog(record)).events;
}

async function readLog(record: string): Promise<{ events: ExerciseEvent[]; bytes: number }> {
  const path = join(record, logName);
  const found = await stat(path).catch(() => null);
  if (found === null) return { events: [], bytes: 0 };
  if (found.size > logBytesMax) throw new Failure("malformed", `${logName}: too large`);
  const raw = await readFile(path);
  const bytes = raw.lastIndexOf(0x0a) + 1;
  const rows = raw.subarray(0, bytes).toString("utf8").split("\n").slice(0, -1);
  const events = rows.map((row, at) => {
    let value: unknown = null;
    try {
      value = JSON.parse(row);
    } catch {
      // Falls through to the refusal below: null is no event.
    }
    const parsed = eventSchema.safeParse(value);
    if (!parsed.success || parsed.data.n !== at) {
      throw new Failure("malformed", `${logName}:${at + 1}: not the next event of an exercise`);
    }
    return parsed.data;
  });
  return { events, bytes };
}

/** Holds the log alone while `use` runs, so that nothing is decided on an old state or logged twice. */
export async function withLog<T>(
  record: string,
  now: () => number,
  use: (log: EventLog) => Promise<T>,
): Promise<T> {
  const lock = join(record, "lock");
  await takeLock(lock);
  try {
    const read = await readLog(record);
    const events = read.events;
    const file = await open(join(record, logName), "a", 0o600);
    try {
      await file.truncate(read.bytes);
      return await use({
        events,
        async append(...added) {
          const wallMs = now();
          const rows: ExerciseEvent[] = [];
          for (const each of added) {
            const sofar = [...events, ...rows];
            rows.push(
              eventSchema.parse({
                v: 1,
                n: sofar.length,
                wall: new Date(wallMs).toISOString(),
                atMs: exerciseTime(sofar, wallMs),
                ...each,
              }),
            );
          }
          await file.appendFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
          await file.sync();
          events.push(...rows);
        },
      });
    } finally {
      await file.close();
    }
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * The lock appears with its holder's number in it, by a link: a process that is killed at any moment leaves
 * either no lock or one that says whose it was.
 */
async function takeLock(lock: string): Promise<void> {
  const own = `${lock}.${process.pid}.${randomBytes(6).toString("hex")}`;
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    for (let waited = 0; ; waited += 50) {
      try {
        await link(own, lock);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      if (!(await isHeld(lock))) await removeStale(lock, `${own}.stale`);
      else if (waited > lockMsMax) {
        throw new Failure("locked", "another process holds this exercise");
      } else await wait(50);
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** Two may find the same stale lock: whoever takes a fresh one away by that gives it back. */
async function removeStale(lock: string, aside: string): Promise<void> {
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if (await isHeld(aside)) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isHeld(lock: string): Promise<boolean> {
  const pid = Number(await readFile(lock, "utf8").catch(() => ""));
  // Nothing of ours writes a lock without a number; 0 and less would ask about groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
