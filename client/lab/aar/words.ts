import { percent } from "#client/charts/blast.ts";
import type { Rating } from "../exercise/event.ts";
import { numberText, signedText } from "../report/words.ts";
import type { AfterAction, Cause, Choice, DefenceRow } from "./after-action.ts";

/** `−0.38 (−0.42 to −0.33, 30 seeds)`; of one pair `−0.38 (one pair)`. */
export function differenceText(row: DefenceRow): string {
  if (row.without === null || row.with === null) return "–";
  const difference = signedText(row.with - row.without);
  return row.interval === null
    ? `${difference} (${row.seeds === 1 ? "one pair" : `${row.seeds} seeds`})`
    : `${difference} (${signedText(row.interval[0])} to ${signedText(row.interval[1])}, ${row.seeds} seeds)`;
}

/** The same of a team's own choice. */
export function choiceText({ before, after, interval, seeds }: Choice): string {
  return differenceText({ without: before, with: after, interval, seeds } as DefenceRow);
}

export function causeText({ hits, of }: Cause): string {
  return `${hits} of ${of} (${percent(hits, of)})`;
}

export function causeInterval({ interval }: Cause): string {
  if (interval === null) return "–";
  const [low, high] = interval.map((share) => (100 * share).toFixed(1).replace(/\.0$/, ""));
  return `${low}–${high}%`;
}

export const ratingWords: Readonly<Record<Rating, string>> = {
  P: "performed without challenges",
  S: "performed with some challenges",
  M: "performed with major challenges",
  U: "unable to be performed",
};

/** What was played, with what and when, as rows of two. */
export function factRows(report: AfterAction): readonly (readonly [string, string])[] {
  const { scenario, version, teams, startedAt, endedAt, software, facts, leaks } = report;
  const rows: (readonly [string, string])[] = [
    ["scenario", `${scenario} ${version}`],
    ["teams", teams.join(", ") || "none"],
    ["seeds", leaks.map(({ team, seed }) => `${team} ${seed}`).join(", ") || "none"],
    ["began", timeText(startedAt) ?? "not started"],
    ["ended", timeText(endedAt) ?? "not ended"],
  ];
  if (facts === null) return [...rows, ["software", software]];
  const { plannedMinutes, playedMs, pausedMs, recordedBy, ranWith } = facts;
  const paused = pausedMs === null ? "" : `, ${minutesText(pausedMs)} of pauses besides`;
  return [
    ...rows,
    ["played", `${minutesText(playedMs)} of ${plannedMinutes} planned${paused}`],
    ["difficulty", `${facts.difficulty} of 6`],
    ["risks", facts.risk.map((risk) => risk.replaceAll("-", " ")).join(", ")],
    ["the adversary", facts.capability],
    ["exercise seed", facts.exerciseSeed === null ? "none" : String(facts.exerciseSeed)],
    ["record made by", recordedBy ?? "not recorded"],
    ["worlds run by", ranWith.join("; ") || "not recorded"],
    ["report made by", software],
    ["report made", timeText(facts.writtenAt) ?? ""],
    ["lines of the log", String(facts.events)],
    ...facts.incidents.map(
      ({ name, date, source, confidence }) =>
        ["grounded in", `${name}, ${date} (${confidence}): ${source}`] as const,
    ),
  ];
}

/** `2027-03-01 09:00:00 UTC`. */
function timeText(iso: string | null): string | null {
  return iso === null ? null : `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

function minutesText(ms: number): string {
  return `${numberText(Math.round(ms / 6_000) / 10)} min`;
}
