import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import { parseScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { truthSchema } from "#client/lab/truth.ts";
import { systemRandom } from "#client/node/random.ts";
import { duration, each, interleave, type Section, table, type Verdict } from "./measure.ts";
import { ceiling } from "./mls-ceiling.ts";

const wantedSeconds = 30;
const readers = 11;

/** The scenario of a stolen device in the world of a week. */
async function weekScenario() {
  const read = (path: string) => readFile(new URL(path, import.meta.url), "utf8");
  const week = await read("fixtures/week.yaml");
  const text = await read("../../client/lab/scenarios/stolen-device.yaml");
  const world = text.slice(text.indexOf("\nworld:\n") + 1, text.indexOf("\ndefences:\n") + 1);
  const changed = text.replace(world, week).replace("actor: bor", "actor: m2");
  return parseScenario(changed.replace("at: T+245", "at: T+4000"), "week.yaml");
}

/** What the primitives of one message cost everybody together, on this machine at this time. */
async function ceilingMicros(): Promise<number> {
  const bare = ceiling(xwingSuite, systemRandom);
  const contestants = [each("protect", bare.protect), each("unprotect", bare.unprotect)];
  const [protect, unprotect] = await interleave(contestants, {
    ...{ rounds: 15, turnMs: 30, clock: "cpu", warmMs: 200 },
  });
  return (protect?.micros ?? 0) + readers * (unprotect?.micros ?? 0);
}

/** Stages a week with its evidence and its ground truth, and says what a message cost. */
async function stageWeek(): Promise<readonly Verdict[]> {
  await ready();
  const scenario = await weekScenario();
  const rig = rigs.get(scenario.attack.algorithm);
  if (rig === undefined) throw new Error("there is no such rig");
  const before = await ceilingMicros();
  const out = await mkdtemp(join(tmpdir(), "backchannel-week-"));
  const start = performance.now();
  const cpu = process.cpuUsage();
  let told = 0;
  try {
    const { truth } = await rig.stage({
      ...{ scenario, seed: 1, settings: settingsOf(scenario, {}), out },
      onProgress(done, of) {
        const tenth = Math.floor((10 * done) / of);
        if (tenth > told) process.stderr.write(`\r${done} of ${of}  `);
        told = Math.max(told, tenth);
      },
    });
    process.stderr.write("\r");
    const seconds = (performance.now() - start) / 1000;
    const used = process.cpuUsage(cpu);
    const cpuMicros = used.user + used.system;
    const bareMicros = (before + (await ceilingMicros())) / 2;
    const { messages } = truthSchema.parse(truth);
    const perMessage = (micros: number) => duration(micros / messages.length);
    const ratio = cpuMicros / messages.length / bareMicros;
    console.log(
      table([
        ["12 members, a week", "in all", "a message"],
        ["messages", String(messages.length), ""],
        ["time on the wall", `${seconds.toFixed(1)} s`, perMessage(1e6 * seconds)],
        ["processor time", `${(cpuMicros / 1e6).toFixed(1)} s`, perMessage(cpuMicros)],
        ["primitives alone", duration(bareMicros * messages.length), duration(bareMicros)],
        ["processor time / primitives", ratio.toFixed(2), ""],
      ]),
    );
    return [
      {
        claim: "a week of 12 members and about 5,000 messages is staged",
        target: `< ${wantedSeconds} s`,
        measured: `${seconds.toFixed(1)} s`,
        met: seconds < wantedSeconds,
      },
    ];
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

export const sections: readonly Section[] = [
  { name: "world", title: "staging a week of the lab", run: stageWeek },
];
