import type { RunResult, Tally } from "../result.ts";
import {
  chanceText,
  intervalText,
  metricText,
  numberText,
  priceText,
  settingText,
  signedText,
} from "./words.ts";

/** The report as Markdown; every text from a scenario or a world is escaped. */
export function markdownReport(result: RunResult): string {
  const { baseline } = result;
  const lines = [
    `# ${escapeText(result.title)}`,
    "",
    `**${result.verdict === "measured" ? "Measured" : "Rig broken"}.** ${escapeText(result.sentence)}`,
    "",
    escapeText(result.summary),
    "",
    `Scenario ${result.scenario} ${result.version}, seed ${result.seed}. The adversary gets: ${escapeText(result.capability)}.`,
    "",
    "## What leaked",
    "",
    ...table(
      ["metric", "value", "95 % interval", "chance", "badge", "meaning"],
      baseline.metrics.map((metric) => [
        metric.id,
        metricText(metric),
        intervalText(metric),
        chanceText(metric),
        metric.badge,
        metric.words,
      ]),
    ),
    ...talkLines(result),
    ...pairedLines(result),
    "## Controls",
    "",
    ...table(
      ["control", "expected", "measured", "holds"],
      result.controls.map((control) => [
        `${control.kind}: ${control.name}`,
        control.expected,
        control.measured,
        control.ok ? "yes" : "NO",
      ]),
    ),
    "## What this does not show",
    "",
    ...result.limits.map((limit) => `- ${escapeText(limit)}`),
    "",
    "## Grounded in",
    "",
    ...result.incidents.map(
      ({ name, date, source, confidence }) =>
        `- ${escapeText(`${name}, ${date} (${confidence}): ${source}`)}`,
    ),
    "",
    "## To talk about",
    "",
    ...result.prompts.map((prompt) => `- ${escapeText(prompt)}`),
    "",
    "## Evidence",
    "",
    `\`${baseline.bundle}\``,
    "",
    ...table(
      ["file", "SHA-256"],
      baseline.hashes.map(({ path, sha256 }) => [path, sha256]),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function talkLines({ baseline: { talk } }: RunResult): string[] {
  if (talk === null) return [];
  const rows = (tallies: readonly Tally[]) =>
    tallies.map((each) => [String(each.name), String(each.hits), String(each.of)]);
  return [
    "## By session",
    "",
    ...table(["session", "read", "of"], rows(talk.bySession)),
    "## By epoch",
    "",
    ...table(["epoch", "read", "of"], rows(talk.byEpoch)),
  ];
}

function pairedLines(result: RunResult): string[] {
  if (result.paired.length === 0) return [];
  const rows = result.paired.flatMap((paired) =>
    paired.effects
      .filter((effect) => effect.difference !== null)
      .map((effect) => [
        settingText(paired.change),
        effect.metric,
        numberText(effect.baseline),
        numberText(effect.value),
        effect.difference === 0 ? "no effect seen" : signedText(effect.difference),
      ]),
  );
  const prices = result.paired.map((paired) => [
    settingText(paired.change),
    priceText(paired, result.baseline),
    paired.costNote,
  ]);
  return [
    "## Defences, paired on the same seed",
    "",
    ...result.paired.map(({ change, sentence }) =>
      escapeText(`- ${settingText(change)}. ${sentence}`),
    ),
    "",
    ...table(["defence", "metric", "without", "with", "difference"], rows),
    ...table(["defence", "more than without", "price"], prices),
  ];
}

/** A Markdown table; its cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeText).join(" | ")} |`;
  return [line(head), `| ${head.map(() => "---").join(" | ")} |`, ...rows.map(line), ""];
}

/** A text that is nothing but text in Markdown. */
export function escapeText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, (character) => `\\${character}`).replace(/\s+/g, " ");
}
