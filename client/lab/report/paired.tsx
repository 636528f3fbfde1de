import type { JSX } from "preact";
import type { RunResult } from "../result.ts";
import { Card, Table } from "./parts.tsx";
import { numberText, priceText, settingText, signedText } from "./words.ts";

/** What each defence changed, and what it costs, next to each other. */
export function PairedTables({ result }: { result: RunResult }): JSX.Element | null {
  if (result.paired.length === 0) return null;
  const effects = result.paired.flatMap((paired) =>
    paired.effects
      .filter((effect) => effect.difference !== null)
      .map((effect) => [
        settingText(paired.change),
        numberText(effect.baseline),
        numberText(effect.value),
        effect.difference === 0 ? "no effect seen" : signedText(effect.difference),
        effect.metric,
      ]),
  );
  const prices = result.paired.map((paired) => [
    settingText(paired.change),
    priceText(paired, result.baseline),
    paired.costNote,
  ]);
  return (
    <Card title="Defences, paired on the same seed">
      <ul>
        {result.paired.map(({ change, sentence }) => (
          <li key={sentence}>
            <b>{`${settingText(change)}. `}</b>
            {sentence}
          </li>
        ))}
      </ul>
      <Table head={["defence", "without", "with", "difference", "metric"]} rows={effects} />
      <h2 style="margin-top:26px">Their price</h2>
      <Table head={["defence", "more than without", "besides"]} rows={prices} />
    </Card>
  );
}
