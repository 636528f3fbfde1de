import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JSX } from "preact";
import type { BarsFigure } from "#client/charts/figure.ts";
import { FigureView } from "#client/charts/figure-view.tsx";
import { renderPage } from "../report/page.tsx";
import { Card, Table } from "../report/parts.tsx";
import { numberText, signedText } from "../report/words.ts";
import { wilson } from "../statistics.ts";
import type { Judged, Measured } from "./judge.ts";
import type { Shown, SixFindings } from "./measure.ts";

/** Writes the findings as a page that can be projected and printed; `findings.json` is there already. */
export async function writeFindingsPage(measured: SixFindings, folder: string): Promise<string> {
  const path = join(folder, "findings.html");
  await writeFile(path, pageOf(measured));
  return path;
}

function pageOf({ findings, seeds, firstSeed, software }: SixFindings): string {
  return renderPage(
    "Six findings",
    <>
      <header>
        <p class="quiet">
          {`Backchannel leak lab · ${seeds} seeds from ${firstSeed} · ${software.join("; ")}`}
        </p>
        <h1>Six things that a channel's planners expect least</h1>
        <p>
          Real clients talked over a real relay, and each attack read only what its adversary could
          have taken. A claim holds when its whole 95 % interval keeps to the bound beside it;
          differences are paired by seed, whiskers are Wilson’s over all seeds together.
        </p>
      </header>
      {findings.map((shown, at) => (
        <ShownCard key={shown.id} shown={shown} place={at + 1} />
      ))}
    </>,
  );
}

function ShownCard({ shown, place }: { shown: Shown; place: number }): JSX.Element {
  const figure = barsOf(shown);
  return (
    <Card title={`${place}. ${shown.title}`} isFigure>
      <p>
        <span class={shown.verdict === "holds" ? "verdict" : "verdict broken"}>
          {shown.verdict === "holds" ? "✓ holds" : `✗ ${shown.verdict}`}
        </span>
        {shown.broken.length > 0 && ` ${shown.broken.join("; ")}. No number of this counts.`}
      </p>
      <p>{shown.lesson}</p>
      <p class="quiet">{`Bars: ${shown.number}.`}</p>
      <div class="wide">
        <FigureView figure={figure} id={`${shown.id}-wide`} size="wide" />
      </div>
      <div class="narrow">
        <FigureView figure={figure} id={`${shown.id}-narrow`} size="narrow" />
      </div>
      <Table
        head={["claim", "measured", "95 % interval", "has to be", "verdict"]}
        rows={shown.claims.map((claim) => [
          claim.words,
          valueText(claim),
          intervalText(claim),
          claim.bound,
          claim.verdict,
        ])}
      />
      <p class="quiet">{`lab run ${shown.scenario} tells the whole story of it`}</p>
    </Card>
  );
}

function barsOf({ id, title, chance, arms }: Shown): BarsFigure {
  // What the bars are stands above them, where it can break: a line of a picture is cut off on a phone.
  const label = arms.every(({ hits }) => hits !== null) ? "share" : "area";
  return {
    ...{ kind: "bars", id, title, chance },
    caption: `${title}.`,
    y: { label, scale: "linear" },
    bars: arms.flatMap((arm) => {
      if (arm.mean === null) return [];
      const [low, high] = shareInterval(arm);
      return [{ name: arm.words, value: Number(arm.mean.toPrecision(3)), low, high }];
    }),
  };
}

function shareInterval({ hits, of }: Measured): readonly [number, number] | [null, null] {
  return (hits === null || of === null ? null : wilson(hits, of)) ?? [null, null];
}

/** A claim's number: a difference with its sign, a share without. */
export function valueText({ value, isDifference }: Judged): string {
  return isDifference ? signedText(value) : numberText(value);
}

export function intervalText({ interval, isDifference }: Judged): string {
  if (interval === null) return "–";
  return interval.map(isDifference ? signedText : numberText).join(" to ");
}
