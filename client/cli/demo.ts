import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bundleFrom,
  drawPicture,
  plaintextControl,
  scoreBundle,
  type Talk,
} from "#client/lab/door.ts";
import { channelName, type Played, play } from "./demo-play.ts";
import { type Report, showReport, showStage } from "./demo-show.ts";
import { readScript, type Script } from "./demo-talk.ts";
import type { Output } from "./output.ts";

/**
 * Plays a talk between real processes, takes what two thieves would take, attacks it, and tells what each
 * could read. Failures: `usage` for a talk that is none, and whatever a process of it ends with.
 */
export async function demo(
  options: { readonly talk: string | null; readonly keep: boolean },
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const script = readScript(options.talk);
  // Real path: the lab's guard compares paths as the system knows them.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "backchannel-demo-")));
  const stage = showStage(script, output);
  const played = await play(script, folder, stage, signal);
  try {
    stage.attacking();
    const report = await attack(script, played, folder);
    const seconds = (performance.now() - began) / 1000;
    showReport(report, { seconds, keep: options.keep }, output);
    if (options.keep) {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  } finally {
    await played.relay.stop();
  }
}

async function attack(script: Script, played: Played, folder: string): Promise<Report> {
  const { theft, database } = played;
  const talk: Talk = {
    channel: channelName,
    members: script.members,
    messages: played.messages,
    epochs: played.epochs,
    theft: { label: theft.label, beforeMessage: theft.beforeMessage, epoch: theft.epoch },
  };
  const atMs = Date.now();
  const relay = await bundleFrom({
    ...{ scenario: "seized-relay", title: "The demonstration's relay, seized", atMs, database },
    out: join(folder, "seized-relay"),
    talk,
  } as const);
  const device = await bundleFrom({
    ...{ scenario: "stolen-device", title: `${theft.label}'s device, copied`, atMs, database },
    out: join(folder, "stolen-device"),
    device: { dir: theft.dir, slotKey: theft.slotKey, label: theft.label, atMs: theft.atMs },
    talk,
  } as const);
  const [seized, stolen, control] = await Promise.all([
    scoreBundle({ attack: "seized-relay", ...relay }),
    scoreBundle({ attack: "stolen-device", ...device }),
    plaintextControl({ talk, out: join(folder, "plaintext-control") }),
  ]);
  const evidence = join(relay.bundle, "relay", "relay.sqlite");
  const drawing = drawPicture("What each thief could read", [
    {
      ...{ name: "The relay's database", note: "seized at the end" },
      ...{ run: seized, hasDevice: false },
    },
    {
      ...{ name: `${theft.label}'s device`, note: "unlocked, copied and handed back" },
      ...{ run: stolen, hasDevice: true },
    },
  ]);
  const picture = join(folder, "what-was-read.svg");
  writeFileSync(picture, drawing);
  return {
    ...{ script, played, folder, seized, stolen, control },
    relayBundle: relay.bundle,
    deviceBundle: device.bundle,
    evidence,
    picture,
    found: countLines(evidence, script, played),
    foundInControl: countLines(control.database, script, played),
  };
}

/** How many lines and labels of the talk lie in a file as they are: what `grep` would find. */
function countLines(file: string, script: Script, played: Played) {
  const bytes = readFileSync(file);
  const lines = played.messages.filter(({ text }) => bytes.includes(Buffer.from(text))).length;
  const labels = script.members.filter((label) => bytes.includes(Buffer.from(label))).length;
  return { lines, labels };
}
