import type { ComponentChildren, JSX } from "preact";
import { FigureCard, renderPage } from "../report/page.tsx";
import { Card, Table } from "../report/parts.tsx";
import { intervalText, metricText, numberText } from "../report/words.ts";
import { type AfterAction, clockText, ratingWords } from "./after-action.ts";
import { differenceText } from "./words.ts";

/** The after-action report as one page that prints; empty sections are left out. */
export function afterActionPage(report: AfterAction): string {
  return renderPage(
    `After action: ${report.title}`,
    <>
      <Head report={report} />
      <Objectives report={report} />
      <Timeline report={report} />
      <Leaks report={report} />
      {report.figures.map((figure) => (
        <FigureCard key={figure.id} figure={figure} id={figure.id} />
      ))}
      <Predictions report={report} />
      <Defences report={report} />
      <Counterfactuals report={report} />
      <Lessons report={report} />
      <Annex report={report} />
    </>,
  );
}

interface Props {
  readonly report: AfterAction;
}

function Head({ report }: Props): JSX.Element {
  const { title, scenario, version, software, startedAt, endedAt, teams, summary } = report;
  const when = startedAt === null ? "not started" : `${startedAt} to ${endedAt ?? "now"}`;
  return (
    <header>
      <p class="quiet">{`Backchannel leak lab · after-action report · ${scenario} ${version}`}</p>
      <h1>{title}</h1>
      <p>{summary}</p>
      <p class="quiet">{`${when} · teams: ${teams.join(", ") || "none"} · ${software}`}</p>
      {report.flags.map((flag) => (
        <p key={flag}>
          <span class="verdict broken">look here</span>
          {` ${flag}`}
        </p>
      ))}
    </header>
  );
}

/** A card with a table, or nothing where there are no rows. */
function Section(props: {
  title: string;
  note?: string;
  head: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
}): JSX.Element | null {
  if (props.rows.length === 0) return null;
  return (
    <Card title={props.title}>
      {props.note !== undefined && <p class="quiet">{props.note}</p>}
      <Table head={props.head} rows={props.rows} />
    </Card>
  );
}

function Objectives({ report }: Props): JSX.Element | null {
  return (
    <Section
      title="Objectives"
      head={["objective", "rating", "meaning", "evidence"]}
      rows={report.objectives.map(({ objective, rating, evidence }) => [
        objective,
        rating ?? "–",
        rating === null ? "not rated" : ratingWords[rating],
        evidence,
      ])}
    />
  );
}

function Timeline({ report }: Props): JSX.Element | null {
  return (
    <Section
      title="What happened when"
      note="Exercise time; pauses do not count."
      head={["time", "team", "what", "event", "effect"]}
      rows={report.timeline.map(({ atMs, team, kind, words, effect }) => [
        clockText(atMs),
        team ?? "all",
        kind,
        words,
        effect,
      ])}
    />
  );
}

function Leaks({ report }: Props): JSX.Element {
  return (
    <>
      {report.leaks.map((leak) => (
        <Card key={leak.team} title={`What leaked: ${leak.team}`}>
          <p class="sentence">{leak.sentence}</p>
          <p class="quiet">
            {`${leak.scenario}, seed ${leak.seed}${leak.score === null ? "" : `, ${leak.score} of ${leak.scoreOf} points`}`}
          </p>
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

function Predictions({ report }: Props): JSX.Element | null {
  return (
    <Section
      title="Prediction against measure"
      note="The gap is the lesson: 0 is right, 1 is as far off as possible."
      head={["question", "predicted", "measured", "team", "gap"]}
      rows={report.predictions.map(({ team, question, predicted, measured, gap }) => [
        question,
        predicted,
        measured,
        team,
        gap === null ? "–" : numberText(gap),
      ])}
    />
  );
}

function Defences({ report }: Props): JSX.Element | null {
  return (
    <Section
      title="What each defence did, and what it cost"
      note="Those that did nothing stand here too. “No effect seen” is a result; “safe” is none."
      head={["defence", "without", "with", "metric", "difference", "verdict", "price", "chosen by"]}
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
  );
}

function Counterfactuals({ report }: Props): JSX.Element | null {
  return (
    <Section
      title="Had you chosen otherwise"
      note="The same seed, run again with the other choice."
      head={[
        "choice",
        "as chosen",
        "otherwise",
        "metric",
        "the other choice",
        "what it would have changed",
      ]}
      rows={report.counterfactuals.map((each) => [
        `${each.stage}: ${each.chosen}`,
        numberText(each.withChosen),
        numberText(each.withOther),
        each.metric,
        each.otherwise,
        each.words,
      ])}
    />
  );
}

function Lessons({ report }: Props): JSX.Element {
  return (
    <>
      <List title="Strengths" lines={report.strengths} />
      <List title="Areas for improvement" lines={report.improvements} />
      <Section
        title="Improvement plan"
        head={["action", "owner", "due"]}
        rows={
          report.plan.length === 0
            ? [" ", "  ", "   "].map((line) => [line, "", ""])
            : report.plan.map(({ action, owner, due }) => [action, owner, due])
        }
      />
      <List title="To talk about" lines={report.prompts} />
      <List title="What this does not show" lines={report.limits} />
    </>
  );
}

function List({ title, lines }: { title: string; lines: readonly string[] }): JSX.Element | null {
  if (lines.length === 0) return null;
  return (
    <Card title={title}>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Card>
  );
}

function Annex({ report }: Props): JSX.Element {
  return (
    <Card title="Annex: evidence">
      <p>
        {"Every number here, except speeds, comes out again with "}
        <code>{report.replay}</code>.
      </p>
      <Table
        head={["file", "SHA-256"]}
        rows={report.hashes.map(({ path, sha256 }) => [<code>{path}</code>, <code>{sha256}</code>])}
      />
      <p class="quiet">
        Local machine only, invented persons, real incidents by public fact only, no live targets.
      </p>
    </Card>
  );
}
