import type { ExerciseEvent } from "./event.ts";

export interface ExerciseClock {
  readonly state: "not started" | "running" | "paused" | "ended";
  /** Exercise time in milliseconds: pauses do not count. */
  readonly atMs: number;
  /** When the exercise is over, in exercise time. */
  readonly endMs: number;
}

/** The exercise's clock as its log and the wall clock give it. */
export function clockOf(events: readonly ExerciseEvent[], wallMs: number): ExerciseClock {
  let state: ExerciseClock["state"] = "not started";
  let passed = 0;
  let since = 0;
  let endMs = 0;
  for (const event of events) {
    if (event.type === "created") endMs = event.minutes * 60_000;
    if (event.type !== "clock") continue;
    const at = Date.parse(event.wall);
    if (event.what === "extended") endMs += event.byMs;
    if (state === "running" && (event.what === "paused" || event.what === "ended")) {
      passed += Math.max(0, at - since);
      state = event.what;
    }
    if (event.what === "ended") state = "ended";
    // An end is taken back as a pause is: nobody can answer meanwhile, and no time passes.
    const runs = event.what === "started" || event.what === "resumed";
    if (runs && state !== "running") {
      state = "running";
      since = at;
    }
  }
  // A wall clock that is set back must not turn the exercise's time back below what was logged.
  const atMs = Math.max(
    state === "running" ? passed + Math.max(0, wallMs - since) : passed,
    events.at(-1)?.atMs ?? 0,
  );
  return { state, atMs, endMs };
}

/** Whether the time of an exercise that still runs is over. */
export function isOverTime({ state, atMs, endMs }: ExerciseClock): boolean {
  return state !== "ended" && atMs > endMs;
}

/** Exercise time as people read it: `8:16 of 20 minutes`. */
export function timeText({ atMs, endMs }: ExerciseClock): string {
  const seconds = String(Math.floor(atMs / 1_000) % 60).padStart(2, "0");
  const minutes = Math.round(endMs / 60_000);
  return `${Math.floor(atMs / 60_000)}:${seconds} of ${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
}

/** Exercise time in milliseconds. */
export function exerciseTime(events: readonly ExerciseEvent[], wallMs: number): number {
  return clockOf(events, wallMs).atMs;
}
