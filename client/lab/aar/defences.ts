import type { ParetoFigure } from "#client/charts/figure.ts";
import type { ExerciseEvent } from "../exercise/event.ts";
import type { TeamState } from "../exercise/state.ts";
import { switchesIn } from "../exercise/switches.ts";
import { verdictOf } from "../matrix/effect.ts";
import { paretoOf } from "../matrix/figures.ts";
import type { MatrixRow } from "../matrix/matrix.ts";
import { growsWithLeak } from "../metric.ts";
import { metricValue } from "../metrics.ts";
import { numberText, priceText, priceUnits, settingText, signedText } from "../report/words.ts";
import type { Paired, RunResult } from "../result.ts";
import type { Settings } from "../settings.ts";
import type { Choice, DefenceRow } from "./after-action.ts";
import { defencesOfMatrix } from "./from-matrix.ts";

type Judged = Extract<ExerciseEvent, { type: "judged" }>;

/** What teams chose, as it was measured on seeds that none of them has. */
export function choicesOf(
  states: readonly TeamState[],
  events: readonly ExerciseEvent[],
): Choice[] {
  return states.flatMap(({ team, questions }) =>
    questions.flatMap(({ question: { id, answer }, answers }): Choice[] => {
      const last = answers.at(-1);
      if (answer.type !== "switches" || last === undefined) return [];
      const judged = events.find(
        (event): event is Judged =>
          event.type === "judged" &&
          event.team === team &&
          event.question === id &&
          event.n > last.n,
      );
      if (judged === undefined || judged.by !== "measurement") return [];
      const { metric, budget } = answer;
      const { before, after, interval = null, spent = {}, seeds, words, earned, of } = judged;
      const effect = { n: seeds, without: before, with: after, difference: null, interval };
      const price = Object.entries(spent).filter(([, amount]) => amount !== 0);
      const most = Object.entries(budget).map(([name, limit]) => `${name} ≤ ${limit}`);
      return [
        {
          ...{ team, chosen: settingText(chosenOf(last.said)) || "nothing", metric },
          ...{ before, after, interval, seeds, earned, of },
          verdict: verdictOf(effect, growsWithLeak(metric)),
          price:
            price.map(([name, by]) => `${signedText(by)} ${priceUnits[name] ?? name}`).join(", ") ||
            "nothing measured",
          budget: [words, ...most].join("; "),
        },
      ];
    }),
  );
}

/** The defences of an answer; an answer that says none chose none. */
function chosenOf(said: string): Settings {
  try {
    return switchesIn(said);
  } catch {
    return {};
  }
}

/**
 * Every defence that was measured, the useless ones too: over many seeds where there is a matrix, else one
 * pair of the first team's world.
 */
export function defencesOf(
  first: RunResult | undefined,
  row: MatrixRow | undefined,
  states: readonly TeamState[],
): DefenceRow[] {
  const choices = states.flatMap(({ team, questions }) =>
    questions
      .filter(({ question }) => question.answer.type === "switches")
      .flatMap(({ answers }) => answers.slice(-1))
      .map(({ said }) => ({ team, settings: chosenOf(said) })),
  );
  const chosenBy = (change: Settings): string[] =>
    choices
      .filter(({ settings }) =>
        Object.entries(change).every(([name, value]) => settings[name] === value),
      )
      .map(({ team }) => team);
  if (row !== undefined) return defencesOfMatrix(row, chosenBy);
  if (first === undefined) return [];
  return defencesAlone(first).map((paired): DefenceRow => {
    const effect = paired.effects.find(({ metric }) => metric === first.leak);
    const [without, withIt] = [effect?.baseline ?? null, effect?.value ?? null];
    return {
      defence: settingText(paired.change),
      metric: first.leak,
      ...{ without, with: withIt, interval: null, seeds: 1 },
      verdict: without === withIt ? "no effect seen" : "one pair only",
      price: [priceText(paired, first.baseline), paired.costNote].join("; "),
      chosenBy: chosenBy(paired.change),
    };
  });
}

/** Leak against price: over many seeds where there is a matrix, else of one world without intervals. */
export function paretoFigures(
  first: RunResult | undefined,
  row: MatrixRow | undefined,
): ParetoFigure[] {
  if (row !== undefined) {
    const figure = paretoOf(row);
    return figure === null ? [] : [figure];
  }
  if (first === undefined || defencesAlone(first).length === 0 || !growsWithLeak(first.leak))
    return [];
  const price = Object.keys(priceUnits).find((name) =>
    defencesAlone(first).some((paired) => moreOf(first, paired, name) !== 0),
  );
  const baseline = metricValue(first.baseline.metrics, first.leak);
  if (price === undefined || baseline === null) return [];
  const points = defencesAlone(first).flatMap((paired) => {
    const y = metricValue(paired.run.metrics, first.leak);
    const x = moreOf(first, paired, price);
    return y === null ? [] : [{ name: settingText(paired.change), x, y, low: null, high: null }];
  });
  return [
    {
      ...{ kind: "pareto", id: "leak-against-price", title: "Leak against price" },
      caption: `Of one world, seed ${first.seed}. Filled: nothing else measured here leaks less for the same price.`,
      x: { label: `price: more ${priceUnits[price] ?? price} than without`, scale: "linear" },
      y: { label: first.leak, scale: "linear" },
      points: [{ name: "as it is", x: 0, y: baseline, low: null, high: null }, ...points],
    },
  ];
}

/** The pairs that somebody can choose: a circumstance is no defence. */
function defencesAlone({ paired }: RunResult): readonly Paired[] {
  return paired.filter(({ circumstance }) => !circumstance);
}

function moreOf({ baseline }: RunResult, { run }: Paired, price: string): number {
  return (run.cost[price] ?? 0) - (baseline.cost[price] ?? 0);
}

/** `0.9 → 0.05`. */
export function changeText(before: number | null, after: number | null): string {
  return `${numberText(before)} → ${numberText(after)}`;
}
