import type { ExerciseEvent } from "../exercise/event.ts";
import type { TimelineEntry } from "./after-action.ts";

/** The events of an exercise as people read them, in the order of its log. */
export function timelineOf(events: readonly ExerciseEvent[]): TimelineEntry[] {
  return events.flatMap((event) => {
    const told = tell(event);
    return told === null ? [] : [{ atMs: event.atMs, ...told }];
  });
}

type Told = Omit<TimelineEntry, "atMs">;

function tell(event: ExerciseEvent): Told | null {
  switch (event.type) {
    case "created":
      return null;
    case "team":
      return event.reset
        ? { kind: "reset", team: event.team, words: "got the same world again", effect: "" }
        : { kind: "note", team: event.team, words: "got its world", effect: "" };
    case "clock": {
      const more =
        event.what === "extended" ? ` by ${Math.round(event.byMs / 60_000)} minutes` : "";
      return { kind: "clock", team: null, words: `the clock was ${event.what}${more}`, effect: "" };
    }
    case "phase":
      return { kind: "phase", team: event.team, words: `went on to ${event.phase}`, effect: "" };
    case "answer":
      return {
        kind: event.phase === "defend" ? "defence" : "answer",
        team: event.team,
        words: `${event.question}: ${event.said}`,
        effect: `${event.outcome}${markOf(event.earned, event.of)}`,
      };
    case "judged":
      return {
        kind: "answer",
        team: event.team,
        words: `${event.question} was judged by ${event.by}: ${event.words}`,
        effect: `${measuredOf(event)}${markOf(event.earned, event.of)}`,
      };
    case "hint":
      return {
        kind: "hint",
        team: event.team,
        words: `${event.question}: hint ${event.hint}${event.granted ? ", granted" : ""}`,
        effect: event.costPct === 0 ? "free" : `−${event.costPct} %`,
      };
    case "solution":
      return {
        kind: "hint",
        team: event.team,
        words: `${event.question}: looked at the solution`,
        effect: "worth nothing any more",
      };
    case "inject":
      return { kind: "inject", team: null, words: event.body, effect: event.effect ?? "" };
    case "flag":
      return { kind: "note", team: event.team, words: event.what, effect: event.question };
    case "note":
      return { kind: "note", team: event.team, words: event.words, effect: "" };
    case "exported":
      return {
        kind: "note",
        team: event.team,
        words: `its answers were exported: ${event.questions.join(", ")}`,
        effect: "",
      };
    case "rating": {
      const words = `objective ${event.objective} was rated ${event.rating}`;
      return { kind: "note", team: null, words, effect: event.words };
    }
    case "plan": {
      const words = event.dropped ? `taken back: ${event.action}` : `planned: ${event.action}`;
      return { kind: "note", team: null, words, effect: event.owner };
    }
  }
}

/** What an answer was measured to do, if it was judged later; null where there is no more to say. */
export function effectOf(event: ExerciseEvent, events: readonly ExerciseEvent[]): string | null {
  if (event.type !== "answer" || event.outcome !== "waiting") return null;
  const later = events.filter(({ n }) => n > event.n);
  const reset = later.find((each) => each.type === "team" && each.team === event.team);
  const judged = later.find(
    (each) =>
      each.type === "judged" && each.team === event.team && each.question === event.question,
  );
  if (judged?.type !== "judged" || (reset !== undefined && reset.n < judged.n)) return null;
  return `${measuredOf(judged)}${markOf(judged.earned, judged.of)}`;
}

function markOf(earned: number | null, of: number): string {
  return earned === null ? "" : `, ${Math.round(earned)} of ${Math.round(of)}`;
}

function measuredOf(event: Extract<ExerciseEvent, { type: "judged" }>): string {
  if (event.before === null || event.after === null) return "judged";
  const number = (value: number) => String(Number(value.toPrecision(3)));
  return `${number(event.before)} → ${number(event.after)} on ${event.seeds} seeds`;
}
