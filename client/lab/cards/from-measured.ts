import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Failure } from "#shared/failure.ts";
import { readLabJson } from "../aar/from-record.ts";
import type { Cell } from "../matrix/cell.ts";
import { pairedEffect, pairsMin, verdictOf } from "../matrix/effect.ts";
import { openLedger } from "../matrix/ledger.ts";
import { changesOf, measuredOf } from "../matrix/matrix.ts";
import { growsWithLeak, type Metric } from "../metric.ts";
import {
  intervalText,
  metricText,
  numberText,
  priceText,
  priceUnits,
  settingText,
  signedText,
} from "../report/words.ts";
import type { RunResult, ScoredRun } from "../result.ts";
import { readScenario } from "../scenario.ts";
import { factOf } from "../scenario-question.ts";
import type { Scenario } from "../scenario-schema.ts";
import { changeName } from "../settings.ts";
import { wilson } from "../statistics.ts";
import type { Deck, DefenceCard, QuestionCard } from "./deck.ts";
import { rollsOf } from "./roll.ts";

/**
 * A deck from a folder of measurements: a matrix's (`cells.jsonl`) or a run's (`report.json`). Failures:
 * `not-found` where nothing of this very scenario file was measured; `integrity` for a broken rig.
 */
export async function deckFrom(scenarioFile: string, folder: string): Promise<Deck> {
  const { scenario, text } = await readScenario(scenarioFile);
  const file = createHash("sha256").update(text).digest("hex");
  const place = resolve(folder);
  const has = async (name: string) => (await stat(join(place, name)).catch(() => null)) !== null;
  if (await has("cells.jsonl")) return fromMatrix(scenario, file, place);
  if (await has("report.json")) return fromRun(scenario, file, place);
  throw new Failure(
    "not-found",
    `${folder}: neither a matrix (cells.jsonl) nor a run (report.json)`,
  );
}

async function fromMatrix(scenario: Scenario, file: string, folder: string): Promise<Deck> {
  const ledger = await openLedger(folder);
  const own = ledger.all().filter((cell) => cell.scenario === scenario.id && cell.file === file);
  const baseline = own.filter(({ change }) => change === "").sort((a, b) => a.seed - b.seed);
  if (baseline.length === 0) {
    throw new Failure(
      "not-found",
      `${folder}: nothing of this very file of ${scenario.id} was measured there`,
    );
  }
  const controls = own.filter(({ change }) => change === "controls");
  refuseBroken(controls.flatMap(({ broken }) => broken));
  if (controls.length === 0) {
    throw new Failure("integrity", `${folder}: no control of ${scenario.id} was measured there`);
  }
  const id = scenario.metrics[0] ?? "";
  const seeds = baseline.map(({ seed }) => seed);
  const unit = baseline[0]?.units[id] ?? "";
  const cellsOf = (change: string) =>
    seeds.map((seed) => own.find((cell) => cell.change === change && cell.seed === seed) ?? null);
  const changed = changesOf(scenario).flatMap((change) => {
    const cells = cellsOf(changeName(change));
    if (cells.every((cell) => cell === null)) return [];
    const { effects, prices, note, circumstance } = measuredOf(scenario, change, baseline, cells);
    const effect = effects.find(({ metric }) => metric === id);
    if (effect === undefined || circumstance) return [];
    const price = prices
      .filter(({ difference }) => difference !== null && difference !== 0)
      .map(({ name, difference }) => `${signedText(difference)} ${priceUnits[name] ?? name}`);
    const bounds =
      effect.interval === null || effect.n < pairsMin
        ? ""
        : ` (${signedText(effect.interval[0])} to ${signedText(effect.interval[1])})`;
    return [
      {
        ...{ name: settingText(change), cost: note, price: price.join(", ") || "nothing measured" },
        value: valueText(effect.with, unit),
        effect: `${signedText(effect.difference)}${bounds}, ${effect.n} worlds`,
        verdict: verdictOf(effect, growsWithLeak(id)),
        ...rolledOver(cells, id, unit),
      },
    ];
  });
  const asItIs = pairedEffect(
    baseline.map((cell) => ({ without: cell.metrics[id] ?? null, with: null })),
  );
  const questions = questionsOf(scenario, (fact) => {
    const values = baseline
      .map((cell) => cell.metrics[fact])
      .filter((value) => value !== undefined);
    return values.length === 0 ? null : spreadText(values, baseline[0]?.units[fact] ?? "");
  });
  return {
    ...{ v: 1, type: "lab-cards", scenario, leak: leakWords(id, null) },
    source: {
      ...{ kind: "matrix", folder: basename(folder), seeds, file },
      software: [
        ...new Set(own.flatMap(({ software }) => (software === undefined ? [] : [software]))),
      ],
    },
    cards: [
      {
        ...{ name: "as it is", cost: "", price: "nothing", effect: "", verdict: "" },
        value: valueText(asItIs.without, unit),
        ...rolledOver(baseline, id, unit),
      },
      ...changed,
    ],
    ...questions,
    limits: [
      `A roll gives the outcome of one of ${seeds.length} measured worlds, and nothing between them or beyond.`,
      "Only one change at a time was measured; two cards together are no sum of their effects.",
    ],
  };
}

/** A roll over the worlds that were measured. */
function rolledOver(cells: readonly (Cell | null)[], id: string, unit: string) {
  const values = cells.flatMap((cell) => (cell === null ? [] : [cell.metrics[id] ?? null]));
  const rolls = rollsOf(values, (value) => valueText(value, unit));
  const rollFor = "in your world";
  const [only] = rolls;
  if (rolls.length !== 1 || only === undefined) return { rolls, sure: "", rollFor };
  const interval = wilson(values.length, values.length);
  const least =
    interval === null ? "" : `; at least ${Math.floor(100 * interval[0])} of 100 (95 %)`;
  const sure = `No roll: ${only.outcome} in each of ${values.length} worlds${least}.`;
  return { rolls: [], sure, rollFor };
}

async function fromRun(scenario: Scenario, file: string, folder: string): Promise<Deck> {
  const result = (await readLabJson(join(folder, "report.json"), "lab-run")) as RunResult;
  if (result.scenario !== scenario.id || result.file !== file) {
    throw new Failure(
      "not-found",
      `${folder}: is a run of ${result.scenario} ${result.version}, not of this very file of ${scenario.id}`,
    );
  }
  refuseBroken(result.controls.filter(({ ok }) => !ok).map(({ name }) => name));
  const id = result.leak;
  const metricOf = (run: ScoredRun) => run.metrics.find((metric) => metric.id === id);
  const before = metricOf(result.baseline)?.value ?? null;
  const choices = result.paired.filter(({ circumstance }) => !circumstance);
  const cards = choices.map(({ change, run, costNote }): DefenceCard => {
    const metric = metricOf(run);
    const after = metric?.value ?? null;
    const difference = before === null || after === null ? null : after - before;
    return {
      ...{ name: settingText(change), cost: costNote },
      price: priceText({ run }, result.baseline),
      value: metric === undefined ? "not measured" : metricText(metric),
      effect: `${signedText(difference)}, one world`,
      verdict: difference === 0 ? "no effect seen" : "one world only",
      ...rolledOnce(metric),
    };
  });
  const first = metricOf(result.baseline);
  return {
    ...{ v: 1, type: "lab-cards", scenario, leak: leakWords(id, first ?? null) },
    source: {
      ...{ kind: "run", folder: basename(folder), seeds: [result.seed], file },
      software: [result.software],
    },
    cards: [
      {
        ...{ name: "as it is", cost: "", price: "nothing", effect: "", verdict: "" },
        value: first === undefined ? "not measured" : metricText(first),
        ...rolledOnce(first),
      },
      ...cards,
    ],
    ...questionsOf(scenario, (fact) => {
      const metric = result.baseline.metrics.find((each) => each.id === fact);
      if (metric !== undefined && metric.value !== null) return metricText(metric);
      const value = result.facts[fact];
      if (value === undefined) return null;
      return typeof value === "number" ? numberText(value) : (value ?? "did not happen");
    }),
    limits: [
      `One world was measured, of seed ${result.seed}: a roll is for one message or case in it.`,
      ...result.limits,
    ],
  };
}

/** A roll for one message or case of the world that was measured, by the share of them that leaked. */
function rolledOnce(metric: Metric | undefined) {
  const rollFor = metric?.words ?? "";
  const { hits, of } = metric ?? { hits: null, of: null };
  if (metric === undefined || hits === null || of === null || of === 0) {
    return { rolls: [], sure: "No roll: measured once, in one world.", rollFor };
  }
  if (hits === 0 || hits === of) {
    return {
      rolls: [],
      sure: `No roll: ${metricText(metric)}, 95 %: ${intervalText(metric)}.`,
      rollFor,
    };
  }
  const share = Math.min(99, Math.max(1, Math.round((100 * hits) / of)));
  const rolls = [
    { from: 1, to: share, outcome: "yes, this one", count: hits },
    { from: share + 1, to: 100, outcome: "no, not this one", count: of - hits },
  ];
  return { rolls, sure: "", rollFor };
}

function refuseBroken(broken: readonly string[]): void {
  if (broken.length === 0) return;
  throw new Failure("integrity", `rig broken: ${broken.join(", ")}; no number of it counts`);
}

function valueText(value: number | null, unit: string): string {
  if (value === null) return "not reached";
  if (unit === "share") return `${Number((100 * value).toPrecision(3))}%`;
  return unit === "" || unit === "count" ? numberText(value) : `${numberText(value)} ${unit}`;
}

/** `89.4% (85% to 93.6% in 30 worlds)`. */
function spreadText(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return `not reached in ${values.length} worlds`;
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  const [low = 0, high = 0] = [known[0], known.at(-1)];
  const missing =
    known.length === values.length ? "" : `, not reached in ${values.length - known.length}`;
  return `${valueText(mean, unit)} (${valueText(low, unit)} to ${valueText(high, unit)} in ${known.length} worlds${missing})`;
}

function leakWords(id: string, metric: Metric | null): Deck["leak"] {
  return {
    id,
    words: metric?.words ?? "",
    more: growsWithLeak(id) ? "More is worse." : "Less is worse.",
  };
}

function questionsOf(
  { questions }: Scenario,
  measured: (fact: string) => string | null,
): { questions: QuestionCard[]; leftOut: string[] } {
  const cards: QuestionCard[] = [];
  const leftOut: string[] = [];
  for (const question of questions) {
    const { answer, id } = question;
    const fact = factOf(answer);
    if (answer.type === "switches") cards.push({ question, measured: "the cards say it" });
    else if (answer.type === "text") {
      cards.push({ question, measured: answer.rubric.join("; ") });
    } else {
      const came = fact === null || answer.type === "flag" ? null : measured(fact);
      if (came === null) leftOut.push(id);
      else cards.push({ question, measured: came });
    }
  }
  return { questions: cards, leftOut };
}
