import { csv } from "../csv.ts";
import type { ExerciseEvent } from "./event.ts";

const columns = ["team", "question", "phase", "said", "outcome", "earned", "of", "words"] as const;
const head = ["v", "n", "wall", "atMs", "type"];

/** The event log as a table: what most events have in columns, the rest of each as JSON in the last. */
export function logCsv(events: readonly ExerciseEvent[]): string {
  return csv(
    ["n", "wall", "milliseconds", "type", ...columns, "rest"],
    events.map((event) => {
      const parts: Readonly<Record<string, unknown>> = { ...event };
      const known: readonly string[] = [...head, ...columns];
      const rest = Object.entries(parts).filter(([name]) => !known.includes(name));
      const cells = columns.map((name) => cellOf(parts[name]));
      const more = rest.length === 0 ? null : JSON.stringify(Object.fromEntries(rest));
      return [event.n, event.wall, event.atMs, event.type, ...cells, more];
    }),
  );
}

function cellOf(value: unknown): string | number | null {
  if (value === undefined || value === null) return null;
  return typeof value === "number" ? value : String(value);
}
