import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { csv } from "../csv.ts";
import type { AfterAction } from "./after-action.ts";
import { clockText } from "./after-action.ts";
import { afterActionPage } from "./html.tsx";
import { afterActionMarkdown } from "./markdown.ts";

export interface WrittenAfterAction {
  readonly html: string;
  readonly markdown: string;
  readonly json: string;
  readonly timeline: string;
  readonly numbers: string;
  readonly predictions: string;
  readonly defences: string;
}

/**
 * Writes an after-action report as a page, Markdown, JSON, and tables: what happened, what leaked, what was
 * predicted, what defences and choices of them did.
 */
export async function writeAfterAction(
  report: AfterAction,
  folder: string,
): Promise<WrittenAfterAction> {
  await mkdir(folder, { recursive: true });
  const paths = {
    html: join(folder, "after-action.html"),
    markdown: join(folder, "after-action.md"),
    json: join(folder, "after-action.json"),
    timeline: join(folder, "timeline.csv"),
    numbers: join(folder, "numbers.csv"),
    predictions: join(folder, "predictions.csv"),
    defences: join(folder, "defences.csv"),
  };
  await writeFile(paths.html, afterActionPage(report));
  await writeFile(paths.markdown, afterActionMarkdown(report));
  await writeFile(paths.json, `${JSON.stringify(report, null, 1)}\n`);
  await writeFile(
    paths.timeline,
    csv(
      ["clock", "milliseconds", "team", "kind", "event", "effect"],
      report.timeline.map(({ atMs, team, kind, words, effect }) => [
        clockText(atMs),
        atMs,
        team ?? "all",
        kind,
        words,
        effect,
      ]),
    ),
  );
  const numbers = report.leaks.flatMap(({ team, scenario, seed, metrics }) =>
    metrics.map((metric) => [
      team,
      scenario,
      seed,
      metric.id,
      metric.value,
      metric.unit,
      metric.interval?.[0] ?? null,
      metric.interval?.[1] ?? null,
      metric.badge,
    ]),
  );
  const head = ["team", "scenario", "seed", "metric", "value", "unit", "low", "high", "badge"];
  await writeFile(paths.numbers, csv(head, numbers));
  await writeFile(paths.predictions, predictionsCsv(report));
  await writeFile(paths.defences, defencesCsv(report));
  return paths;
}

function predictionsCsv({ predictions }: AfterAction): string {
  return csv(
    ["team", "question", "predicted", "measured", "gap"],
    predictions.map(({ team, question, predicted, measured, gap }) => [
      ...[team, question, predicted, measured, gap],
    ]),
  );
}

/** Choices of teams and single defences in one table: `team` is empty for a defence. */
function defencesCsv({ choices, defences }: AfterAction): string {
  const bounds = (interval: readonly [number, number] | null) => interval ?? [null, null];
  const chosen = choices.map((each) => [
    ...[each.team, each.chosen, each.metric, each.before, each.after, ...bounds(each.interval)],
    ...[each.seeds, each.verdict, each.price, each.team, each.earned, each.of],
  ]);
  const alone = defences.map((each) => [
    ...["", each.defence, each.metric, each.without, each.with, ...bounds(each.interval)],
    ...[each.seeds, each.verdict, each.price, each.chosenBy.join(" "), null, null],
  ]);
  const head =
    "team,defence,metric,without,with,difference_low,difference_high,seeds,verdict,price,chosen_by,earned,of";
  return csv(head.split(","), [...chosen, ...alone]);
}
