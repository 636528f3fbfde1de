import type { MatrixRow } from "../matrix/matrix.ts";
import { numberText, priceUnits, settingText } from "../report/words.ts";
import type { DefenceRow } from "./after-action.ts";

/** The defences of one row of a matrix, the useless ones too, and no circumstance. */
export function defencesOfMatrix(
  row: MatrixRow,
  chosenBy: (change: Readonly<Record<string, string>>) => readonly string[],
): DefenceRow[] {
  const defences = row.defences.filter(({ circumstance }) => !circumstance);
  return defences.map(({ change, effects, prices, note }) => {
    const effect = effects.find(({ metric }) => metric === row.leak);
    const price = prices
      .filter(({ difference }) => difference !== null && difference !== 0)
      .map(({ name, difference }) => `${numberText(difference)} ${priceUnits[name] ?? name}`);
    return {
      defence: settingText(change),
      metric: row.leak,
      without: effect?.without ?? null,
      with: effect?.with ?? null,
      interval: effect?.interval ?? null,
      seeds: effect?.n ?? 0,
      verdict: effect?.verdict ?? "not measured",
      price: [...price, note].filter((each) => each !== "").join("; "),
      chosenBy: chosenBy(change),
    };
  });
}
