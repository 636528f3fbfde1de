import { type Relay, startRelay } from "#server/relay.ts";
import { type Dice, dice } from "#test/dice.ts";
import { type Hostile, hostileRelay } from "../hostile.ts";
import { type HandClock, handClock, quiet, seededRandom } from "../kit.ts";
import { type Counts, noCounts } from "./counts.ts";
import { createDevice, type Device } from "./device.ts";
import type { Mutant } from "./mutant.ts";
import { createPath, fair } from "./network.ts";

export const channel = "line";
export const address = "relay.test";

/** Under what relay a life is lived. */
export type Regime = "honest" | "lying" | "forking";

export interface Person {
  readonly device: Device;
  readonly label: string;
  /** How many texts had been said when it came in. */
  readonly since: number;
  standing: "in" | "gone";
}

export interface Said {
  readonly by: string;
  readonly text: string;
  readonly at: number;
  /** The client has told the person that it will not be sent. */
  isRefused: boolean;
}

/** What a person has done by hand: the only thing that may let in or remove anybody. */
export interface Deed {
  readonly op: "admit" | "remove" | "leave";
  readonly label: string;
  readonly by: string;
}

/** Everything that happens to one channel under one seed. */
export interface Life {
  readonly seed: number;
  readonly regime: Regime;
  readonly mutant: Mutant;
  readonly dice: Dice;
  readonly clock: HandClock;
  readonly counts: Counts;
  readonly people: Person[];
  readonly said: Said[];
  readonly deeds: Deed[];
  /** Lines of what was done, in order: the same seed gives the same ones. */
  readonly trace: string[];
  readonly hostile: Hostile | null;
  /** The message timer, once somebody has set it. */
  timerMs: number | null;
  /** Texts from this one on were said when everybody had the timer. */
  timedFrom: number | null;
  /** Whether halves of the channel were shown different logs, for good. */
  isForked: boolean;
  nextLabel: number;
  device(label: string): Promise<Device>;
  /** Stops the honest relay and starts another one, which has none of what the old one had. */
  loseRelay(): Promise<void>;
  close(): Promise<void>;
}

/** An honest relay mostly; a fifth of the lives has one that lies for a time, a tenth one that forks. */
function drawRegime(dice: Dice, mutant: Mutant): Regime {
  if (mutant.relay === "forks" || mutant.relay === "omits") return "forking";
  const roll = dice.below(10);
  if (roll === 0) return "forking";
  return roll <= 2 ? "lying" : "honest";
}

export async function beginLife(seed: number, mutant: Mutant): Promise<Life> {
  const roll = dice(seed);
  const regime = drawRegime(roll, mutant);
  const clock = handClock();
  const counts = noCounts();
  let devices = 0;
  const start = (): Promise<Relay> =>
    startRelay({
      listen: null,
      addresses: [address],
      data: null,
      thread: "inline",
      clock,
      random: seededRandom(roll.word()),
    });
  let relay = await start();
  const hostile = regime === "honest" ? null : hostileRelay();
  const life: Life = {
    seed,
    regime,
    mutant,
    dice: roll,
    clock,
    counts,
    people: [],
    said: [],
    deeds: [],
    trace: [],
    hostile,
    timerMs: null,
    timedFrom: null,
    isForked: false,
    nextLabel: 0,
    async device(label) {
      const at = devices++;
      const dial = () => (hostile === null ? relay : hostile.through(() => relay, at));
      const path = createPath(dial, roll, counts);
      const random = seededRandom(roll.word());
      return await createDevice({ label, clock, random, path, mutant });
    },
    async loseRelay() {
      await relay.close();
      relay = await start();
    },
    async close() {
      for (const { device } of life.people) device.path.isUp = false;
      for (const { device } of life.people) device.path.cut();
      await relay.close();
    },
  };
  return life;
}

export function present(life: Life): Person[] {
  return life.people.filter(({ standing }) => standing === "in");
}

export function note(life: Life, line: string): void {
  life.trace.push(`${life.clock.now()} ${line}`);
}

/** Notes who is no member any more, and everything new that can be seen. */
export async function observe(life: Life): Promise<void> {
  if (life.timerMs !== null && life.timedFrom === null) {
    const isTimed = ({ device }: Person) => device.client.status(channel).timerMs === life.timerMs;
    if (present(life).every(isTimed)) life.timedFrom = life.said.length;
  }
  for (const person of life.people) {
    if (person.standing === "gone") continue;
    await person.device.observe();
    const state = person.device.client.status(channel).state;
    if (state === "removed" || state === "left") person.standing = "gone";
  }
}

/** Waits for a promise, letting time pass where nothing happens without; null when it takes too long. */
export async function pursue<T>(
  life: Life,
  promise: Promise<T>,
  rounds = 30,
): Promise<{ readonly value: T } | { readonly failure: string } | null> {
  let result: { readonly value: T } | { readonly failure: string } | null = null;
  promise.then(
    (value) => {
      result = { value };
    },
    (error) => {
      result = { failure: (error as { code?: string }).code ?? String(error) };
    },
  );
  for (let round = 0; round < rounds; round++) {
    await quiet(8);
    if (result !== null) return result;
    for (const { device } of life.people) device.path.release();
    await life.clock.advance(1_000);
  }
  return result;
}

/** Waits until something is so, as `pursue`; whether it came about. */
export async function until(life: Life, isSo: () => boolean, rounds = 30): Promise<boolean> {
  for (let round = 0; round < rounds && !isSo(); round++) {
    await quiet(8);
    if (isSo()) break;
    for (const { device } of life.people) device.path.release();
    await life.clock.advance(1_000);
  }
  return isSo();
}

/** Fair weather, every connection dialled anew, and time enough for everything that is under way. */
export async function calmDown(life: Life): Promise<void> {
  for (const { device } of life.people) {
    device.path.weather = fair;
    device.path.isUp = true;
    device.path.release();
    device.path.cut();
  }
  for (let round = 0; round < 12; round++) {
    life.hostile?.tell();
    await life.clock.advance(12_000);
    await quiet(12);
    await observe(life);
  }
}
