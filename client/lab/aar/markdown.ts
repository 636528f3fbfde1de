import { escapeText, table } from "../report/markdown.ts";
import { intervalText, metricText, numberText } from "../report/words.ts";
import { type AfterAction, clockText } from "./after-action.ts";
import {
  causeInterval,
  causeText,
  choiceText,
  differenceText,
  factRows,
  ratingWords,
} from "./words.ts";

/** The after-action report as Markdown; every text from a scenario or a team is escaped. */
export function afterActionMarkdown(report: AfterAction): string {
  return `${[
    `# After action: ${escapeText(report.title)}`,
    "",
    escapeText(report.summary),
    "",
    ...report.flags.flatMap((flag) => [`**Look here.** ${escapeText(flag)}`, ""]),
    ...section("1 · What was played", ["", ""], factRows(report)),
    ...section(
      "2 · Objectives",
      ["objective", "rating", "why", "what there is to go by"],
      report.objectives.map(({ objective, rating, words, evidence }) => [
        objective,
        rating === null ? "not rated" : `${rating}: ${ratingWords[rating]}`,
        words,
        evidence,
      ]),
    ),
    ...threads(report),
    ...leaks(report),
    ...measured(report),
    ...list("7 · Strengths", report.strengths),
    ...list("7 · Areas for improvement", report.improvements),
    "## 8 · Improvement plan",
    "",
    ...table(
      ["action", "owner", "due"],
      report.plan.length === 0
        ? [["", "", ""]]
        : report.plan.map(({ action, owner, due }) => [action, owner, due]),
    ),
    ...list("To talk about", report.prompts),
    ...list("9 · Assumed or computed, not executed", report.assumed),
    ...list("9 · What this does not show", report.limits),
    "## Annex: evidence",
    "",
    `Every number here, except speeds, comes out again with \`${report.replay}\`, typed where the record lies.`,
    "",
    ...table(
      ["file", "SHA-256"],
      [...report.sources, ...report.hashes].map(({ path, sha256 }) => [path, sha256]),
    ),
  ].join("\n")}\n`;
}

function threads({ threads: all, timeline }: AfterAction): string[] {
  if (timeline.length === 0) return [];
  const told = all.flatMap(({ atMs, via, words, expected, effect, actions }) => [
    `**${clockText(atMs)} ${via}.** ${escapeText(words)}`,
    "",
    ...(expected === "" ? [] : [`Expected: ${escapeText(expected)}.`, ""]),
    ...(effect === "" ? [] : [`What it changes: ${escapeText(effect)}.`, ""]),
    ...(actions.length === 0 ? ["- No team did anything before the next one."] : []),
    ...actions.map((each) =>
      [
        `- ${clockText(each.atMs)} ${escapeText(`${each.team ?? "all"}: ${each.words}`)}`,
        ...(each.effect === "" ? [] : [escapeText(each.effect)]),
      ].join(" ⇒ "),
    ),
    "",
  ]);
  return [
    "## 3 · What happened when",
    "",
    ...told,
    ...table(
      ["time", "team", "what", "event", "effect"],
      timeline.map((entry) => [
        clockText(entry.atMs),
        entry.team ?? "all",
        entry.kind,
        entry.words,
        entry.effect,
      ]),
    ),
  ];
}

function leaks(report: AfterAction): string[] {
  return report.leaks.flatMap((leak) => [
    `## 4 · What leaked: ${escapeText(leak.team)}`,
    "",
    escapeText(leak.sentence),
    "",
    ...(leak.score === null ? [] : [`${leak.score} of ${leak.scoreOf} points.`, ""]),
    ...(leak.causes.length === 0
      ? []
      : table(
          ["cause", "messages", "95 % interval", "badge"],
          leak.causes.map((each) => [each.cause, causeText(each), causeInterval(each), each.badge]),
        )),
    ...leak.secrets.map(({ name, read }) => `- ${escapeText(name)}: ${read ? "read" : "not read"}`),
    ...(leak.secrets.length === 0 ? [] : [""]),
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
  ]);
}

function measured(report: AfterAction): string[] {
  return [
    ...section(
      "5 · Prediction against measure",
      ["question", "team", "predicted", "measured", "gap"],
      report.predictions.map(({ question, team, predicted, measured: came, gap }) => [
        question,
        team,
        predicted,
        came,
        gap === null ? "–" : numberText(gap),
      ]),
    ),
    ...section(
      "6 · What teams chose, and what that did",
      ["team", "chosen", "metric", "without", "with", "difference", "verdict", "price", "points"],
      report.choices.map((choice) => [
        choice.team,
        choice.chosen,
        choice.metric,
        numberText(choice.before),
        numberText(choice.after),
        choiceText(choice),
        choice.verdict,
        `${choice.price} (${choice.budget})`,
        `${Math.round(choice.earned)} of ${Math.round(choice.of)}`,
      ]),
    ),
    ...section(
      "6 · What each defence did, and what it cost",
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
  ];
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
