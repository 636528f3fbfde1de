import type { JSX } from "preact";
import type { Paired, RunResult } from "../result.ts";
import { Card, Table } from "./parts.tsx";
import { numberText, priceText, settingText, signedText } from "./words.ts";

/** What each defence changed, and what it costs, next to each other; circumstances apart from them. */
export function PairedTables({ result }: { result: RunResult }): JSX.Element {
  const defences = result.paired.filter(({ circumstance }) => !circumstance);
  const others = result.paired.filter(({ circumstance }) => circumstance);
  return (
    <>
      {defences.length > 0 && (
        <Card title="Defences, paired on the same seed">
          <Effects paired={defences} words={["defence", "without", "with"]} />
          <h2 style="margin-top:26px">Their price</h2>
          <Table
            head={["defence", "more than without", "besides"]}
            numbers={[]}
            rows={defences.map((each) => [
              settingText(each.change),
              priceText(each, result.baseline),
              each.costNote,
            ])}
          />
        </Card>
      )}
      {result.circumstances.length > 0 && (
        <Card title="Circumstances">
          <p class="quiet">
            Things of the adversary or of the world: nobody chooses them as a defence.
          </p>
          <ul>
            {result.circumstances.map(({ name, value, words }) => (
              <li key={name}>
                <b>{`${settingText({ [name]: value })}. `}</b>
                {words}
              </li>
            ))}
          </ul>
          {others.length > 0 && (
            <Effects paired={others} words={["circumstance", "as it is", "so"]} />
          )}
        </Card>
      )}
    </>
  );
}

/** What happened in each paired run, and its metrics; `words` name the change, before and after. */
function Effects(props: {
  readonly paired: readonly Paired[];
  readonly words: readonly [string, string, string];
}): JSX.Element {
  const { paired, words } = props;
  const rows = paired.flatMap((each) =>
    each.effects
      .filter((effect) => effect.difference !== null)
      .map((effect) => [
        settingText(each.change),
        numberText(effect.baseline),
        numberText(effect.value),
        effect.difference === 0 ? "no effect seen" : signedText(effect.difference),
        effect.metric,
      ]),
  );
  return (
    <>
      <ul>
        {paired.map(({ change, sentence }) => (
          <li key={settingText(change)}>
            <b>{`${settingText(change)}. `}</b>
            {sentence}
          </li>
        ))}
      </ul>
      <Table head={[...words, "difference", "metric"]} rows={rows} />
    </>
  );
}
