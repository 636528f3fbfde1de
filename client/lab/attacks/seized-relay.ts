import { ready } from "#client/crypto/sodium.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, tellTexts } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings, type RecoveredText } from "./findings.ts";
import { searchKeys } from "./key-search.ts";
import { guessSuccessions } from "./mailbox-order.ts";
import { entropy, isCompressible, scanForPlaintext, strings } from "./plain-scan.ts";
import { readDatabase, type SeizedDatabase } from "./relay-database.ts";

/** Frames of this size and more hold a commit: X-Wing's keys alone take as much. */
const commitBytesMin = 4_096;

/**
 * The raided relay (LEAKLAB 5, scenario 01): looks for plaintext, tries every key that the image could
 * hold on every mailbox, and rebuilds from places, sizes and hours what the tables do not say.
 */
export async function seizedRelay(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("seized-relay");
  findings.notes.push(...absentKinds(evidence, ["relay-db"]));
  for (const artefact of evidence.artefacts("relay-db")) {
    const database = await readDatabase(evidence, artefact);
    readClear(findings, database);
    searchSeals(findings, database, budget, progress);
    findings.edges.push(...guessSuccessions(database));
    for (const frame of database.frames) {
      const bytes = frame.bytes.length;
      const guess = bytes >= commitBytesMin ? "commit" : "text";
      findings.frames.push({ mailbox: frame.mailbox, seq: frame.seq, bytes, guess });
    }
  }
  return findings;
}

function readClear(findings: Findings, database: SeizedDatabase): void {
  const read = new Map<string, RecoveredText>();
  const labels = new Set(findings.labels);
  const add = (bytes: Uint8Array, where: string): void => {
    const finds = scanForPlaintext(bytes);
    for (const label of finds.labels) labels.add(label);
    for (const { text, id } of finds.texts) {
      const key = `${id}:${text}`;
      if (!read.has(key)) read.set(key, { text, by: "plain", id, from: null, epoch: null, where });
    }
  };
  for (const frame of database.frames) {
    add(frame.bytes, `${database.artefact.id}: mailbox ${frame.mailbox}, frame ${frame.seq}`);
  }
  // Free pages and the write-ahead log may hold what no table shows any more.
  for (const [path, bytes] of database.files) add(bytes, `${database.artefact.id}: ${path}`);
  findings.read.push(...read.values());
  findings.labels = [...labels].sort();
  const sum = (name: string, value: number) => {
    findings.counts[name] = (findings.counts[name] ?? 0) + value;
  };
  sum("mailboxes", database.mailboxes.length);
  sum("frames", database.frames.length);
  sum(
    "frameBytes",
    database.frames.reduce((bytes, frame) => bytes + frame.bytes.length, 0),
  );
  sum("hours", new Set(database.frames.map((frame) => frame.expires)).size);
  sum("framesCompressible", database.frames.filter((each) => isCompressible(each.bytes)).length);
  const texts = [...database.files.values()].flatMap((bytes) => strings(bytes, 8));
  sum("strings", texts.length);
  const entropies = database.frames.map((frame) => entropy(frame.bytes));
  if (entropies.length > 0)
    findings.counts.entropyBitsMin = Number(Math.min(...entropies).toFixed(3));
}

function searchSeals(
  findings: Findings,
  database: SeizedDatabase,
  budget: Budget,
  progress: Progress,
): void {
  const search = searchKeys(database, budget, progress);
  const labels = new Set(findings.labels);
  for (const { frame, message } of search.opened) {
    const finds = scanForPlaintext(message);
    for (const label of finds.labels) labels.add(label);
    const where = `${database.artefact.id}: mailbox ${frame.mailbox}, frame ${frame.seq}`;
    for (const { text, id } of finds.texts) {
      findings.read.push({ text, by: "key", id, from: null, epoch: null, where });
    }
  }
  findings.labels = [...labels].sort();
  const sum = (name: string, value: number) => {
    findings.counts[name] = (findings.counts[name] ?? 0) + value;
  };
  sum("keysTried", search.candidates);
  sum("trials", search.trials);
  sum("keysUntried", search.untried);
  sum("framesOpened", search.opened.length);
  sum("mailboxKeys", search.mailboxKeys);
  if (search.untried > 0) {
    findings.notes.push(
      `The budget of ${budget.trials} trials left ${search.untried} places of the file untried as keys.`,
    );
  }
}

/** What sizes tell, beside what was opened. */
export const tellSeized: Tell = (findings) => {
  const { frames, edges } = findings;
  const sizes = [...new Set(frames.map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const count = (size: number, kind: string) =>
    frames.filter(({ bytes, guess }) => bytes === size && guess === kind).length;
  return [
    ...tellTexts(findings),
    {
      title: "Frames by their size, and what each is taken for",
      head: ["bytes", "text", "commit"],
      rows: sizes.map((size) => [size, count(size, "text"), count(size, "commit")]),
    },
    {
      title: "Mailboxes that are held to follow each other, by their hours",
      head: ["pairs"],
      rows: [[edges.length]],
    },
  ];
};
