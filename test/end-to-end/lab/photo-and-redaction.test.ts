import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { invitationLink } from "#client/cli/qr.ts";
import { stageAndAttack } from "#client/lab/attempt.ts";
import { metricValue } from "#client/lab/door.ts";
import type { ScoredRun } from "#client/lab/result.ts";
import { photoAndRedaction } from "#client/lab/rigs/photo-and-redaction.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { type Settings, settingsOf } from "#client/lab/settings.ts";
import { editsOf } from "./small-worlds.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small = editsOf("photo-and-redaction");

/** One publication, read, without controls. */
async function alone(
  edits: readonly Edit[] = [],
  change: Settings = {},
  { seed = 1, out = fresh() } = {},
): Promise<ScoredRun> {
  const path = await edited("photo-and-redaction", ...small, ...edits);
  const scenario = await loadScenario({ path });
  const settings = settingsOf(scenario, change);
  return stageAndAttack(photoAndRedaction, { scenario, seed, settings, out });
}

const removed = { redaction: "removed" };

test("the widths of other names tell them as well", async () => {
  const edits: readonly Edit[] = [
    ["- Ada Morvane", "- Ödön Zaunkönig"],
    ["- Arvenna", "- Châlons-sur-Rhône"],
    ["label: Heron", "label: Кедр"],
    [
      / {6}- "The account is in the name[^\n]*\n/,
      '      - "Ask {person} whether {place} is free."\n',
    ],
    [/ {6}- "\{person\} has read the paper[^\n]*\n/, ""],
  ];
  const gone = await alone(edits, removed, { seed: 5 });
  expect(metricValue(gone.metrics, "public.by_text")).toBe(0);
  expect(metricValue(gone.metrics, "public.by_width")).toBeGreaterThan(0.3);
});

test("what the attack says is in the file is there, and what it removes is not", async () => {
  const out = fresh();
  const covered = await alone([], {}, { out });
  const truth: { said: string[]; link: string } = JSON.parse(
    await readFile(join(out, "truth.json"), "utf8"),
  );
  expect(covered.facts["names.text"]).toBe([...truth.said].sort().join(", "));
  expect(covered.facts["picture.link"]).toBe(truth.link);
  const code = /code=(.*)$/.exec(truth.link)?.[1] ?? "";
  expect(truth.link).toBe(invitationLink("relay.lab", code));
  const gone = fresh();
  await alone([], removed, { out: gone });
  const [held, left] = [await lettersOf(out), await lettersOf(gone)];
  for (const name of truth.said) {
    expect(held).toContain(name);
    expect(left).not.toContain(name);
  }
});

/** Every letter in a page's uncompressed commands: pdfkit writes them as hexadecimal pieces. */
async function lettersOf(out: string): Promise<string> {
  const file = await readFile(join(out, "evidence", "minutes.pdf"), "latin1");
  const pieces = [...file.matchAll(/<([0-9a-f]+)>/g)].map(([, hex]) => hex ?? "");
  return Buffer.from(pieces.join(""), "hex").toString("latin1");
}

test.each<readonly [string, readonly Edit[], RegExp]>([
  [
    "a name in letters that the page has not",
    [["- Arvenna", "- Арвенна"]],
    /world\.params\.places\.0/,
  ],
  ["one name twice", [["- Belmora", "- Arvenna"]], /world\.params\.places\.7/],
  ["a name with a comma", [["- Drossen", '- "Drossen, upper"']], /world\.params\.places\.8/],
  [
    "a sentence without a name",
    [['"The account is in the name of {person}."', '"The account is in no name."']],
    /world\.params\.sentences\.15/,
  ],
  [
    "a sentence with a name written out",
    [["in the name of {person}", "of Ada Morvane and {person}"]],
    /world\.params\.sentences\.15/,
  ],
  ["a certainty of a half", [["certain: 0.9", "certain: 0.5"]], /attack\.params\.certain/],
  [
    "a picture that nobody takes",
    [["corner-hidden, cropped]", "corner-hidden, smudged]"]],
    /defences\.picture/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("photo-and-redaction", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
