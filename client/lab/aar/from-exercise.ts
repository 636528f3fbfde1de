import type { BarsFigure, Figure } from "#client/charts/figure.ts";
import { clockOf } from "../exercise/clock.ts";
import type { ExerciseEvent } from "../exercise/event.ts";
import { planOf } from "../exercise/facilitate.ts";
import { pointsOf } from "../exercise/points.ts";
import { teamState, teamsOf } from "../exercise/state.ts";
import type { Matrix } from "../matrix/matrix.ts";
import { leakBars } from "../report/leak-bars.ts";
import type { RunResult } from "../result.ts";
import type { Scenario } from "../scenario-schema.ts";
import type { AfterAction, ExerciseFacts } from "./after-action.ts";
import { choicesOf, defencesOf, paretoFigures } from "./defences.ts";
import { assumedOf, leakOf, type TeamRun } from "./leaks.ts";
import { improvementsOf, objectivesOf, strengthsOf } from "./lessons.ts";
import { predictionFigures, predictionsOf } from "./predictions.ts";
import { threadsOf } from "./threads.ts";
import { timelineOf } from "./timeline.ts";

/** What an after-action report is made from: the facilitator's record, and nothing else. */
export interface ExerciseRecord {
  readonly scenario: Scenario;
  readonly events: readonly ExerciseEvent[];
  readonly runs: readonly TeamRun[];
  /** Defences on many seeds, where they were measured; one pair of the first team's run otherwise. */
  readonly matrix: Matrix | null;
  readonly exerciseSeed: number | null;
  readonly software: string;
  readonly writtenAt: string;
  /** Files that this is made from, with their hashes. */
  readonly sources: AfterAction["sources"];
  /** The command that makes the numbers again. */
  readonly replay: string;
}

type EventOf<Type extends ExerciseEvent["type"]> = Extract<ExerciseEvent, { type: Type }>;

/** The after-action report of an exercise, from its event log and its teams' runs. */
export function afterActionOf(record: ExerciseRecord): AfterAction {
  const { scenario, events, runs, software, replay, sources } = record;
  const points = pointsOf(scenario);
  const states = teamsOf(events).map((team) => teamState(events, team, scenario.questions, points));
  const row = record.matrix?.rows.find((each) => each.scenario === scenario.id);
  const first = runs[0]?.result;
  const predictions = runs.flatMap((run) => {
    const state = states.find(({ team }) => team === run.team);
    return state === undefined ? [] : predictionsOf(run, state);
  });
  const defences = defencesOf(first, row, states);
  const choices = choicesOf(states, events);
  const lessons = { events, predictions, choices, defences };
  const aimed = new Map(
    scenario.questions.flatMap(({ id, objective }) =>
      objective === undefined ? [] : [[id, objective] as const],
    ),
  );
  return {
    v: 1,
    type: "lab-after-action",
    title: scenario.title,
    scenario: scenario.id,
    version: scenario.version,
    software,
    startedAt: wallOf(events, "started"),
    endedAt: wallOf(events, "ended"),
    facts: factsOf(record),
    teams: teamsOf(events),
    summary: scenario.summary,
    objectives: objectivesOf(scenario.objectives, events, aimed),
    threads: threadsOf(events),
    timeline: timelineOf(events),
    leaks: runs.map(leakOf),
    predictions,
    choices,
    defences,
    counterfactuals: [],
    figures: [
      ...predictionFigures(runs, states),
      ...teamBars(runs),
      ...paretoFigures(first, row),
      ...(first === undefined ? [] : figuresOf(first)),
    ],
    strengths: strengthsOf(lessons),
    improvements: improvementsOf(lessons),
    plan: planOf(events).map(({ action, owner, due }) => ({ action, owner, due })),
    assumed: assumedOf(runs),
    limits: [...new Set(runs.flatMap(({ result }) => result.limits))],
    prompts: scenario.aar.prompts,
    flags: eventsOf(events, "flag").map(flagText),
    sources,
    hashes: runs.flatMap(({ team, result }) =>
      result.baseline.hashes.map(({ path, sha256 }) => ({ path: `${team}: ${path}`, sha256 })),
    ),
    replay,
  };
}

function eventsOf<Type extends ExerciseEvent["type"]>(
  events: readonly ExerciseEvent[],
  type: Type,
): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

function wallOf(events: readonly ExerciseEvent[], what: EventOf<"clock">["what"]): string | null {
  return eventsOf(events, "clock").find((event) => event.what === what)?.wall ?? null;
}

function factsOf(record: ExerciseRecord): ExerciseFacts {
  const { scenario, events, runs, exerciseSeed, writtenAt } = record;
  const created = eventsOf(events, "created")[0];
  // As long as it runs, the exercise has lasted until its last event: no report depends on when it is made.
  const lastWall = events.at(-1)?.wall;
  const clock = clockOf(events, lastWall === undefined ? 0 : Date.parse(lastWall));
  const [began, ended] = [wallOf(events, "started"), wallOf(events, "ended")];
  const wholeMs = began === null || ended === null ? null : Date.parse(ended) - Date.parse(began);
  return {
    difficulty: scenario.difficulty,
    risk: scenario.risk,
    capability: scenario.adversary.capability.trim(),
    incidents: scenario.grounded_in.map(({ mechanism: _, ...incident }) => incident),
    exerciseSeed,
    recordedBy: created?.software ?? null,
    ranWith: [...new Set(runs.map(({ result }) => result.software))],
    createdAt: created?.wall ?? null,
    writtenAt,
    plannedMinutes: Math.round(clock.endMs / 60_000),
    playedMs: clock.atMs,
    pausedMs: wholeMs === null ? null : Math.max(0, wholeMs - clock.atMs),
    events: events.length,
  };
}

/** The leak of every team's own world: they differ by their seed alone. */
function teamBars(runs: readonly TeamRun[]): BarsFigure[] {
  const bars = runs.flatMap(({ team, result }) => {
    const metric = result.baseline.metrics.find(({ id }) => id === result.leak);
    if (metric === undefined || metric.value === null) return [];
    const [low, high] = metric.interval ?? [null, null];
    return [{ name: team, value: metric.value, low, high }];
  });
  const leak = runs[0]?.result.leak;
  if (bars.length < 2 || leak === undefined) return [];
  return [
    {
      ...{ kind: "bars", id: "leak-by-team", title: "The leak in each team's world" },
      caption: "The worlds differ by their seed alone. Lines are 95 % intervals.",
      ...{ y: { label: leak, scale: "linear" }, bars, chance: null },
    },
  ];
}

/** The pictures of one team's run: one stands for all, whose worlds differ by their seed alone. */
function figuresOf(result: RunResult): Figure[] {
  const bars = leakBars(result);
  return [...(bars === null ? [] : [bars]), ...result.baseline.figures];
}

function flagText({ team, question, what, other }: EventOf<"flag">): string {
  return what === "too fast"
    ? `${team} answered "${question}" faster than it can be worked out`
    : `${team} and ${other ?? "another team"} gave the same answer to "${question}" on different seeds`;
}
