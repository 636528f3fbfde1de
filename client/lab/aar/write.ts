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
}

/** Writes an after-action report as a page, Markdown, JSON, and two tables: what happened, what was measured. */
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
  return paths;
}
