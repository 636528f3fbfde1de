import type { Figure } from "#client/charts/figure.ts";
import type { ExerciseEvent } from "../exercise/event.ts";
import type { Matrix } from "../matrix/matrix.ts";
import { leakBars } from "../report/leak-bars.ts";
import { numberText, priceText, settingText } from "../report/words.ts";
import type { RunResult } from "../result.ts";
import { factOf, type Question } from "../scenario-question.ts";
import type { Scenario } from "../scenario-schema.ts";
import type { AfterAction, DefenceRow, Prediction, TeamLeak } from "./after-action.ts";
import { defencesOfMatrix } from "./from-matrix.ts";
import { timelineOf } from "./timeline.ts";

export interface TeamRun {
  readonly team: string;
  readonly result: RunResult;
  /** As the exercise counts it; null where nothing was asked. */
  readonly score: { readonly earned: number; readonly of: number } | null;
}

/** What an after-action report is made from: the facilitator's record, and nothing else. */
export interface ExerciseRecord {
  readonly scenario: Scenario;
  readonly events: readonly ExerciseEvent[];
  readonly runs: readonly TeamRun[];
  /** Defences on many seeds, where they were measured; one pair of the first team's run otherwise. */
  readonly matrix: Matrix | null;
  readonly software: string;
  /** The command that makes the numbers again. */
  readonly replay: string;
}

type EventOf<Type extends ExerciseEvent["type"]> = Extract<ExerciseEvent, { type: Type }>;

/** The after-action report of an exercise, from its event log and its teams' runs. */
export function afterActionOf(record: ExerciseRecord): AfterAction {
  const { scenario, events, runs, software, replay } = record;
  const teams = [...new Set(eventsOf(events, "team").map(({ team }) => team))];
  const clock = eventsOf(events, "clock");
  const wallOf = (what: EventOf<"clock">["what"]) =>
    clock.find((event) => event.what === what)?.wall ?? null;
  return {
    v: 1,
    type: "lab-after-action",
    title: scenario.title,
    scenario: scenario.id,
    version: scenario.version,
    software,
    startedAt: wallOf("started"),
    endedAt: wallOf("ended"),
    teams,
    summary: scenario.summary,
    objectives: scenario.objectives.map((objective, index) => ({
      objective,
      // How well it was met is for people to say: the log only tells what there is to go by.
      rating: null,
      evidence: evidenceOf(index + 1, events),
    })),
    timeline: timelineOf(events),
    leaks: runs.map(leakOf),
    predictions: runs.flatMap(({ team, result }) => predictionsOf(team, scenario, result, events)),
    defences: defencesOf(record),
    counterfactuals: [],
    figures: runs.slice(0, 1).flatMap(({ result }) => figuresOf(result)),
    strengths: strengthsOf(events),
    improvements: improvementsOf(events),
    plan: [],
    limits: [...new Set(runs.flatMap(({ result }) => result.limits))],
    prompts: scenario.aar.prompts,
    flags: eventsOf(events, "flag").map(flagText),
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

function evidenceOf(objective: number, events: readonly ExerciseEvent[]): string {
  const injects = eventsOf(events, "inject").filter((event) => event.objective === objective);
  const expected = injects.flatMap(({ inject, expectedAction }) =>
    expectedAction === null ? [] : [`${inject}: expected ${expectedAction}`],
  );
  if (injects.length === 0) return "no inject of this exercise aimed at it";
  return expected.length === 0 ? `${injects.length} injects aimed at it` : expected.join("; ");
}

/** The pictures of one team's run: one stands for all, whose worlds differ by their seed alone. */
function figuresOf(result: RunResult): Figure[] {
  const bars = leakBars(result);
  return [...(bars === null ? [] : [bars]), ...result.baseline.figures];
}

function leakOf({ team, result, score }: TeamRun): TeamLeak {
  const { scenario, seed, sentence, baseline } = result;
  return {
    ...{ team, scenario, seed, sentence, metrics: baseline.metrics },
    score: score === null ? null : Math.round(score.earned),
    scoreOf: score === null ? null : Math.round(score.of),
  };
}

function predictionsOf(
  team: string,
  scenario: Scenario,
  result: RunResult,
  events: readonly ExerciseEvent[],
): Prediction[] {
  return scenario.questions
    .filter((question) => question.phase === "predict")
    .flatMap((question) => {
      const said = eventsOf(events, "answer").findLast(
        (event) => event.team === team && event.question === question.id,
      )?.said;
      const fact = factOf(question.answer);
      if (said === undefined || fact === null) return [];
      const measured = result.facts[fact] ?? null;
      return [
        {
          team,
          question: question.prompt,
          predicted: said,
          measured: measuredText(measured),
          gap: gapOf(question, said, measured),
        },
      ];
    });
}

function measuredText(measured: string | number | null): string {
  if (measured === null) return "did not happen";
  return typeof measured === "number" ? numberText(measured) : measured;
}

/** How far a number was off: of shares the difference itself, of others its share of the larger one. */
function gapOf(
  { answer }: Question,
  said: string,
  measured: string | number | null,
): number | null {
  const predicted = Number(said);
  if (answer.type !== "number" || typeof measured !== "number" || !Number.isFinite(predicted)) {
    return null;
  }
  const difference = Math.abs(predicted - measured);
  const isShare = measured >= 0 && measured <= 1 && predicted >= 0 && predicted <= 1;
  const scale = isShare ? 1 : Math.max(Math.abs(predicted), Math.abs(measured));
  return scale === 0 ? 0 : Math.min(1, difference / scale);
}

function defencesOf({ scenario, events, runs, matrix }: ExerciseRecord): DefenceRow[] {
  const chosenBy = (change: Readonly<Record<string, string>>): string[] => {
    const defending = eventsOf(events, "answer").filter(({ phase }) => phase === "defend");
    const wanted = Object.entries(change).map(([name, value]) => `${name}=${value}`);
    const teams = defending.filter(({ said }) => {
      const words = said.split(/[\s,;]+/);
      return wanted.every((each) => words.includes(each));
    });
    return [...new Set(teams.map(({ team }) => team))];
  };
  const row = matrix?.rows.find((each) => each.scenario === scenario.id);
  if (row !== undefined) return defencesOfMatrix(row, chosenBy);
  const [first] = runs;
  if (first === undefined) return [];
  const chosen = first.result.paired.filter(({ circumstance }) => !circumstance);
  return chosen.map((paired): DefenceRow => {
    const effect = paired.effects.find(({ metric }) => metric === first.result.leak);
    const [without, withIt] = [effect?.baseline ?? null, effect?.value ?? null];
    return {
      defence: settingText(paired.change),
      metric: first.result.leak,
      ...{ without, with: withIt, interval: null, seeds: 1 },
      verdict: without === withIt ? "no effect seen" : "one pair only",
      price: [priceText(paired, first.result.baseline), paired.costNote].join("; "),
      chosenBy: chosenBy(paired.change),
    };
  });
}

function strengthsOf(events: readonly ExerciseEvent[]): string[] {
  const answers = eventsOf(events, "answer");
  const of = (outcome: EventOf<"answer">["outcome"]) =>
    answers.filter((event) => event.outcome === outcome);
  return [
    ...of("right")
      .filter(({ attempt }) => attempt === 1)
      .map(({ team, question }) => `${team} answered "${question}" at the first attempt`),
    ...of("abstained").map(({ team, question }) => `${team} accused nobody in "${question}"`),
  ];
}

function improvementsOf(events: readonly ExerciseEvent[]): string[] {
  const accused = eventsOf(events, "answer")
    .filter(({ outcome }) => outcome === "false accusation")
    .map(({ team, question, said }) => `${team} accused ${said} in "${question}", falsely`);
  const shown = eventsOf(events, "solution").map(
    ({ team, question }) => `${team} looked the solution of "${question}" up`,
  );
  return [...accused, ...shown];
}

function flagText({ team, question, what, other }: EventOf<"flag">): string {
  return what === "too fast"
    ? `${team} answered "${question}" faster than it can be worked out`
    : `${team} and ${other ?? "another team"} gave the same answer to "${question}" on different seeds`;
}
