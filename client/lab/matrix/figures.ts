import type { HeatFigure, ParetoFigure } from "#client/charts/figure.ts";
import { numberText, priceUnits, settingText } from "../report/words.ts";
import type { Effect } from "./effect.ts";
import type { Matrix, MatrixRow, Measured } from "./matrix.ts";

export function leakOf(row: MatrixRow, measured: Measured) {
  return measured.effects.find(({ metric }) => metric === row.leak);
}

/** The leak of a row without any defence: the same for each of its defences. */
export function baselineOf(row: MatrixRow): number | null {
  const first = row.defences.map((each) => leakOf(row, each)).find((each) => each !== undefined);
  return first?.without ?? null;
}

/** The heat map: what still leaks with each defence, and without any. */
export function heatOf({ rows, seeds }: Matrix): HeatFigure {
  return {
    kind: "heat",
    id: "matrix",
    title: "What leaks, and what is left of it",
    caption: `Each tile is the mean over ${seeds} seeds of one scenario's leak: first as the scenario sets it, then with one defence changed.`,
    scale:
      "The bar and the shade are the leak: a share as it is, another number against the largest of its row. “No effect seen” is a result; “safe” is none.",
    rows: rows.map((row) => ({
      name: row.scenario,
      note: row.broken.length > 0 ? "rig broken: no number counts" : row.leak,
      tiles: row.broken.length > 0 ? [] : tilesOf(row),
    })),
  };
}

function tilesOf(row: MatrixRow) {
  const baseline = baselineOf(row);
  const effects = row.defences.map((each) => ({ each, effect: leakOf(row, each) }));
  const known = [baseline, ...effects.map(({ effect }) => effect?.with ?? null)].filter(
    (value) => value !== null,
  );
  const top = Math.max(1e-12, ...known);
  const isShare = effects.some(({ effect }) => effect?.unit === "share");
  // Where more is better (messages that an attack needs), the shade is what is left of its speed.
  const lowest = Math.min(...known.filter((value) => value > 0), top);
  const shade = (value: number | null) => {
    if (value === null) return row.growsWithLeak ? null : 0;
    if (!row.growsWithLeak) return value <= 0 ? 1 : lowest / value;
    return isShare ? value : value / top;
  };
  return [
    { name: "as it is", value: shade(baseline), text: numberText(baseline), verdict: "" },
    ...effects.map(({ each, effect }) => ({
      name: settingText(each.change),
      value: shade(effect?.with ?? null),
      text: numberText(effect?.with ?? null),
      verdict: effect === undefined ? "not measured" : effect.verdict,
    })),
  ];
}

/** Leak against the price that differs most between the defences of a row; null where none costs anything. */
export function paretoOf(row: MatrixRow): ParetoFigure | null {
  const baseline = baselineOf(row);
  const price = dearest(row);
  if (baseline === null || price === null || row.broken.length > 0 || !row.growsWithLeak)
    return null;
  const choices = row.defences.filter(({ circumstance }) => !circumstance);
  const points = choices.flatMap((each) => {
    const effect = leakOf(row, each);
    const cost = each.prices.find(({ name }) => name === price)?.difference ?? null;
    if (effect === undefined || effect.with === null || cost === null) return [];
    const { low, high } = boundsOf(effect);
    return [{ name: settingText(each.change), x: cost, y: effect.with, low, high }];
  });
  return {
    kind: "pareto",
    id: `pareto-${row.scenario}`,
    title: `${row.title}: leak against price`,
    caption:
      "Filled: nothing else measured here leaks less for the same price. A point to the right of another and no lower is money wasted.",
    x: { label: `price: more ${priceUnits[price] ?? price} than without`, scale: "linear" },
    y: { label: row.leak, scale: "linear" },
    points: [{ name: "as it is", x: 0, y: baseline, low: null, high: null }, ...points],
  };
}

/** The interval of the difference, set on the mean without the defence. */
function boundsOf({ without, interval }: Effect) {
  if (without === null || interval === null) return { low: null, high: null };
  return { low: without + interval[0], high: without + interval[1] };
}

function dearest(row: MatrixRow): string | null {
  const order = ["frameBytes", "delaySeconds", "clicks", "commits", "frames", "cpuMs"];
  const costs = (name: string) =>
    row.defences.some(({ prices }) =>
      prices.some(
        (price) => price.name === name && price.difference !== null && price.difference !== 0,
      ),
    );
  return order.find(costs) ?? null;
}
