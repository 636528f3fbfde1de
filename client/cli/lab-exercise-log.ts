import type { ExerciseEvent } from "#client/lab/exercise/door.ts";
import { oneLine, type Paint } from "./paint.ts";

/** One event of the log on one line: exercise time, team, what happened. */
export function eventWords(event: ExerciseEvent, paint: Paint): string {
  const seconds = Math.floor(event.atMs / 1_000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const who = "team" in event && event.team !== null ? event.team : "";
  return `${paint.faint(time.padStart(7))}  ${who.padEnd(12)} ${oneLine(wordsOf(event))}`;
}

function wordsOf(event: ExerciseEvent): string {
  switch (event.type) {
    case "created":
      return `${event.scenario} ${event.version}, ${event.minutes} min`;
    case "team":
      if (event.fresh === true) return "reset, with another world";
      return event.reset ? "reset, with the same world" : "has its world";
    case "clock":
      return event.what === "extended"
        ? `clock extended by ${event.byMs / 60_000} min`
        : `clock ${event.what}`;
    case "phase":
      return `goes on to ${event.phase}`;
    case "answer":
      return `${event.question}: ${event.said}: ${event.outcome}${pointsOf(event.earned, event.of)}${event.late === true ? ", late" : ""}`;
    case "judged":
      return `${event.question} judged by ${event.by}${pointsOf(event.earned, event.of)} ${event.words}`;
    case "hint":
      return `${event.question}: hint ${event.hint}, ${event.granted ? "granted" : `${event.costPct} %`}`;
    case "solution":
      return `${event.question}: looked at the solution`;
    case "inject":
      return `inject ${event.inject} by ${event.via} to ${event.to}, from the ${event.by}`;
    case "flag":
      return `look at ${event.question}: ${event.what}${event.other === null ? "" : `, ${event.other}`}`;
    case "note":
      return `note: ${event.words}`;
    case "rating":
      return `objective ${event.objective} rated ${event.rating} ${event.words}`;
    case "plan":
      return event.dropped
        ? `plan: taken back: ${event.action}`
        : `plan: ${event.action}, ${event.owner} ${event.due}`;
    case "exported":
      return `answers exported: ${event.questions.join(", ")}`;
  }
}

function pointsOf(earned: number | null, of: number): string {
  return earned === null ? "" : `, ${earned} of ${of}`;
}
