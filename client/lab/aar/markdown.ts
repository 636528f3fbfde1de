import { escapeText, table } from "../report/markdown.ts";
import { intervalText, metricText, numberText } from "../report/words.ts";
import { type AfterAction, clockText, ratingWords } from "./after-action.ts";
import { differenceText } from "./words.ts";

/** The after-action report as Markdown; every text from a scenario or a team is escaped. */
export function afterActionMarkdown(report: AfterAction): string {
  const { title, scenario, version, software, startedAt, endedAt, teams } = report;
  return `${[
    `# After action: ${escapeText(title)}`,
    "",
    escapeText(report.summary),
    "",
    `${scenario} ${version}, ${startedAt ?? "not started"} to ${endedAt ?? "now"}; teams: ${escapeText(teams.join(", "))}; ${escapeText(software)}`,
    "",
    ...report.flags.flatMap((flag) => [`**Look here.** ${escapeText(flag)}`, ""]),
    ...section(
      "Objectives",
      ["objective", "rating", "evidence"],
      report.objectives.map(({ objective, rating, evidence }) => [
        objective,
        rating === null ? "not rated" : `${rating}: ${ratingWords[rating]}`,
        evidence,
      ]),
    ),
    ...section(
      "What happened when",
      ["time", "team", "what", "event", "effect"],
      report.timeline.map((entry) => [
        clockText(entry.atMs),
        entry.team ?? "all",
        entry.kind,
        entry.words,
        entry.effect,
      ]),
    ),
    ...report.leaks.flatMap((leak) => [
      `## What leaked: ${escapeText(leak.team)}`,
      "",
      escapeText(leak.sentence),
      "",
      ...table(
        ["metric", "value", "95 % interval", "badge", "meaning"],
        leak.metrics.map((metric) => [
          metric.id,
          metricText(metric),
          intervalText(metric),
          metric.badge,
          metric.words,
        ]),
      ),
    ]),
    ...section(
      "Prediction against measure",
      ["question", "team", "predicted", "measured", "gap"],
      report.predictions.map(({ question, team, predicted, measured, gap }) => [
        question,
        team,
        predicted,
        measured,
        gap === null ? "–" : numberText(gap),
      ]),
    ),
    ...section(
      "What each defence did, and what it cost",
      ["defence", "metric", "without", "with", "difference", "verdict", "price", "chosen by"],
      report.defences.map((row) => [
        row.defence,
        row.metric,
        numberText(row.without),
        numberText(row.with),
        differenceText(row),
        row.verdict,
        row.price,
        row.chosenBy.join(", ") || "nobody",
      ]),
    ),
    ...section(
      "Had you chosen otherwise",
      ["stage", "chosen", "otherwise", "metric", "as chosen", "otherwise", "what changes"],
      report.counterfactuals.map((each) => [
        each.stage,
        each.chosen,
        each.otherwise,
        each.metric,
        numberText(each.withChosen),
        numberText(each.withOther),
        each.words,
      ]),
    ),
    ...list("Strengths", report.strengths),
    ...list("Areas for improvement", report.improvements),
    "## Improvement plan",
    "",
    ...table(
      ["action", "owner", "due"],
      report.plan.length === 0
        ? [["", "", ""]]
        : report.plan.map(({ action, owner, due }) => [action, owner, due]),
    ),
    ...list("To talk about", report.prompts),
    ...list("What this does not show", report.limits),
    "## Annex: evidence",
    "",
    `Every number here, except speeds, comes out again with \`${report.replay}\`.`,
    "",
    ...table(
      ["file", "SHA-256"],
      report.hashes.map(({ path, sha256 }) => [path, sha256]),
    ),
  ].join("\n")}\n`;
}

function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  return rows.length === 0 ? [] : [`## ${title}`, "", ...table(head, rows)];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : [`## ${title}`, "", ...lines.map((each) => `- ${escapeText(each)}`), ""];
}
