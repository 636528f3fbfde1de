import { ready } from "#client/crypto/sodium.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { openDevice } from "./device.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";
import { byMailbox, readDatabase, type SeizedFrame } from "./relay-database.ts";
import { replayState } from "./replay.ts";
import { addCounts, readStored } from "./stolen-device.ts";

/**
 * The wrong person (LEAKLAB 5, scenario 03): the guest reads in his own vault what he was shown, and tries the
 * keys that are left in it on everything that the relay holds.
 */
export async function wrongPerson(
  evidence: Evidence,
  _budget: Budget,
  progress: Progress,
): Promise<Findings> {
  await ready();
  const findings = emptyFindings("wrong-person");
  findings.notes.push(...absentKinds(evidence, ["device-state", "relay-db"]));
  const frames: SeizedFrame[] = [];
  for (const artefact of evidence.artefacts("relay-db")) {
    frames.push(...(await readDatabase(evidence, artefact)).frames);
  }
  findings.counts.frames = frames.length;
  const boxes = byMailbox(frames);
  const devices = evidence.artefacts("device-state");
  for (const [index, artefact] of devices.entries()) {
    const device = await openDevice(evidence, artefact);
    if (device === null) {
      findings.notes.push(`${artefact.id}: no key opens this device.`);
      continue;
    }
    addCounts(findings, device);
    findings.counts.channels = (findings.counts.channels ?? 0) + device.channels.length;
    for (const channel of device.channels) {
      readStored(findings, channel, artefact.id);
      const replayed = replayState(channel, boxes);
      findings.read.push(...replayed.read);
      findings.chain.push(...replayed.chain);
    }
    progress("vaults read", index + 1, devices.length);
  }
  return findings;
}
