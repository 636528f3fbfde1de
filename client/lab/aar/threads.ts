import type { ExerciseEvent } from "../exercise/event.ts";
import type { Thread, TimelineEntry } from "./after-action.ts";
import { effectOf, timelineOf } from "./timeline.ts";

type Inject = Extract<ExerciseEvent, { type: "inject" }>;

const actions: ReadonlySet<TimelineEntry["kind"]> = new Set(["answer", "hint", "defence", "phase"]);

/**
 * Inject, then what teams did before the next one came, then what that did: the measurement of a choice of
 * defences stands at the choice, however much later it was made.
 */
export function threadsOf(events: readonly ExerciseEvent[]): Thread[] {
  const injects = events.filter((event): event is Inject => event.type === "inject");
  return injects.map((inject, at) => {
    const until = injects[at + 1]?.n ?? Number.POSITIVE_INFINITY;
    const between = events.filter((event) => event.n > inject.n && event.n < until);
    return {
      atMs: inject.atMs,
      inject: inject.inject,
      via: inject.via,
      words: inject.body.trim(),
      expected: inject.expectedAction ?? "",
      effect: inject.effect ?? "",
      actions: between.flatMap((event) =>
        event.type === "judged" && event.by === "measurement"
          ? []
          : timelineOf([event])
              .filter(({ kind }) => actions.has(kind))
              .map((entry) => ({ ...entry, effect: effectOf(event, events) ?? entry.effect })),
      ),
    };
  });
}
