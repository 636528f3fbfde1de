import type { JSX } from "preact";
import { countReadings } from "#client/charts/blast.ts";
import { BlastRadius } from "#client/charts/blast-radius.tsx";
import type { RunResult } from "../result.ts";
import { leakBars } from "./leak-bars.ts";
import { FigureCard, renderPage } from "./page.tsx";
import { PairedTables } from "./paired.tsx";
import { Card, Table } from "./parts.tsx";
import { blastOf, chanceText, intervalText, metricText, settingText } from "./words.ts";

/** The report of a run as one page. */
export function htmlReport(result: RunResult): string {
  return renderPage(
    result.title,
    <>
      <Head result={result} />
      {result.baseline.talk !== null && <Picture result={result} />}
      <LeakByDefence result={result} />
      {result.baseline.figures.map((figure) => (
        <FigureCard key={figure.id} figure={figure} id={figure.id} />
      ))}
      <Numbers result={result} />
      <PairedTables result={result} />
      <Controls result={result} />
      <Rest result={result} />
    </>,
  );
}

function Head({ result }: { result: RunResult }): JSX.Element {
  const { headline } = result.baseline;
  const broken = result.verdict === "rig broken";
  return (
    <header>
      <p class="quiet">
        {`Backchannel leak lab · ${result.scenario} ${result.version} · seed ${result.seed} · ${result.software}`}
      </p>
      <h1>{result.title}</h1>
      <p>{result.summary}</p>
      <div class="card top">
        <div>
          <span class={broken ? "verdict broken" : "verdict"}>
            {broken ? "✗ rig broken" : "✓ measured"}
          </span>
          <div class={headline.leaks ? "big" : "big none"}>{headline.value}</div>
          <div>{headline.words}</div>
        </div>
        <p class="sentence">{result.sentence}</p>
      </div>
    </header>
  );
}

function Picture({ result }: { result: RunResult }): JSX.Element {
  const blast = blastOf(result);
  const title = `What was read, by ${blast.groupWord}`;
  const names = ["this run", ...result.paired.map(({ change }) => settingText(change))];
  const rows = blast.rows.flatMap((row, index) => {
    const count = countReadings(row);
    const cells = row.groups.map((group) => {
      const read = group.readings.filter((reading) => reading !== "sealed").length;
      return `${read}/${group.readings.length}`;
    });
    return [[names[index] ?? row.name, `${count.read} of ${count.all}`, ...cells]];
  });
  const labels = blast.rows[0]?.groups.map((group) => `${blast.groupWord} ${group.label}`) ?? [];
  return (
    <Card title={title}>
      <div class="wide">
        <BlastRadius blast={blast} title={title} id="wide" size="wide" />
      </div>
      <div class="narrow">
        <BlastRadius blast={blast} title={title} id="narrow" size="narrow" />
      </div>
      <Table head={["run", "read", ...labels]} rows={rows} />
    </Card>
  );
}

/** The leak without and with each defence; a talk has its own picture of it. */
function LeakByDefence({ result }: { result: RunResult }): JSX.Element | null {
  const bars = result.baseline.talk === null ? leakBars(result) : null;
  return bars === null ? null : <FigureCard figure={bars} id={bars.id} />;
}

function Numbers({ result }: { result: RunResult }): JSX.Element {
  const assumed = result.baseline.findings.notes.filter((note) => note.includes("ASSUMED"));
  return (
    <Card title="What leaked">
      <p class="quiet">{`The adversary: ${result.capability}.`}</p>
      {assumed.length > 0 && (
        <p>
          <span class="badge ASSUMED">ASSUMED</span>
          {` ${assumed.join(" ")} What follows from it was executed.`}
        </p>
      )}
      <Table
        head={["metric", "value", "95 % interval", "chance", "badge", "meaning"]}
        rows={result.baseline.metrics.map((metric) => [
          metric.id,
          metricText(metric),
          intervalText(metric),
          chanceText(metric),
          <span class={`badge ${metric.badge}`}>{metric.badge}</span>,
          metric.words,
        ])}
      />
    </Card>
  );
}

function Controls({ result }: { result: RunResult }): JSX.Element {
  return (
    <Card title="Controls">
      <p class="quiet">
        A rig whose positive control does not leak, or whose null control does, measures nothing.
      </p>
      <Table
        head={["control", "measured", "holds", "expected"]}
        rows={result.controls.map((control) => [
          `${control.kind}: ${control.name}`,
          control.measured,
          control.ok ? "✓ yes" : "✗ no",
          control.expected,
        ])}
      />
    </Card>
  );
}

function Rest({ result }: { result: RunResult }): JSX.Element {
  return (
    <>
      <Card title="What this does not show">
        <ul>
          {result.limits.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </Card>
      <Card title="Grounded in">
        <ul>
          {result.incidents.map((each) => (
            <li key={each.name}>
              {`${each.name}, ${each.date} (${each.confidence}): ${each.source}`}
            </li>
          ))}
        </ul>
      </Card>
      <Card title="To talk about">
        <ul>
          {result.prompts.map((prompt) => (
            <li key={prompt}>{prompt}</li>
          ))}
        </ul>
      </Card>
      <Card title="Evidence">
        <p>
          The bundle lies in <code>{result.baseline.bundle}</code>. Its files open with any tool for
          SQLite and JSON; <code>{`backchannel lab attack ${result.scenario} BUNDLE`}</code> runs
          the attack again.
        </p>
        <Table
          head={["file", "SHA-256"]}
          numbers={[]}
          rows={result.baseline.hashes.map(({ path, sha256 }) => [
            <code>{path}</code>,
            <code>{sha256}</code>,
          ])}
        />
        <p class="quiet">
          Local machine only, invented persons, real incidents by public fact only, no live targets.
        </p>
      </Card>
    </>
  );
}
