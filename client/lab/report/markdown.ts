import type { Paired, RunResult, Tally } from "../result.ts";
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
    `Scenario ${result.scenario} ${result.version}, seed ${result.seed}, ${escapeText(result.software)}. The adversary gets: ${escapeText(result.capability)}.`,
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
  const defences = result.paired.filter(({ circumstance }) => !circumstance);
  return [
    ...(defences.length === 0
      ? []
      : [
          "## Defences, paired on the same seed",
          "",
          ...effectLines(defences, ["defence", "without", "with"]),
          ...priceLines(result, defences),
        ]),
    ...circumstanceLines(result),
  ];
}

function circumstanceLines(result: RunResult): string[] {
  if (result.circumstances.length === 0) return [];
  const others = result.paired.filter(({ circumstance }) => circumstance);
  return [
    "## Circumstances",
    "",
    "Things of the adversary or of the world: nobody chooses them as a defence.",
    "",
    ...result.circumstances.map(
      ({ name, value, words }) => `- ${escapeText(`${settingText({ [name]: value })}. ${words}`)}`,
    ),
    "",
    ...(others.length === 0 ? [] : effectLines(others, ["circumstance", "as it is", "so"])),
  ];
}

function priceLines({ baseline }: RunResult, paired: readonly Paired[]): string[] {
  return table(
    ["defence", "more than without", "price"],
    paired.map((each) => [settingText(each.change), priceText(each, baseline), each.costNote]),
  );
}

/** What happened in each paired run, and its metrics; `words` name the change, before and after. */
function effectLines(
  paired: readonly Paired[],
  [what, before, after]: readonly [string, string, string],
): string[] {
  const rows = paired.flatMap((each) =>
    each.effects
      .filter((effect) => effect.difference !== null)
      .map((effect) => [
        settingText(each.change),
        effect.metric,
        numberText(effect.baseline),
        numberText(effect.value),
        effect.difference === 0 ? "no effect seen" : signedText(effect.difference),
      ]),
  );
  return [
    ...paired.map(({ change, sentence }) => escapeText(`- ${settingText(change)}. ${sentence}`)),
    "",
    ...table([what, "metric", before, after, "difference"], rows),
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
