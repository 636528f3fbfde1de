import { mailboxKeys } from "#client/core/mailbox.ts";
import type { Channel } from "#client/core/state.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex } from "#shared/bytes.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { type Tell, tellTexts } from "./claim-table.ts";
import { openDevice } from "./device.ts";
import { absentKinds, emptyFindings, type Findings, type RecoveredText } from "./findings.ts";
import { byMailbox, readDatabase, type SeizedDatabase } from "./relay-database.ts";
import { type FrameAuthor, replayState } from "./replay.ts";
import { addCounts, readStored } from "./stolen-device.ts";
import { readWire, type WireEntry } from "./wire-log.ts";

/** Frames of this size and more are taken for commits: texts are padded to less. */
const commitBytesMin = 2_048;

/**
 * The malicious relay (LEAKLAB 3.10 and scenario 11): replays a stolen state over everything that it stored,
 * finds where its two logs part, and names who was shown which by tying network addresses to the labels of
 * frames that the stolen state opens.
 */
export async function maliciousRelay(
  evidence: Evidence,
  _budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("malicious-relay");
  findings.notes.push(...absentKinds(evidence, ["device-state", "relay-db", "wire"]));
  const databases: SeizedDatabase[] = [];
  for (const artefact of evidence.artefacts("relay-db")) {
    databases.push(await readDatabase(evidence, artefact));
  }
  const wire: WireEntry[] = [];
  for (const artefact of evidence.artefacts("wire")) {
    wire.push(...(await readWire(evidence, artefact)));
  }
  findings.counts.frames = databases.reduce((sum, { frames }) => sum + frames.length, 0);
  findings.counts.withheld = new Set(
    wire.filter(({ what }) => what === "withheld").map(({ mailbox }) => mailbox),
  ).size;
  const authors: FrameAuthor[] = [];
  const devices = evidence.artefacts("device-state");
  for (const [index, artefact] of devices.entries()) {
    const device = await openDevice(evidence, artefact);
    if (device === null) {
      findings.notes.push(`${artefact.id}: no key opens this device.`);
      continue;
    }
    findings.notes.push(`${artefact.id}: the key that opens the vault is given by fiat (ASSUMED).`);
    addCounts(findings, device);
    for (const channel of device.channels) {
      readStored(findings, channel, artefact.id);
      authors.push(...storedAuthors(channel));
      for (const database of databases) {
        const replayed = replayState(channel, byMailbox(database.frames));
        addNew(findings.read, replayed.read);
        authors.push(...replayed.authors);
        if (findings.chain.length < replayed.chain.length) findings.chain = replayed.chain;
      }
    }
    progress("devices replayed", index + 1, devices.length);
  }
  const labels = linesByLabel(databases, wire, authors);
  findings.counts.linesNamed = labels.size;
  findings.split = splitOf(databases, wire, labels);
  return findings;
}

/** The two logs begin alike: what stands in both is read once. */
function addNew(read: RecoveredText[], more: readonly RecoveredText[]): void {
  const known = new Set(read.map(({ id, by, epoch }) => `${id} ${by} ${epoch}`));
  read.push(...more.filter(({ id, by, epoch }) => !known.has(`${id} ${by} ${epoch}`)));
}

/** Who wrote what the device remembers of its current epoch: the place in the log is kept with each text. */
function storedAuthors(channel: Channel): FrameAuthor[] {
  const mailbox = mailboxKeys(channel.group, 0).name;
  const epoch = Number(channel.group.epoch);
  return [...channel.segments.values()].flatMap(({ messages }) =>
    messages
      .filter((message) => message.epoch === epoch)
      .map((message) => ({ mailbox, seq: message.seq, label: message.from })),
  );
}

/** Which network address speaks for which label: both are known of a frame that was stored and opened. */
function linesByLabel(
  databases: readonly SeizedDatabase[],
  wire: readonly WireEntry[],
  authors: readonly FrameAuthor[],
): ReadonlyMap<string, string> {
  const lineOf = new Map<string, string>();
  for (const { what, frameId, line } of wire) {
    if (what === "stored" && frameId !== null && !lineOf.has(frameId)) lineOf.set(frameId, line);
  }
  const frameIds = new Map<string, string>();
  for (const { frames } of databases) {
    for (const { mailbox, seq, frameId } of frames) frameIds.set(`${mailbox} ${seq}`, hex(frameId));
  }
  const labels = new Map<string, string>();
  for (const { mailbox, seq, label } of authors) {
    const line = lineOf.get(frameIds.get(`${mailbox} ${seq}`) ?? "");
    if (line !== undefined && !labels.has(line)) labels.set(line, label);
  }
  return labels;
}

function splitOf(
  [first, second]: readonly SeizedDatabase[],
  wire: readonly WireEntry[],
  labels: ReadonlyMap<string, string>,
): Findings["split"] {
  if (first === undefined || second === undefined) return null;
  const [boxes, others] = [byMailbox(first.frames), byMailbox(second.frames)];
  for (const [mailbox, frames] of boxes) {
    const rest = others.get(mailbox);
    if (rest === undefined) continue;
    const ids = rest.map(({ frameId }) => hex(frameId));
    const same = frames.findIndex(({ frameId }, at) => hex(frameId) !== ids[at]);
    const at = same === -1 ? frames.length : same;
    const behind = [frames.slice(at), rest.slice(at)];
    // A channel that was left alone goes on in one log and stands still in the other.
    if (behind.some((part) => part.length === 0)) continue;
    const lines = new Set(wire.filter((one) => one.mailbox === mailbox).map(({ line }) => line));
    const own = new Set(wire.filter(({ line }) => lines.has(line)).map((one) => one.mailbox));
    const alone = [only(first, others, own), only(second, boxes, own)];
    return {
      mailbox,
      seq: at + 1,
      rivalCommits: behind.map((part) => part.filter(isLarge).length),
      framesBehind: behind.map((part, side) => part.length + (alone[side] ?? 0)),
      halves: halvesOf(wire, lines, labels),
    };
  }
  return null;
}

function isLarge({ bytes }: { readonly bytes: Uint8Array }): boolean {
  return bytes.length >= commitBytesMin;
}

/** Frames in this channel's mailboxes that only one of the two logs has. */
function only(
  { frames }: SeizedDatabase,
  others: ReadonlyMap<string, unknown>,
  own: ReadonlySet<string>,
): number {
  return frames.filter(({ mailbox }) => own.has(mailbox) && !others.has(mailbox)).length;
}

/** The second log's half are the lines that ever opened anything there. */
function halvesOf(
  wire: readonly WireEntry[],
  members: ReadonlySet<string>,
  labels: ReadonlyMap<string, string>,
) {
  const moved = new Set(wire.filter(({ side }) => side === "second").map(({ line }) => line));
  const halves = [
    [...members].filter((line) => !moved.has(line)),
    [...members].filter((line) => moved.has(line)),
  ];
  return halves.map((lines) => ({
    lines: lines.sort(),
    labels: lines
      .map((line) => labels.get(line))
      .filter((label) => label !== undefined)
      .sort(),
  }));
}

/** Where two logs part and who was shown which, beside what the stolen keys read. */
export const tellRelay: Tell = (findings) => {
  const { split } = findings;
  const halves = split?.halves ?? [];
  return [
    {
      title:
        split === null ? "One log: no fork" : `Two logs from frame ${split.seq} of one epoch on`,
      head: ["log", "shown to", "lines", "commits of that epoch", "frames behind"],
      rows: halves.map(({ lines, labels }, at) => [
        at + 1,
        labels.join(", ") || null,
        lines.length,
        split?.rivalCommits[at] ?? null,
        split?.framesBehind[at] ?? null,
      ]),
    },
    ...tellTexts(findings),
  ];
};
