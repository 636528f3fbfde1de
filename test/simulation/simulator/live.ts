import { quiet } from "../kit.ts";
import { act } from "./acts.ts";
import { found } from "./admission.ts";
import { checkers } from "./checkers/checkers.ts";
import type { Violation } from "./checkers/violation.ts";
import type { Counts } from "./counts.ts";
import { beginLife, calmDown, type Life, observe, present } from "./life.ts";
import { type Mutant, sound } from "./mutant.ts";

/** What came of a life. */
export interface Lived {
  readonly seed: number;
  readonly counts: Counts;
  readonly violations: readonly Violation[];
  /** What was done, line by line. */
  readonly trace: readonly string[];
  /** The words of each who stayed, at the end. */
  readonly ending: readonly string[];
}

const actsMin = 24;
const actsSpread = 24;
/** Beyond the bound within which silence must be noticed, twice over. */
const patienceMs = 50 * 3_600_000;

/**
 * One life of a channel: founded, lived through under its regime, calmed down, and judged by every
 * checker. Everything is drawn from the seed.
 */
export async function live(seed: number, mutant: Mutant = sound): Promise<Lived> {
  const life = await beginLife(seed, mutant);
  await found(life, 3 + life.dice.below(2));
  const acts = actsMin + life.dice.below(actsSpread);
  for (let at = 0; at < acts; at++) {
    if (present(life).length === 0) break;
    await act(life);
    await quiet(life.dice.below(6));
    await observe(life);
  }
  await comeToRest(life);
  const violations = checkers.flatMap((check) => check(life));
  const ending = present(life).map(({ device }) => device.client.status("line").words.join(" "));
  life.counts.commits = Math.max(0, ...present(life).map(epochOf));
  life.counts.alarms = life.people.reduce(
    (sum, { device }) => sum + device.notices.filter(({ type }) => type === "alarm").length,
    0,
  );
  await life.close();
  return { seed, counts: life.counts, violations, trace: life.trace, ending };
}

function epochOf({ device }: Life["people"][number]): number {
  return device.client.status("line").epoch;
}

/** Whether those who stayed are in several groups: what they have to be told then takes its time. */
function isSplit(life: Life): boolean {
  const words = present(life).map(({ device }) => device.client.status("line").words.join(" "));
  return new Set(words).size > 1;
}

async function comeToRest(life: Life): Promise<void> {
  for (const { device } of life.people) {
    const lies = life.hostile?.lies(Number(device.label.slice(1)));
    if (lies !== undefined && life.regime === "lying") lies.log = (entries) => entries;
  }
  await calmDown(life);
  await calmDown(life);
  if (life.isForked || isSplit(life)) {
    // Nobody is told; people go on as they would, and the bound passes.
    await life.clock.advance(patienceMs / 2);
    await quiet(24);
    await life.clock.advance(patienceMs / 2);
    await quiet(24);
  } else if (life.timerMs !== null) {
    await life.clock.advance(life.timerMs + 1_000);
  }
  await observe(life);
}
