import type { JSX } from "preact";
import { Card, Table } from "../report/parts.tsx";
import { intervalText, metricText, numberText } from "../report/words.ts";
import type { AfterAction } from "./after-action.ts";
import { causeInterval, causeText, choiceText, differenceText } from "./words.ts";

/** The sections of an after-action report that hold measurements. */

interface Props {
  readonly report: AfterAction;
}

export function Leaks({ report }: Props): JSX.Element {
  return (
    <>
      {report.leaks.map((leak) => (
        <Card key={`${leak.team} ${leak.scenario}`} title={`4 · What leaked: ${leak.team}`}>
          <p class="sentence">{leak.sentence}</p>
          {leak.causes.length > 0 && <h3>By cause</h3>}
          {leak.causes.length > 0 && (
            <Table
              head={["cause", "messages", "95 % interval", "badge"]}
              rows={leak.causes.map((cause) => [
                cause.cause,
                causeText(cause),
                causeInterval(cause),
                <span class={`badge ${cause.badge}`}>{cause.badge}</span>,
              ])}
            />
          )}
          {leak.secrets.length > 0 && (
            <p class="note">
              {leak.secrets
                .map(
                  ({ name, read }) => `${name.replaceAll("_", " ")}: ${read ? "read" : "not read"}`,
                )
                .join(" · ")}
            </p>
          )}
          <h3>By number</h3>
          <Table
            head={["metric", "value", "95 % interval", "badge", "meaning"]}
            rows={leak.metrics.map((metric) => [
              metric.id,
              metricText(metric),
              intervalText(metric),
              <span class={`badge ${metric.badge}`}>{metric.badge}</span>,
              metric.words,
            ])}
          />
        </Card>
      ))}
    </>
  );
}

export function Predictions({ report }: Props): JSX.Element | null {
  if (report.predictions.length === 0) return null;
  return (
    <Card title="5 · Prediction against measure">
      <p class="quiet">The gap is the lesson: 0 is right, 1 is as far off as possible.</p>
      <Table
        head={["question", "predicted", "measured", "gap", "team"]}
        numbers={[1, 2, 3]}
        rows={report.predictions.map(({ team, question, predicted, measured, gap }) => [
          question,
          predicted,
          measured,
          gap === null ? "–" : numberText(gap),
          team,
        ])}
      />
    </Card>
  );
}

export function Choices({ report }: Props): JSX.Element | null {
  if (report.choices.length === 0) return null;
  return (
    <Card title="6 · What teams chose, and what that did">
      <p class="quiet">Measured in pairs on worlds that no team has seen.</p>
      <Table
        head={["team", "without", "with", "chosen", "difference", "verdict", "price", "points"]}
        numbers={[1, 2, 7]}
        rows={report.choices.map((choice) => [
          choice.team,
          numberText(choice.before),
          numberText(choice.after),
          `${choice.chosen} (${choice.metric})`,
          choiceText(choice),
          choice.verdict,
          `${choice.price} (${choice.budget})`,
          `${Math.round(choice.earned)} of ${Math.round(choice.of)}`,
        ])}
      />
    </Card>
  );
}

export function Defences({ report }: Props): JSX.Element | null {
  if (report.defences.length === 0) return null;
  return (
    <Card title="6 · What each defence did, and what it cost">
      <p class="quiet">
        Those that did nothing stand here too. “No effect seen” is a result; “safe” is none.
      </p>
      <Table
        head={[
          "defence",
          "without",
          "with",
          "metric",
          "difference",
          "verdict",
          "price",
          "chosen by",
        ]}
        rows={report.defences.map((row) => [
          row.defence,
          numberText(row.without),
          numberText(row.with),
          row.metric,
          differenceText(row),
          row.verdict,
          row.price,
          row.chosenBy.join(", ") || "nobody",
        ])}
      />
    </Card>
  );
}

export function Counterfactuals({ report }: Props): JSX.Element | null {
  if (report.counterfactuals.length === 0) return null;
  return (
    <Card title="Had you chosen otherwise">
      <p class="quiet">The same seed, run again with the other choice.</p>
      <Table
        head={["choice", "as chosen", "otherwise", "metric", "the other choice", "what changes"]}
        rows={report.counterfactuals.map((each) => [
          `${each.stage}: ${each.chosen}`,
          numberText(each.withChosen),
          numberText(each.withOther),
          each.metric,
          each.otherwise,
          each.words,
        ])}
      />
    </Card>
  );
}
