import { rm } from "node:fs/promises";
import { z } from "zod";
import { defaultPolicy, encodePolicy } from "#client/core/policy.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { type Actor, actorOf, closeActors, type Ensemble, openActor, settle } from "../actor.ts";
import type { Findings } from "../attacks/findings.ts";
import { tellWeak, weakRngClaims, weakRngParams } from "../attacks/weak-rng.ts";
import { stageAndAttack } from "../attempt.ts";
import { captureAccess, captureDatabase } from "../capture.ts";
import { gather } from "../gathering.ts";
import { count, metricValue, share } from "../metrics.ts";
import { newRecording, recordingCipher } from "../recording-cipher.ts";
import { startRelays } from "../relays.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { scratchFolder } from "../scratch.ts";
import { seeded } from "../seeded.ts";
import { setting, settingsOf } from "../settings.ts";
import { virtualClock } from "../virtual-clock.ts";
import { giftedDevice } from "../weak/gifted-device.ts";
import { loggingRelay } from "../weak/logging-relay.ts";
import { writeEvidence } from "../write-evidence.ts";
import { exactControl } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig, type StagePlan } from "./rig.ts";

const worldParams = z.strictObject({
  /** What is said, in turn; the keys are renewed half way. */
  lines: z.array(z.string().min(1).max(1_000)).min(2).max(200),
});

const truthSchema = z.strictObject({
  device: z.enum(["founder", "newcomer", "own"]),
  /** When the gifted device was switched on; null where there is none. */
  bootMs: z.number().nullable(),
  window: z.number(),
  founder: z.string(),
  texts: z.array(z.strictObject({ id: z.string(), text: z.string() })),
});

type DeviceTruth = z.infer<typeof truthSchema>;

/** A channel one of whose devices draws its keys from the clock. */
export const weakRng = defineRig<DeviceTruth>({
  algorithm: "weak-rng",
  defences: {
    /** Whose device was a present: whoever founded the channel, whoever was let in, or nobody. */
    device: ["founder", "newcomer", "own"],
    /** Who renews his keys half way. */
    update: ["nobody", "newcomer", "founder"],
  },
  metrics: ["recovered.fraction", "recovered.wrong", "search.tries", "keyspace.bits", "seed.found"],
  facts: ["weak.device", "epochs.entered"],
  world: worldParams,
  params: weakRngParams,
  truth: truthSchema,
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkWorld,
  stage: stageDevice,
  score: scoreDevice,
  tell: tellWeak,
  controls: deviceControls,
  sentence: (_scenario, run) => deviceSentence(run),
  limits: (_scenario, run) => [
    "That the adversary has the relay's disk and its log of times, and knows what the device's maker knows (its order of draws, the labels in its address book, the policies that it ships) is given (ASSUMED); the search and the decryption were executed.",
    `Not found means not found in ${metricValue(run.metrics, "search.tries") ?? 0} tries of this one kind of weakness.`,
    "A newcomer's weak keys meet the channel only inside of sealed frames: from the relay's disk there is nothing to compare a guess with. A wire-tap of his joining, or a member, would have it.",
    "Real relatives (Debian OpenSSL 2008, ROCA 2017) had other seeds and other searches; the smallness is the same.",
  ],
});

function checkWorld(scenario: Scenario): Fault[] {
  const channel = scenario.world.channels.find(({ id }) => id === scenario.world.scope);
  return scenario.world.channels.length === 1 && channel?.members.length === 2
    ? []
    : [{ path: ["world", "channels"], message: "one channel of two members" }];
}

const startMs = Date.UTC(2027, 2, 1, 9);

async function stageDevice({ scenario, seed, settings, out }: StagePlan) {
  await ready();
  const { window } = weakRngParams.parse(scenario.attack.params);
  const device = z.enum(["founder", "newcomer", "own"]).parse(setting(settings, "device", "own"));
  const offset = seeded("gifted device", seed).below(Math.ceil(window / 2));
  const bootMs = startMs - offset;
  const folder = await scratchFolder("world");
  const clock = virtualClock(startMs);
  const relays = await startRelays({ folder, clock, isHostile: false });
  const front = loggingRelay(relays.first, () => clock.now());
  const actors = new Map<string, Actor>();
  const [channel] = scenario.world.channels;
  assert(channel !== undefined, "the checks found a channel");
  const weak = { founder: channel.members[0], newcomer: channel.members[1], own: null }[device];
  const ensemble: Ensemble = { actors, clock };
  const recording = newRecording();
  try {
    for (const [at, { id, label }] of scenario.world.actors.entries()) {
      const line = `198.51.100.${at + 1}`;
      const dialer = front.dialer(line);
      const cipher = recordingCipher(recording, id);
      const random = id === weak ? { random: giftedDevice(bootMs) } : {};
      actors.set(
        id,
        await openActor({ id, label, line, folder: null, dialer, clock, cipher, ...random }),
      );
    }
    await gather({ scenario, settings }, ensemble, recording);
    const texts = await talk(scenario, setting(settings, "update", "nobody"), ensemble);
    const { path } = relays.first.store;
    assert(path !== null, "a world's relay has a file");
    const atMs = clock.now();
    const captures = [
      await captureDatabase({ id: "db", atMs, path }),
      captureAccess("log", atMs, front.log),
      makerCapture(scenario, atMs),
    ];
    const bundle = await writeEvidence({ scenario, out }, captures);
    const founder = actorOf(ensemble, channel.members[0] ?? "").label;
    const stored = front.log.filter(({ what }) => what === "stored");
    const frameBytes = stored.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    const truth = { device, bootMs: device === "own" ? null : bootMs, window, founder, texts };
    const commits = setting(settings, "update", "nobody") === "nobody" ? 1 : 2;
    return { bundle, truth, cost: { frames: stored.length, frameBytes, commits } };
  } finally {
    await closeActors(ensemble);
    await relays.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the two say in turn; half way, one of them renews his keys. */
async function talk(scenario: Scenario, update: string, ensemble: Ensemble) {
  const { lines } = worldParams.parse(scenario.world.params);
  const [channel] = scenario.world.channels;
  assert(channel !== undefined, "the checks found a channel");
  const people = channel.members.map((id) => actorOf(ensemble, id));
  const [founder, newcomer] = people as [Actor, Actor];
  const texts: { id: string; text: string }[] = [];
  for (const [at, text] of lines.entries()) {
    if (at === Math.floor(lines.length / 2) && update !== "nobody") {
      const { client } = update === "founder" ? founder : newcomer;
      await ensemble.clock.drive(client.rotate({ channel: channel.id }));
      await settle(ensemble, channel.members, channel.id);
    }
    const { client } = at % 2 === 0 ? founder : newcomer;
    const { id } = await ensemble.clock.drive(client.send({ channel: channel.id, text }));
    texts.push({ id, text });
    await settle(ensemble, channel.members, channel.id);
  }
  return texts;
}

/** What the maker of the device knows of any channel: no secret of this one. */
function makerCapture(scenario: Scenario, atMs: number) {
  const labels = scenario.world.actors.map(({ label }) => label).sort();
  const shipped = { ...defaultPolicy, updateAfterMessages: null, updateAfterMs: null };
  const policies = [1, 2].map((approvals) => {
    const [extension] = encodePolicy({ ...shipped, approvals });
    assert(extension !== undefined, "a policy is one extension");
    return hex(extension.data);
  });
  const note =
    "What the maker of the device knows: its address book and the policies that it ships";
  const bytes = utf8(`${JSON.stringify({ labels, policies }, null, 1)}\n`);
  const files = new Map([["maker/maker.json", bytes]]);
  return { id: "maker", kind: "words" as const, actor: null, atMs, note, files };
}

function scoreDevice(findings: Findings, truth: DeviceTruth) {
  const claims = weakRngClaims.parse(findings.claims);
  const known = new Map(truth.texts.map(({ id, text }) => [id, text]));
  const right = findings.read.filter(({ id, text }) => id !== null && known.get(id) === text);
  const hits = new Set(right.map(({ id }) => id)).size;
  const of = truth.texts.length;
  const found = claims.bootMs !== null && claims.bootMs === truth.bootMs;
  const wrong = findings.read.length - right.length;
  return {
    metrics: [
      share({ id: "recovered.fraction", hits, of, words: "of all messages were read" }),
      count("recovered.wrong", wrong, "texts presented that nobody said"),
      count("search.tries", claims.tries, "seeds tried", "tries"),
      count("keyspace.bits", claims.bits, "bits of a key that comes from the clock", "bits"),
      count("seed.found", found ? 1 : 0, "the true seed was found", "count"),
    ],
    facts: { "weak.device": found ? claims.label : null, "epochs.entered": claims.epochs },
    headline: {
      value: `${Math.round((100 * hits) / Math.max(1, of))}%`,
      words: `${hits} of ${of} messages read after ${claims.tries} tries`,
      leaks: hits > 0,
    },
  };
}

/** A founder's gifted device gives everything; devices with the system's randomness give nothing. */
async function deviceControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const runWith = (name: string, device: string) =>
    stageAndAttack(rig, {
      ...{ scenario, seed, out: `${out}/controls/${name}` },
      settings: { ...settingsOf(scenario, {}), device, update: "nobody" },
    });
  const gifted = await runWith("gifted", "founder");
  const own = await runWith("own", "own");
  const control = (kind: Control["kind"], name: string, run: ScoredRun): Control => {
    const read = run.metrics.find(({ id }) => id === "recovered.fraction");
    const [hits, of] = [read?.hits ?? 0, read?.of ?? 0];
    const made = exactControl({ kind, name, bundle: run.bundle, hits, of, what: "messages read" });
    const tries = metricValue(run.metrics, "search.tries") ?? 0;
    const isFound = metricValue(run.metrics, "seed.found") === 1;
    const words = isFound ? "the seed found" : "no seed found";
    return {
      ...made,
      measured: `${made.measured}; ${words} in ${tries} tries`,
      ok: made.ok && tries > 0 && isFound === (kind === "positive"),
    };
  };
  return [
    control("positive", "the founder's device was a present", gifted),
    control("null", "every device draws from its system", own),
  ];
}

function deviceSentence(run: ScoredRun): string {
  const recovered = run.metrics.find(({ id }) => id === "recovered.fraction");
  const tries = metricValue(run.metrics, "search.tries") ?? 0;
  const label = run.facts["weak.device"];
  if (label == null) return `No seed was found in ${tries} tries, and not a message was read.`;
  return `${label}'s device made its keys from the clock: ${tries} tries gave its first secret, and ${recovered?.hits ?? 0} of ${recovered?.of ?? 0} messages were read with it.`;
}
