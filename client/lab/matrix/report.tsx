import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JSX } from "preact";
import { csv } from "../csv.ts";
import { FigureCard, renderPage } from "../report/page.tsx";
import { Card, Table } from "../report/parts.tsx";
import { numberText, priceUnits, settingText, signedText } from "../report/words.ts";
import { heatOf, leakOf, paretoOf } from "./figures.ts";
import type { Matrix, MatrixRow, Measured } from "./matrix.ts";

export interface WrittenMatrix {
  readonly json: string;
  readonly csv: string;
  readonly html: string;
}

/** Writes the matrix as a page and as a table; `matrix.json` is there already. */
export async function writeMatrixReport(matrix: Matrix, folder: string): Promise<WrittenMatrix> {
  const paths = {
    json: join(folder, "matrix.json"),
    csv: join(folder, "matrix.csv"),
    html: join(folder, "matrix.html"),
  };
  await writeFile(paths.csv, csvOf(matrix));
  await writeFile(paths.html, htmlOf(matrix));
  return paths;
}

function htmlOf(matrix: Matrix): string {
  return renderPage(
    "The matrix",
    <>
      <header>
        <p class="quiet">
          {`Backchannel leak lab · ${matrix.seeds} seeds from ${matrix.firstSeed} · ${matrix.software.join("; ")}`}
        </p>
        <h1>What each defence does, and what it costs</h1>
        <p>
          Each number is the mean of paired runs: the same seed, the same talk, one defence more.
          The intervals are 95 %, by bootstrap over the seeds.
        </p>
      </header>
      <FigureCard figure={heatOf(matrix)} id="matrix" />
      {matrix.rows.map((row) => (
        <Row key={row.scenario} row={row} />
      ))}
    </>,
  );
}

function Row({ row }: { row: MatrixRow }): JSX.Element {
  const pareto = paretoOf(row);
  return (
    <>
      <Card title={row.title}>
        {row.broken.length > 0 && (
          <p>
            <span class="verdict broken">✗ rig broken</span>
            {` ${row.broken.join("; ")}. No number of this scenario counts.`}
          </p>
        )}
        <p class="quiet">{`${row.scenario}, ${row.leak}`}</p>
        <Table
          head={["defence", "without", "with", "difference", "95 % interval", "verdict", "price"]}
          rows={row.defences
            .filter(({ circumstance }) => !circumstance)
            .map((each) => cellsOf(row, each))}
        />
        <Circumstances row={row} />
      </Card>
      {pareto !== null && <FigureCard figure={pareto} id={pareto.id} />}
    </>
  );
}

/** What changes the leak and is not anybody's to choose. */
function Circumstances({ row }: { row: MatrixRow }): JSX.Element | null {
  const rows = row.defences
    .filter(({ circumstance }) => circumstance)
    .map((each) => cellsOf(row, each).filter((_, at) => at !== 5));
  if (rows.length === 0) return null;
  return (
    <>
      <h2 style="margin-top:26px">Circumstances, which nobody chooses</h2>
      <Table
        head={["circumstance", "as it is", "so", "difference", "95 % interval", "besides"]}
        rows={rows}
      />
    </>
  );
}

function cellsOf(row: MatrixRow, each: Measured): string[] {
  const effect = leakOf(row, each);
  const [low, high] = effect?.interval ?? [null, null];
  return [
    settingText(each.change),
    numberText(effect?.without ?? null),
    numberText(effect?.with ?? null),
    signedText(effect?.difference ?? null),
    low === null ? "–" : `${signedText(low)} to ${signedText(high)}`,
    effect?.verdict ?? "not measured",
    priceOf(each),
  ];
}

function priceOf({ prices, note }: Measured): string {
  const measured = prices
    .filter(({ difference }) => difference !== null && difference !== 0)
    .map(({ name, difference }) => `${signedText(difference)} ${priceUnits[name] ?? name}`);
  return [...measured, note].filter((text) => text !== "").join("; ");
}

/** One line a defence and metric, for a spreadsheet. */
function csvOf({ rows }: Matrix): string {
  const lines = rows.flatMap((row) =>
    row.defences.flatMap(({ change, effects }) =>
      effects.map((effect) => [
        row.scenario,
        settingText(change),
        effect.metric,
        effect.unit,
        effect.n,
        effect.without,
        effect.with,
        effect.difference,
        effect.interval?.[0] ?? null,
        effect.interval?.[1] ?? null,
        effect.verdict,
        row.broken.length > 0 ? "yes" : "no",
      ]),
    ),
  );
  return csv(
    "scenario,defence,metric,unit,pairs,without,with,difference,low,high,verdict,rig_broken".split(
      ",",
    ),
    lines,
  );
}
