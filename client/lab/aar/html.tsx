import type { JSX } from "preact";
import { type Rating, ratings } from "../exercise/event.ts";
import { FigureCard, renderPage } from "../report/page.tsx";
import { Card, Lines, Table } from "../report/parts.tsx";
import { metricText, numberText } from "../report/words.ts";
import { type AfterAction, clockText } from "./after-action.ts";
import { Choices, Counterfactuals, Defences, Leaks, Predictions } from "./html-measured.tsx";
import { factRows, ratingWords } from "./words.ts";

/** The after-action report as one page that prints; sections without anything are left out. */
export function afterActionPage(report: AfterAction): string {
  const figures = (wanted: (id: string) => boolean) =>
    report.figures
      .filter(({ id }) => wanted(id))
      .map((figure) => <FigureCard key={figure.id} figure={figure} id={figure.id} />);
  const isPrediction = (id: string) => id.startsWith("predicted-");
  const isPareto = (id: string) => id.includes("pareto") || id === "leak-against-price";
  return renderPage(
    `After action: ${report.title}`,
    <>
      <Head report={report} />
      <Facts report={report} />
      <Objectives report={report} />
      <Threads report={report} />
      <Leaks report={report} />
      {figures((id) => !isPrediction(id) && !isPareto(id))}
      <Predictions report={report} />
      {figures(isPrediction)}
      <Choices report={report} />
      <Defences report={report} />
      {figures(isPareto)}
      <Counterfactuals report={report} />
      <Lessons report={report} />
      <Limits report={report} />
      <Annex report={report} />
    </>,
  );
}

interface Props {
  readonly report: AfterAction;
}

function Head({ report }: Props): JSX.Element {
  const { title, scenario, version, summary, leaks } = report;
  return (
    <header>
      <p class="quiet">{`Backchannel leak lab · after-action report · ${scenario} ${version}`}</p>
      <h1>{title}</h1>
      <p>{summary}</p>
      {report.flags.map((flag) => (
        <p key={flag}>
          <span class="verdict broken">look here</span>
          {` ${flag}`}
        </p>
      ))}
      {leaks.length > 0 && (
        <div class="card tiles">
          {leaks.map(({ team, metrics, score, scoreOf }) => {
            const [leak] = metrics;
            return (
              <div key={team} class="tile">
                <div class="quiet">{team}</div>
                <div class="figure">{leak === undefined ? "–" : metricText(leak)}</div>
                <div>{leak?.words ?? ""}</div>
                {score !== null && <div class="score">{`${score} of ${scoreOf} points`}</div>}
              </div>
            );
          })}
        </div>
      )}
    </header>
  );
}

function Facts({ report }: Props): JSX.Element {
  return (
    <Card title="1 · What was played">
      <dl>
        {factRows(report).map(([name, value], at) => (
          <div key={at}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** Four boxes, one of them marked; all empty for a pen. */
function Boxes({ rating }: { rating: Rating | null }): JSX.Element {
  return (
    <span class="boxes">
      {ratings.map((each) => (
        <span key={each} class={each === rating ? "box on" : "box"}>
          {each}
        </span>
      ))}
    </span>
  );
}

function Objectives({ report }: Props): JSX.Element {
  return (
    <Card title="2 · Objectives">
      <Table
        head={["objective", "rating", "why", "what there is to go by"]}
        numbers={[1]}
        rows={report.objectives.map(({ objective, rating, words, evidence }) => [
          objective,
          <Boxes rating={rating} />,
          [rating === null ? "not rated" : ratingWords[rating], words]
            .filter((text) => text !== "")
            .join(": "),
          evidence,
        ])}
      />
      <p class="quiet note">
        {`People rate; the log only tells what there is to go by. ${ratings
          .map((each) => `${each} ${ratingWords[each]}`)
          .join(" · ")}`}
      </p>
    </Card>
  );
}

/** Inject → action → measured effect; then everything in its order. */
function Threads({ report }: Props): JSX.Element | null {
  const { threads, timeline } = report;
  if (timeline.length === 0) return null;
  return (
    <Card title="3 · What happened when">
      <p class="quiet">Exercise time; pauses do not count.</p>
      {threads.map((thread) => (
        <div key={thread.inject} class="thread">
          <p class="inject">
            <b>{`${clockText(thread.atMs)} ${thread.via}: `}</b>
            {thread.words}
          </p>
          {thread.expected !== "" && <p>{`Expected: ${thread.expected}.`}</p>}
          {thread.effect !== "" && <p class="quiet">{`What it changes: ${thread.effect}.`}</p>}
          {thread.actions.length === 0 ? (
            <p>→ No team did anything before the next one.</p>
          ) : (
            <ol class="actions">
              {thread.actions.map((action, at) => (
                <li key={at}>
                  <b>{`${clockText(action.atMs)} ${action.team ?? "all"} `}</b>
                  {action.words}
                  {action.effect !== "" && <span class="effect">{` ⇒ ${action.effect}`}</span>}
                </li>
              ))}
            </ol>
          )}
        </div>
      ))}
      <h3>Everything in its order</h3>
      <Table
        head={["time", "team", "what", "event", "effect"]}
        numbers={[0]}
        rows={timeline.map(({ atMs, team, kind, words, effect }) => [
          clockText(atMs),
          team ?? "all",
          kind,
          words,
          effect,
        ])}
      />
    </Card>
  );
}

function Lessons({ report }: Props): JSX.Element {
  const { strengths, improvements, plan, prompts } = report;
  // Lines for a pen.
  const blank = [1, 2, 3, 4].map(() => ["\u00a0", "", ""]);
  return (
    <>
      {strengths.length + improvements.length > 0 && (
        <Card title="7 · Strengths, and areas for improvement">
          {strengths.length > 0 && <h3>Strengths</h3>}
          <Lines lines={strengths} />
          {improvements.length > 0 && <h3>Areas for improvement</h3>}
          <Lines lines={improvements} />
        </Card>
      )}
      <Card title="8 · Improvement plan">
        <Table
          head={["action", "owner", "due"]}
          numbers={[2]}
          rows={[
            ...plan.map(({ action, owner, due }) => [action, owner || "–", due || "–"]),
            ...blank.slice(plan.length),
          ]}
        />
      </Card>
      {prompts.length > 0 && (
        <Card title="To talk about">
          <Lines lines={prompts} />
        </Card>
      )}
    </>
  );
}

function Limits({ report }: Props): JSX.Element | null {
  const { assumed, limits } = report;
  if (assumed.length + limits.length === 0) return null;
  return (
    <Card title="9 · What this does not show">
      {assumed.length > 0 && <h3>Assumed or computed, not executed</h3>}
      <Lines lines={assumed} />
      {assumed.length > 0 && limits.length > 0 && <h3>Limits</h3>}
      <Lines lines={limits} />
    </Card>
  );
}

function Annex({ report }: Props): JSX.Element {
  const rows = (files: AfterAction["hashes"]) =>
    files.map(({ path, sha256 }) => [<code>{path}</code>, <code>{sha256}</code>]);
  return (
    <Card title="Annex: evidence">
      <p>
        {"Every number here, except speeds, comes out again with "}
        <code>{report.replay}</code>
        {", typed where the record lies."}
      </p>
      {report.sources.length > 0 && <h3>The record</h3>}
      {report.sources.length > 0 && (
        <Table head={["file", "SHA-256"]} numbers={[]} rows={rows(report.sources)} />
      )}
      <h3>The teams' evidence</h3>
      <Table head={["file", "SHA-256"]} numbers={[]} rows={rows(report.hashes)} />
      <p class="quiet note">
        {`${numberText(report.hashes.length)} files of evidence. Local machine only, invented persons, real incidents by public fact only, no live targets.`}
      </p>
    </Card>
  );
}
