import { z } from "zod";
import { ready } from "#client/crypto/sodium.ts";
import type { Evidence } from "../evidence.ts";
import { type AccessEntry, readAccessLog } from "./access-log.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, tellTexts } from "./claim-table.ts";
import { contactsOf, degreesOf, successionsOf } from "./contact-graph.ts";
import { absentKinds, emptyFindings, type Findings, type RecoveredText } from "./findings.ts";
import { searchKeys } from "./key-search.ts";
import { guessSuccessions } from "./mailbox-order.ts";
import { entropy, isCompressible, scanForPlaintext, strings } from "./plain-scan.ts";
import { readDatabase, type SeizedDatabase } from "./relay-database.ts";

/** Frames of this size and more hold a commit: X-Wing's keys alone take as much. */
const commitBytesMin = 4_096;

const hourMs = 3_600_000;

export const seizedClaims = z.strictObject({
  /** Network addresses that were given the same mailboxes: people who are in touch. */
  contacts: z.array(
    z.strictObject({ lines: z.tuple([z.string(), z.string()]), mailboxes: z.number().int() }),
  ),
  /** Hours between the first and the last that is told of: by the frames that are left, and by the log. */
  framesHours: z.number().nullable(),
  logHours: z.number().nullable(),
});

type Claims = z.infer<typeof seizedClaims>;

/**
 * The raided relay (LEAKLAB 5, scenario 01): looks for plaintext, tries every key that the image could
 * hold on every mailbox, rebuilds from places, sizes and hours what the tables do not say, and from the
 * access log, where one was kept, who is in touch with whom.
 */
export async function seizedRelay(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("seized-relay");
  findings.notes.push(...absentKinds(evidence, ["relay-db", "access-log"]));
  const hours: number[] = [];
  for (const artefact of evidence.artefacts("relay-db")) {
    const database = await readDatabase(evidence, artefact);
    readClear(findings, database);
    searchSeals(findings, database, budget, progress);
    findings.edges.push(...guessSuccessions(database));
    hours.push(...database.frames.map(({ expires }) => expires));
    for (const frame of database.frames) {
      const bytes = frame.bytes.length;
      const guess = bytes >= commitBytesMin ? "commit" : "text";
      findings.frames.push({ mailbox: frame.mailbox, seq: frame.seq, bytes, guess });
    }
  }
  const log: AccessEntry[] = [];
  for (const artefact of evidence.artefacts("access-log")) {
    log.push(...(await readAccessLog(evidence, artefact)));
  }
  // People who move on together tell more than places in a file: of their mailboxes the log's word goes.
  const told = successionsOf(log);
  const followed = new Set(told.map(({ from }) => from));
  const following = new Set(told.map(({ to }) => to));
  findings.edges = [
    ...told,
    ...findings.edges.filter(({ from, to }) => !followed.has(from) && !following.has(to)),
  ];
  findings.claims = claimsOf(hours, log);
  return findings;
}

/** `hours` are those in which frames expire, each as long after it came as any other. */
function claimsOf(hours: readonly number[], log: readonly AccessEntry[]): Claims {
  const span = (values: readonly number[], unit: number): number | null => {
    if (values.length === 0) return null;
    const [first, last] = values.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    return Number(((last - first) / unit).toFixed(2));
  };
  return {
    contacts: contactsOf(log).map(({ lines, mailboxes }) => ({ lines: [...lines], mailboxes })),
    framesHours: span(hours, 1),
    logHours: span(
      log.map(({ atMs }) => atMs),
      hourMs,
    ),
  };
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

/** What sizes and the log tell, beside what was opened. */
export const tellSeized: Tell = (findings) => {
  const { frames, edges } = findings;
  const { contacts, framesHours, logHours } = seizedClaims.parse(findings.claims);
  const days = (hours: number | null) => (hours === null ? null : Math.round(hours / 24));
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
      title: "Mailboxes that are held to follow each other, by who opens them, or by their hours",
      head: ["pairs"],
      rows: [[edges.length]],
    },
    {
      title: "How far back it tells",
      head: ["what", "days"],
      rows: [
        ["frames that are left", days(framesHours)],
        ["lines of the access log", days(logHours)],
      ],
    },
    {
      title: "Network addresses that were given the same mailboxes",
      head: ["address", "address", "mailboxes"],
      rows: contacts.map(({ lines, mailboxes }) => [...lines, mailboxes]),
    },
    {
      title: "Addresses, and with how many others each shares a mailbox",
      head: ["address", "others"],
      rows: degreesOf(contacts).map(({ line, others }) => [line, others]),
    },
  ];
};
