import { type Way, ways } from "../attacks/findings.ts";
import type { RunResult } from "../result.ts";
import { wilson } from "../statistics.ts";
import type { Cause, TeamLeak } from "./after-action.ts";

export interface TeamRun {
  readonly team: string;
  readonly result: RunResult;
  /** As the exercise counts it; null where nothing was asked. */
  readonly score: { readonly earned: number; readonly of: number } | null;
}

const wayWords: Readonly<Record<Way, string>> = {
  key: "opened with keys that the adversary had",
  stored: "found as text that a device had stored",
  plain: "lay in the clear",
};

/** What leaked in a team's world: its numbers, and of a talk by which way each message was read. */
export function leakOf({ team, result, score }: TeamRun): TeamLeak {
  const { scenario, seed, sentence, baseline } = result;
  return {
    ...{ team, scenario, seed, sentence, metrics: baseline.metrics, causes: causesOf(result) },
    secrets: Object.entries(baseline.secrets).map(([name, read]) => ({ name, read })),
    score: score === null ? null : Math.round(score.earned),
    scoreOf: score === null ? null : Math.round(score.of),
  };
}

function causesOf({ baseline: { talk } }: RunResult): Cause[] {
  if (talk === null) return [];
  const of = talk.messages.length;
  const row = (way: Way | null, cause: string): Cause => {
    const hits = talk.messages.filter((message) => message.way === way).length;
    return { cause, hits, of, interval: wilson(hits, of), badge: "EXECUTED" };
  };
  const read = ways.map((way) => row(way, wayWords[way])).filter(({ hits }) => hits > 0);
  return [...read, row(null, "not read")];
}

/** What the runs took as given, in the attacks' own words, and what was computed instead of done. */
export function assumedOf(runs: readonly TeamRun[]): string[] {
  const notes = runs.flatMap(({ result }) =>
    result.baseline.findings.notes.filter((note) => note.includes("ASSUMED")),
  );
  const metrics = runs.flatMap(({ result }) =>
    result.baseline.metrics
      .filter(({ badge }) => badge !== "EXECUTED")
      .map(({ id, badge, words }) => `${id} (${badge}): ${words}`),
  );
  return [...new Set([...notes, ...metrics])];
}
