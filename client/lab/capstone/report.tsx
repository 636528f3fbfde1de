import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { escapeText, table } from "../report/markdown.ts";
import { renderPage } from "../report/page.tsx";
import { Card, Lines, Table } from "../report/parts.tsx";
import { intervalText, metricText, numberText, settingText } from "../report/words.ts";
import type { ActResult, CapstoneResult, Course } from "./run.ts";

/** Writes a capstone's report as JSON, Markdown and one page. */
export async function writeCapstone(result: CapstoneResult, folder: string) {
  await mkdir(folder, { recursive: true });
  const paths = {
    json: join(folder, "capstone.json"),
    markdown: join(folder, "capstone.md"),
    html: join(folder, "capstone.html"),
  };
  await writeFile(paths.json, `${JSON.stringify(result, null, 1)}\n`);
  await writeFile(paths.markdown, markdown(result));
  await writeFile(paths.html, page(result));
  return paths;
}

/** What an act shows, one row a fact, one column a course of the story. */
export function sideBySide(result: CapstoneResult): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const courses = [result.chosen, ...result.counterfactual];
  return {
    head: ["act", "what", ...courses.map(({ name }) => name)],
    rows: result.shows.map(({ act, fact }) => [
      act,
      fact,
      ...courses.map((course) => shownAt(course, act, fact)),
    ]),
  };
}

function shownAt(course: Course, act: string, fact: string): string {
  const value = course.acts.find((each) => each.act === act)?.facts[fact] ?? null;
  if (value === null) return "not reached";
  return typeof value === "number" ? numberText(value) : value;
}

const metricHead = ["metric", "value", "95 % interval", "badge", "meaning"];

const metricRows = ({ metrics }: ActResult) =>
  metrics.map((metric) => [
    ...[metric.id, metricText(metric), intervalText(metric), metric.badge, metric.words],
  ]);

function hashesOf({ chosen, counterfactual }: CapstoneResult): readonly string[] {
  const acts = [chosen, ...counterfactual].flatMap((course) => course.acts);
  return [
    ...new Set(
      acts.flatMap((act) => act.hashes.map((each) => `${each.sha256}  ${act.act}/${each.path}`)),
    ),
  ];
}

function markdown(result: CapstoneResult): string {
  const compared = sideBySide(result);
  return [
    `# ${escapeText(result.title)}`,
    "",
    escapeText(result.summary),
    "",
    `Capstone ${result.capstone} ${result.version}, seed ${result.seed}. Chosen: ${escapeText(settingText(result.chosen.choices))}.`,
    "",
    ...result.chosen.acts.flatMap((act, index) => [
      `## Act ${index + 1}: ${escapeText(act.title)}`,
      "",
      ...act.why.map((why) => `- ${escapeText(why)}`),
      "",
      `**${escapeText(act.sentence)}**`,
      "",
      ...table(metricHead, metricRows(act)),
    ]),
    "## What would have leaked",
    "",
    "The same seed with each choice the other way round, and with all.",
    "",
    ...table(compared.head, compared.rows),
    "## What this does not show",
    "",
    ...result.limits.map((limit) => `- ${escapeText(limit)}`),
    "",
    "## To talk about",
    "",
    ...result.prompts.map((prompt) => `- ${escapeText(prompt)}`),
    "",
    "## Evidence",
    "",
    ...hashesOf(result).map((line) => `    ${escapeText(line)}`),
    "",
  ].join("\n");
}

function page(result: CapstoneResult): string {
  const { head, rows } = sideBySide(result);
  return renderPage(
    result.title,
    <>
      <header>
        <p class="quiet">
          {`Backchannel leak lab · capstone · ${result.capstone} ${result.version} · seed ${result.seed} · ${result.software}`}
        </p>
        <h1>{result.title}</h1>
        <p>{result.summary}</p>
        <p class="sentence">{`Chosen: ${settingText(result.chosen.choices)}`}</p>
      </header>
      {result.chosen.acts.map((act, index) => (
        <Card key={act.act} title={`Act ${index + 1}: ${act.title}`}>
          <p class="sentence">{act.sentence}</p>
          <div class="note">
            <Lines lines={act.why} />
          </div>
          <Table
            head={metricHead}
            rows={act.metrics.map((metric) => [
              metric.id,
              metricText(metric),
              intervalText(metric),
              <span class={`badge ${metric.badge}`}>{metric.badge}</span>,
              metric.words,
            ])}
          />
        </Card>
      ))}
      <Card title="What would have leaked">
        <p class="quiet">The same seed with each choice the other way round, and with all.</p>
        <Table head={head} numbers={head.slice(2).map((_, at) => at + 2)} rows={rows} />
      </Card>
      <Card title="What this does not show">
        <Lines lines={result.limits} />
      </Card>
      <Card title="To talk about">
        <Lines lines={result.prompts} />
      </Card>
      <Card title="Evidence">
        <p>
          {"Every number of every act, except speeds, comes out again with "}
          <code>{`backchannel lab replay ${basename(result.out)}`}</code>
          {", typed where its folder lies."}
        </p>
        <pre>{hashesOf(result).join("\n")}</pre>
      </Card>
    </>,
  );
}
