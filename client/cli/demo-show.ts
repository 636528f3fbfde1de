import type { plaintextControl, ScoredRun } from "#client/lab/door.ts";
import { assert } from "#shared/failure.ts";
import type { Played, Stage } from "./demo-play.ts";
import type { Script } from "./demo-talk.ts";
import type { Output } from "./output.ts";
import { createPaint, oneLine, type Paint, wantsColours, widthOf, wrap } from "./paint.ts";

/** What the demonstration measured, and where its evidence lies. */
export interface Report {
  readonly script: Script;
  readonly played: Played;
  readonly folder: string;
  readonly seized: ScoredRun;
  readonly stolen: ScoredRun;
  readonly control: Awaited<ReturnType<typeof plaintextControl>>;
  readonly relayBundle: string;
  readonly deviceBundle: string;
  /** The relay's database in the evidence. */
  readonly evidence: string;
  /** The blast radius of both thefts, an SVG file. */
  readonly picture: string;
  readonly found: { readonly lines: number; readonly labels: number };
  readonly foundInControl: { readonly lines: number; readonly labels: number };
}

const columnsMax = 100;

function screenOf() {
  const paint = createPaint(wantsColours(process.stdout, process.env));
  const columns = Math.min(process.stdout.columns ?? 80, columnsMax) - 2;
  const write = (text = ""): void => {
    process.stdout.write(text === "" ? "\n" : `  ${text}\n`);
  };
  const title = (text: string): void => {
    write();
    write(
      `${paint.strong(text)} ${paint.faint("─".repeat(Math.max(2, columns - widthOf(text) - 1)))}`,
    );
    write();
  };
  return { paint, columns, write, title };
}

/** The audience's view of the talk; silent with `--json`, where the processes' own lines are shown. */
export function showStage(script: Script, output: Output): Stage & { attacking(): void } {
  if (output.json) return silentStage;
  const { paint, columns, write, title } = screenOf();
  const width = Math.max(...script.members.map((label) => widthOf(label)));
  const name = (label: string): string =>
    paint.person(label, oneLine(label)) + " ".repeat(Math.max(0, width - widthOf(label)));
  const rule = (text: string, colour: (text: string) => string): void => {
    for (const [at, row] of wrap(text, columns - 4).entries()) {
      write(colour(`${at === 0 ? "╌╌" : "  "} ${row}`));
    }
  };
  title("Backchannel: three people, one talk, two thefts");
  return {
    began(address) {
      write(`${paint.good("✓")} ${"relay".padEnd(width)}  on ${address}, in a process of its own`);
    },
    joined(label, by, code, ms) {
      const isFirst = label === script.members[1];
      const how = isFirst ? `in after ${(ms / 1000).toFixed(1)} s` : "not in yet";
      const mark = isFirst ? paint.good("✓") : paint.warn("…");
      write(
        `${mark} ${name(label)}  by the code ${paint.strong(code)} from ${oneLine(by)}: ${paint.faint(how)}`,
      );
      if (script.members.length === 2) write();
    },
    checked(newcomer, second, ms) {
      const indent = " ".repeat(width + 4);
      const reads = ({ label, reads }: typeof newcomer): string =>
        `${indent}${name(label)} reads aloud  ${paint.strong(reads.join("  "))}`;
      write(
        `${indent}${paint.faint(`One person alone admits nobody: ${oneLine(second.label)} checks by voice.`)}`,
      );
      write(reads(newcomer));
      write(reads(second));
      write(
        `${paint.good("✓")} ${name(newcomer.label)}  ${paint.faint(`each typed what the other read: in after ${(ms / 1000).toFixed(1)} s`)}`,
      );
      if (newcomer.label === script.members.at(-1)) write();
    },
    said(from, text, epoch) {
      const rows = wrap(oneLine(text), columns - width - 6);
      for (const [at, row] of rows.entries()) {
        const left = at === 0 ? name(from) : " ".repeat(width);
        write(
          `${left}  ${row.padEnd(at === 0 ? row.length : 0)}${at === rows.length - 1 ? paint.faint(`  ${epoch}`) : ""}`,
        );
      }
    },
    rotated(by, epoch, heals) {
      const text = heals
        ? `Epoch ${epoch}. ${by} has new keys: what the thief holds stops working here`
        : `Epoch ${epoch}. ${by} has new keys`;
      rule(text, heals ? paint.good : paint.faint);
    },
    stolen(label) {
      rule(`${label}'s unlocked device is copied and handed back. Nobody notices.`, paint.bad);
    },
    attacking() {
      write();
      write(
        paint.faint("The relay's database is seized. The attacks run, each with its controls …"),
      );
    },
  };
}

const silentStage = {
  began() {},
  joined() {},
  checked() {},
  said() {},
  rotated() {},
  stolen() {},
  attacking() {},
};

/** Tells what each thief could read, where the evidence lies, and what to type next. */
export function showReport(
  report: Report,
  ending: { readonly seconds: number; readonly keep: boolean },
  output: Output,
): void {
  if (output.json) {
    output.object(jsonReport(report, ending.seconds));
    return;
  }
  const screen = screenOf();
  showThieves(report, screen);
  showEvidence(report, screen);
  showNext(report, ending, screen);
}

type Screen = ReturnType<typeof screenOf>;
type Talk = NonNullable<ScoredRun["talk"]>;
type Way = Talk["messages"][number]["way"];

/** Both thieves of the demonstration are scored by what they read. */
function talkOf({ talk }: ScoredRun): Talk {
  assert(talk !== null, "the demonstration attacks a talk");
  return talk;
}

function countWay(run: ScoredRun, way: Way): number {
  return talkOf(run).messages.filter((message) => message.way === way).length;
}

function showThieves(report: Report, { paint, columns, write, title }: Screen): void {
  const { seized, stolen, played, found } = report;
  const { messages, theft } = played;
  const total = messages.length;
  const seizedRead = total - countWay(seized, null);
  const mailboxes = new Set(seized.findings.frames.map((frame) => frame.mailbox)).size;
  title("What each thief could read");
  write(
    `${paint.strong("The relay's database")}      ${verdict(paint, seizedRead, total, "lines")}`,
  );
  const sizes = [...new Set(seized.findings.frames.map((frame) => frame.bytes))].sort(
    (a, b) => a - b,
  );
  const relayFacts =
    `It shows ${seized.findings.frames.length} frames in ${mailboxes} mailboxes and their sizes ` +
    `(${sizes.join(", ")} bytes); ${found.labels} of ${report.script.members.length} names.`;
  for (const row of wrap(relayFacts, columns - 2)) write(paint.faint(`  ${row}`));
  write();
  const stored = countWay(stolen, "stored");
  const byKey = countWay(stolen, "key");
  const unread = countWay(stolen, null);
  write(
    `${paint.strong(`${oneLine(theft.label)}'s unlocked device`)}   ${verdict(paint, total - unread, total, "lines")}`,
  );
  const after = messages.length - theft.beforeMessage;
  const deviceFacts =
    `${stored} lay on it as text. ${byKey} of the ${after} said afterwards open with its keys` +
    `${healing(report)}`;
  for (const row of wrap(deviceFacts, columns - 2)) write(paint.faint(`  ${row}`));
  write();
  for (const tally of talkOf(stolen).byEpoch) {
    const squares = talkOf(stolen)
      .messages.filter((message) => message.epoch === tally.name)
      .map(({ way }) => square(paint, way))
      .join(" ");
    write(
      `  ${paint.faint(`epoch ${String(tally.name).padStart(2)}`)}  ${squares}  ${epochNote(report, tally.name, paint)}`,
    );
  }
  write();
  write(
    `  ${square(paint, "stored")} read as stored text   ${square(paint, "key")} read with stolen keys   ${square(paint, null)} not read`,
  );
}

/** What ended the reading, and what did not: in the words of what this run measured. */
function healing({ played, stolen }: Report): string {
  const { epochs, theft } = played;
  if (talkOf(stolen).healedBy === null) return "; nothing healed.";
  const healed = epochs.find(
    (each) => each.committer === talkOf(stolen).healedBy && each.epoch > theft.epoch,
  );
  const others = epochs
    .filter((each) => each.epoch > theft.epoch && each.epoch < (healed?.epoch ?? 0))
    .map((each) => each.committer);
  const helpless =
    others.length === 0 ? "" : ` ${others.join("'s and ")}'s update before it did not help.`;
  return `, until ${talkOf(stolen).healedBy}'s own update; then none.${helpless}`;
}

function verdict(paint: Paint, read: number, total: number, what: string): string {
  const text = `${read} of ${total} ${what}`;
  return paint.strong(read === 0 ? paint.good(text) : paint.bad(text));
}

function square(paint: Paint, way: Way): string {
  if (way === null) return paint.good("○");
  return way === "key" ? paint.bad("◆") : paint.warn("●");
}

function epochNote({ played, stolen }: Report, epoch: number, paint: Paint): string {
  const notes: string[] = [];
  const begun = played.epochs.find((each) => each.epoch === epoch);
  if (begun?.began === "update") notes.push(`${begun.committer}'s update`);
  if (
    talkOf(stolen).healedBy !== null &&
    begun?.committer === talkOf(stolen).healedBy &&
    epoch > played.theft.epoch
  ) {
    notes.push("healed");
  }
  if (played.theft.epoch === epoch) notes.push("device copied here");
  return paint.faint(notes.join(", "));
}

function showEvidence(report: Report, { paint, columns, write, title }: Screen): void {
  const { control, evidence, folder, found, foundInControl, played } = report;
  const phrase = phraseOf(played.messages.map(({ text }) => text));
  const inFolder = (path: string): string => path.replace(`${folder}/`, "");
  title("See for yourself");
  write(`cd ${folder}`);
  write(`sqlite3 ${inFolder(evidence)} "SELECT length(frame), count(*) FROM frame GROUP BY 1"`);
  write(`grep -acF ${shellQuote(phrase)} ${inFolder(evidence)}`);
  write(`grep -acF ${shellQuote(phrase)} ${inFolder(control.database)}`);
  write();
  const total = played.messages.length;
  const names = report.script.members.length;
  const words =
    `The first search finds nothing: ${found.lines} of ${total} lines and ${found.labels} of ${names} names lie in the relay's file. ` +
    `The second is the control, the same talk without end-to-end encryption: ${foundInControl.lines} of ${total} and ${foundInControl.labels} of ${names}.`;
  for (const row of wrap(words, columns)) write(paint.faint(row));
  for (const each of control.controls) {
    const mark = each.ok ? paint.good("✓") : paint.bad("✗ rig broken:");
    write(`${mark} ${paint.faint(`${each.kind} control: ${each.name}: ${each.measured}`)}`);
  }
  write();
  write(`${paint.faint("The picture:")} ${inFolder(report.picture)}`);
  write(paint.faint(`${inFolder(report.deviceBundle)} is what the thief has; attack it again:`));
  write(`npx backchannel lab attack stolen-device ${report.deviceBundle}`);
}

function showNext(
  { played }: Report,
  { seconds, keep }: { readonly seconds: number; readonly keep: boolean },
  { paint, write, title }: Screen,
): void {
  title("A channel of your own");
  const at = keep ? ` --relay ${played.address}` : "";
  if (!keep) write("npx backchannel relay");
  write(`npx backchannel open my-line --as Slate${at}`);
  if (keep) {
    write("npx backchannel invite --as Heron");
    write(`BACKCHANNEL_HOME=~/heron npx backchannel join CODE${at}`);
  } else write("npx backchannel invite --as Heron        # prints what Heron types");
  write();
  write(
    paint.faint(
      keep
        ? `The relay goes on, on ${played.address}. Ctrl-C stops it.`
        : `${seconds.toFixed(0)} seconds. \`npm start -- --keep\` leaves the relay running.`,
    ),
  );
  write();
}

const phraseCharacters = 24;

/** Some words of the talk that a shell and grep take as they are. */
function phraseOf(texts: readonly string[]): string {
  const plain = texts.flatMap((text) => text.match(/[A-Za-z ,-]{12,}/g) ?? []);
  const longest = plain.map((text) => text.trim()).sort((a, b) => b.length - a.length)[0];
  const phrase = longest ?? (texts[0] as string);
  return phrase.length <= phraseCharacters
    ? phrase
    : phrase.slice(0, phraseCharacters).replace(/ \S*$/, "");
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function jsonReport(report: Report, seconds: number): object {
  const { played, seized, stolen, control, found, foundInControl } = report;
  return {
    v: 1,
    type: "demo",
    seconds: Math.round(seconds * 10) / 10,
    messages: played.messages.length,
    seizedRelay: { read: played.messages.length - countWay(seized, null), found },
    stolenDevice: {
      label: played.theft.label,
      epoch: played.theft.epoch,
      stored: countWay(stolen, "stored"),
      key: countWay(stolen, "key"),
      unread: countWay(stolen, null),
      healedBy: talkOf(stolen).healedBy,
      byEpoch: talkOf(stolen).byEpoch,
    },
    control: { found: foundInControl, controls: control.controls },
    evidence: {
      relay: report.relayBundle,
      device: report.deviceBundle,
      database: report.evidence,
      plaintextDatabase: control.database,
    },
  };
}
