import type { Channel } from "#client/core/state.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex } from "#shared/bytes.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { type OpenedDevice, openDevice } from "./device.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { scanForPlaintext } from "./plain-scan.ts";
import { byMailbox, readDatabase, type SeizedFrame } from "./relay-database.ts";
import { replayState } from "./replay.ts";

/**
 * The stolen device (LEAKLAB 5, scenario 05): the vault is opened with the key from its memory (ASSUMED),
 * its stored texts are read, its files are searched for what was deleted, and its state is replayed over every
 * frame that the relay holds.
 */
export async function stolenDevice(
  evidence: Evidence,
  _budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("stolen-device");
  findings.notes.push(...absentKinds(evidence, ["device-state", "relay-db"]));
  const frames: SeizedFrame[] = [];
  for (const artefact of evidence.artefacts("relay-db")) {
    frames.push(...(await readDatabase(evidence, artefact)).frames);
  }
  const boxes = byMailbox(frames);
  const devices = evidence.artefacts("device-state");
  findings.counts.frames = frames.length;
  findings.counts.devices = devices.length;
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
      const replayed = replayState(channel, boxes);
      findings.read.push(...replayed.read);
      findings.chain.push(...replayed.chain);
    }
    searchFiles(findings, device);
    progress("devices replayed", index + 1, devices.length);
  }
  return findings;
}

export function addCounts(findings: Findings, device: OpenedDevice): void {
  findings.counts.records = (findings.counts.records ?? 0) + device.records;
  findings.counts.segments = (findings.counts.segments ?? 0) + device.segments;
  findings.counts.unreadable = (findings.counts.unreadable ?? 0) + device.unreadable;
}

/** What the device kept as text: history, and what waits to be sent. */
export function readStored(findings: Findings, channel: Channel, artefact: string): void {
  const labels = new Set(findings.labels);
  for (const [number, segment] of channel.segments) {
    for (const message of segment.messages) {
      labels.add(message.from);
      findings.read.push({
        text: message.text,
        by: "stored",
        id: hex(message.id),
        from: message.from,
        epoch: message.epoch,
        where: `${artefact}: messages/${number}`,
      });
    }
  }
  for (const [id, content] of channel.contents) {
    if (content.kind !== "text") continue;
    const where = `${artefact}: content/${id}`;
    findings.read.push({ text: content.text, by: "stored", id, from: null, epoch: null, where });
  }
  findings.labels = [...labels].sort();
}

/** Texts that lie in the files outside any seal: journals, free pages, what was deleted and not erased. */
function searchFiles(findings: Findings, device: OpenedDevice): void {
  let bytes = 0;
  for (const [path, content] of device.files) {
    bytes += content.length;
    for (const { text, id } of scanForPlaintext(content).texts) {
      findings.read.push({ text, by: "plain", id, from: null, epoch: null, where: path });
    }
  }
  findings.counts.bytesSearched = (findings.counts.bytesSearched ?? 0) + bytes;
}
