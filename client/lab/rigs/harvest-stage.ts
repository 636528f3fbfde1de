import { rm } from "node:fs/promises";
import { sealedCipher } from "#client/core/cipher.ts";
import { type Client, openClient } from "#client/core/client.ts";
import { parseCode } from "#client/core/code.ts";
import { greetingSchema, offerSchema, pairingInput, parsePairing } from "#client/core/pairing.ts";
import { start } from "#client/crypto/cpace.ts";
import { ready } from "#client/crypto/sodium.ts";
import { type Suite, xwingSuite } from "#client/crypto/suite.ts";
import { peek } from "#client/mls/group.ts";
import { systemRandom } from "#client/node/random.ts";
import { equalBytes, hex, unbase64url, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import type { OracleFile } from "../attacks/oracle.ts";
import type { Capture } from "../bundle.ts";
import { memoryStore } from "../memory-store.ts";
import {
  type KeyRecording,
  newKeyRecording,
  recordingRandom,
  recordingSuite,
  x25519Half,
} from "../recording-suite.ts";
import { relayHost, startRelays } from "../relays.ts";
import { scratchFolder } from "../scratch.ts";
import { seeded } from "../seeded.ts";
import { setting } from "../settings.ts";
import { type VirtualClock, virtualClock } from "../virtual-clock.ts";
import { x25519Suite } from "../weak/classic-suite.ts";
import { type RecordedLine, type RecordingRelay, recordingRelay } from "../weak/recording-relay.ts";
import { writeEvidence } from "../write-evidence.ts";
import { type HarvestTruth, type HarvestWorld, harvestWorld } from "./harvest-world.ts";
import type { StagePlan } from "./rig.ts";

type SuiteName = HarvestTruth["epochs"][number]["suite"];
const suites: Readonly<Record<SuiteName, Suite>> = { x25519: x25519Suite, xwing: xwingSuite };

const startMs = Date.UTC(2027, 2, 1, 9);

/** One commit as it was sealed: of what suite, why, and how many octets. */
interface SealedCommit {
  readonly suite: SuiteName;
  readonly isRotation: boolean;
  readonly message: number;
  readonly frame: Uint8Array;
}

interface Stage {
  readonly plan: StagePlan;
  readonly world: HarvestWorld;
  readonly clock: VirtualClock;
  readonly front: RecordingRelay;
  readonly keys: KeyRecording;
  readonly commits: SealedCommit[];
  readonly codes: string[];
  readonly opened: Client[];
  /** What is under way, for the commits that it makes. */
  isRotating: boolean;
}

interface Seat {
  readonly label: string;
  readonly client: Client;
}

/** The people of one founding: all of one suite, in a channel of that suite's name. */
interface Circle {
  readonly suite: SuiteName;
  readonly founder: Seat;
  readonly outside: Seat[];
  readonly inside: Seat[];
}

/** Three people talk while everything is recorded; half way they may go over to X-Wing. */
export async function stageHarvest(plan: StagePlan) {
  await ready();
  const { scenario, settings } = plan;
  const folder = await scratchFolder("world");
  const clock = virtualClock(startMs);
  const relays = await startRelays({ folder, clock, isHostile: false });
  const stage: Stage = {
    ...{ plan, clock, keys: newKeyRecording(), commits: [], codes: [], opened: [] },
    world: harvestWorld.parse(scenario.world.params),
    front: recordingRelay(relays.first, () => clock.now()),
    isRotating: false,
  };
  try {
    const told = await talk(stage);
    const lines = withoutLost(stage, setting(settings, "capture", "whole"));
    const atMs = clock.now();
    const oracle = captureOracle(stage, setting(settings, "oracle", "x25519"), atMs);
    const bundle = await writeEvidence(plan, [captureLines(lines, atMs), oracle]);
    const { commits, front, world } = stage;
    const rotations = commits.filter(({ isRotation }) => isRotation);
    const truth: HarvestTruth = {
      ...told,
      rotations: rotations.map(({ suite, message, frame }) => {
        return { suite, message, frame: frame.length };
      }),
      members: scenario.world.actors.map(({ label }) => label),
      recorded: { lines: lines.length, of: front.lines.length },
      years: world.years,
    };
    const frames = front.lines.filter(({ what }) => what === "frame");
    const frameBytes = frames.reduce(
      (sum, { bytes }) => sum + Math.floor((bytes.length * 3) / 4),
      0,
    );
    return { bundle, truth, cost: { frames: frames.length, frameBytes, commits: commits.length } };
  } finally {
    for (const client of stage.opened) await clock.drive(client.close()).catch(() => {});
    await relays.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function talk(stage: Stage): Promise<Pick<HarvestTruth, "epochs" | "texts">> {
  const { world, plan, clock } = stage;
  const chosen = setting(plan.settings, "suite", "x25519");
  const update = setting(plan.settings, "update", "never");
  const every =
    update === "never" ? Number.POSITIVE_INFINITY : Number(update.replace("every-", ""));
  const epochs: HarvestTruth["epochs"] = [];
  const texts: HarvestTruth["texts"] = [];
  let circle = await found(stage, chosen === "xwing" ? "xwing" : "x25519", 2);
  for (const [line, text] of world.lines.entries()) {
    if (line === world.enters) await admit(stage, circle);
    if (line === world.switches && chosen === "switch") circle = await found(stage, "xwing", 3);
    const { inside, suite, founder } = circle;
    const { client } = inside[line % inside.length] ?? founder;
    if (line > 0 && line % every === 0) {
      stage.isRotating = true;
      await clock.drive(client.rotate({ channel: suite }));
      await settle(stage, circle);
      stage.isRotating = false;
    }
    const { id, epoch } = await clock.drive(client.send({ channel: suite, text }));
    await settle(stage, circle);
    const last = epochs.at(-1);
    if (last?.suite !== suite || last.epoch !== epoch) epochs.push({ suite, epoch });
    texts.push({ id, text, at: epochs.length - 1 });
    plan.onProgress?.(line + 1, world.lines.length);
  }
  return { epochs, texts };
}

/** Founds the channel anew, with fresh clients of one suite: a client takes channels of its own suite only. */
async function found(stage: Stage, suite: SuiteName, wanted: number): Promise<Circle> {
  const { plan, clock } = stage;
  const [channel] = plan.scenario.world.channels;
  assert(channel !== undefined, "the checks found a channel");
  const seats: Seat[] = [];
  for (const id of channel.members) seats.push(await open(stage, suite, id));
  const [founder, ...outside] = seats;
  assert(founder !== undefined, "a channel has a founder");
  const update = { afterMessages: null, afterMs: null };
  await clock.drive(
    founder.client.openChannel({
      ...{ name: suite, label: founder.label, relay: relayHost, approvals: 1, update },
    }),
  );
  const circle: Circle = { suite, founder, outside, inside: [founder] };
  while (circle.inside.length < wanted) await admit(stage, circle);
  return circle;
}

/** Waits until everybody who is in has read and said what there is. */
async function settle({ clock }: Stage, { suite, inside }: Circle): Promise<void> {
  await clock.drive(Promise.all(inside.map(({ client }) => client.settle(suite))));
}

async function open(stage: Stage, suite: SuiteName, id: string): Promise<Seat> {
  const { plan, clock, front, keys, commits, opened } = stage;
  const label = plan.scenario.world.actors.find((each) => each.id === id)?.label ?? id;
  const client = await openClient({
    ...{ clock, dialer: front.dialer, store: memoryStore() },
    random: recordingRandom(keys, systemRandom),
    suite: recordingSuite(keys, suites[suite]),
    cipher: {
      ...sealedCipher,
      seal(mailbox, message, random) {
        const frame = sealedCipher.seal(mailbox, message, random);
        if (peek(message).contentType === "commit") {
          commits.push({ suite, isRotation: stage.isRotating, message: message.length, frame });
        }
        return frame;
      },
    },
  });
  opened.push(client);
  return { label, client };
}

/** The founder lets the next one in, by a code. */
async function admit(stage: Stage, circle: Circle): Promise<void> {
  const { clock, codes } = stage;
  const { suite, founder, inside, outside } = circle;
  const guest = outside.shift();
  assert(guest !== undefined, "there is somebody to let in");
  const { label } = guest;
  const expiresMs = limits.nameplateMsDefault;
  const { code, done } = await clock.drive(
    founder.client.invite({ channel: suite, label, expiresMs }),
  );
  codes.push(code);
  const joined = guest.client.join({ code, relay: relayHost, name: suite, sponsors: 1 });
  await clock.drive(Promise.all([joined, done]));
  inside.push(guest);
  await settle(stage, circle);
}

/** What was recorded: whole, in part, or the disk alone, on which no rendezvous is ever kept. */
function withoutLost({ front, commits, plan }: Stage, capture: string): readonly RecordedLine[] {
  const { lines } = front;
  if (capture === "disk") return lines.filter(({ what }) => what === "frame");
  if (capture === "no-commit") {
    const lost = commits.find(({ isRotation }) => isRotation)?.frame;
    return lines.filter(({ bytes }) => {
      const frame = unbase64url(bytes);
      return lost === undefined || frame === null || !equalBytes(frame, lost);
    });
  }
  const percent = { whole: 100, most: 90, half: 50 }[capture] ?? 100;
  // One die a line: what a smaller share keeps, a larger one keeps too.
  const dice = seeded("recorded", plan.seed);
  return lines.filter(() => dice.below(100) < percent);
}

function captureLines(lines: readonly RecordedLine[], atMs: number): Capture {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return {
    ...{ id: "recording", kind: "wire", actor: null, atMs },
    note: "Frames and rendezvous messages as clients sent them, for as long as anybody listened",
    files: new Map([["wire/recording.jsonl", utf8(text)]]),
  };
}

/** What the computer of later finds (ASSUMED): of what the clients really generated, by their public parts. */
function captureOracle(stage: Stage, kind: string, atMs: number): Capture {
  const keys = kind === "others" ? othersKeys(stage.keys) : stage.keys;
  const pairs = [...keys.pairs.values()];
  const isXwing = ({ publicKey }: { publicKey: Uint8Array }) => publicKey.length > 32;
  const halves = pairs.map((pair) => (isXwing(pair) ? x25519Half(pair) : pair));
  const file = {
    v: 1,
    x25519: halves.map(({ publicKey, secretKey }) => {
      return { public: hex(publicKey), secret: hex(secretKey) };
    }),
    // Also beside other people's keys: the joins open, and what they hold is put to the test.
    ristretto255: scalarsOf(stage),
    xwing:
      kind === "hybrid"
        ? pairs.filter(isXwing).map(({ publicKey, secretKey }) => {
            return { public: hex(publicKey), seed: hex(secretKey) };
          })
        : [],
  } satisfies OracleFile;
  return {
    ...{ id: "oracle", kind: "oracle", actor: null, atMs },
    note: "Logarithms as a quantum computer may give them one day (ASSUMED): X25519 and ristretto255",
    files: new Map([["oracle/keys.json", utf8(`${JSON.stringify(file)}\n`)]]),
  };
}

/** As many keys, of people who are not in this world. */
function othersKeys({ pairs }: KeyRecording): KeyRecording {
  const others = newKeyRecording();
  for (const { publicKey } of pairs.values()) {
    const suite = recordingSuite(others, publicKey.length > 32 ? xwingSuite : x25519Suite);
    suite.kem.deriveKeyPair(systemRandom(32));
  }
  return others;
}

/** CPace's scalars, found among what the clients drew: the one whose share stands in the recording. */
function scalarsOf({ keys, codes, front }: Stage) {
  const saidBy = (nameplate: string, side: string) => {
    const line = front.lines.find((each) => {
      return (
        each.what === "said" &&
        each.nameplate === nameplate &&
        each.side === side &&
        each.index === 0
      );
    });
    const bytes = unbase64url(line?.bytes ?? "");
    assert(bytes !== null, "every join was recorded");
    return bytes;
  };
  return codes.map((text) => {
    const code = parseCode(text);
    const greeting = parsePairing(greetingSchema, saidBy(code.nameplate, "sponsor"));
    const offer = parsePairing(offerSchema, saidBy(code.nameplate, "newcomer"));
    const nonces = { sponsor: greeting.nonce, newcomer: offer.nonce };
    const input = pairingInput(code, nonces);
    const found = keys.draws
      .map((draw) => start(input, () => draw.slice()))
      .find(({ share }) => equalBytes(share, offer.share));
    assert(found !== undefined, "the newcomer drew its scalar");
    return { share: hex(found.share), scalar: hex(found.scalar) };
  });
}
