import { z } from "zod";
import { disclosure, hittingSets, ranked } from "../algorithms/disclosure.ts";
import type { Evidence } from "../evidence.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { readAccessLog } from "./access-log.ts";
import type { Budget, Progress } from "./attack.ts";
import { percentText, type Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

export const whoTalksParams = z.strictObject({
  /** Length of an epoch: how soon after a delivery an answer counts. */
  epoch: z.number().min(1).max(3_600),
  /** Epochs of each target, at most. */
  messages: z.number().int().min(1).max(500),
  /** How many correspondents a person is taken to have, for the hitting set. */
  friends: z.number().int().min(1).max(4),
  /** Orders in which each target's epochs are taken, and draws of random ones beside them. */
  draws: z.number().int().min(1).max(200),
});

export const whoTalksClaims = z.strictObject({
  users: z.number().int(),
  targets: z.array(
    z.strictObject({
      line: z.string(),
      /** Target epochs that the log holds. */
      epochs: z.number().int(),
      /** After so many epochs: who alone had the highest score, in how many of the draws. */
      steps: z.array(
        z.strictObject({ messages: z.number(), named: z.record(z.string(), z.number()) }),
      ),
      /** From everything: by epochs, by statistical disclosure, by the only hitting set. */
      guess: z.string().nullable(),
      disclosed: z.string().nullable(),
      hitting: z.array(z.string()).nullable(),
    }),
  ),
  draws: z.number().int(),
});

/** Deliveries in the order of time. */
interface Delivered {
  readonly times: readonly number[];
  readonly lines: readonly string[];
}

/**
 * Who talks to whom (LEAKLAB 3.1, 3.2; Martiny and others 2021): a log of deliveries that names no sender.
 * After a delivery to somebody, whoever answers makes his correspondent receive something soon.
 */
export async function whoTalksToWhom(
  evidence: Evidence,
  budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const params = whoTalksParams.parse(budget.params);
  const [artefact] = evidence.artefacts("access-log");
  const rows = artefact === undefined ? [] : await readAccessLog(evidence, artefact);
  const sorted = rows.filter(({ what }) => what === "delivered").sort((a, b) => a.atMs - b.atMs);
  const delivered = {
    times: sorted.map(({ atMs }) => atMs),
    lines: sorted.map(({ line }) => line),
  };
  const users = [...new Set(delivered.lines)].sort();
  const targets = users.map((line, index) => {
    progress("targets", index + 1, users.length);
    return attackTarget(line, delivered, users, params);
  });
  const claims = { users: users.length, targets, draws: params.draws };
  const counts = { deliveries: sorted.length, users: users.length };
  const notes = absentKinds(evidence, ["access-log"]);
  return { ...emptyFindings("who-talks-to-whom"), claims, counts, notes };
}

function attackTarget(
  line: string,
  delivered: Delivered,
  users: readonly string[],
  params: z.infer<typeof whoTalksParams>,
) {
  const lengthMs = params.epoch * 1_000;
  const target = targetEpochs(line, delivered, lengthMs).slice(0, params.messages);
  // The line is no seed: what it is called must not change what is found.
  const choices = seeded("random epochs", users.indexOf(line));
  const random = (count: number) => randomEpochs(count, line, delivered, lengthMs, choices);
  const named = target.map(() => new Map<string, number>());
  for (let draw = 0; draw < params.draws; draw++) {
    const beside = random(target.length);
    for (const [at, name] of leaders(choices.shuffle(target), beside).entries()) {
      if (name !== null) named[at]?.set(name, (named[at].get(name) ?? 0) + 1);
    }
  }
  // Random epochs cost nothing: for the last word there are ten to each target epoch.
  const many = random(10 * target.length);
  const repeated = Array.from({ length: 10 }, () => target).flat();
  return {
    line,
    epochs: target.length,
    steps: named.map((counts, at) => ({ messages: at + 1, named: Object.fromEntries(counts) })),
    guess: leaders(repeated, many).at(-1) ?? null,
    disclosed: disclosed(target, many, users),
    hitting: onlyHittingSet(target, users, params.friends),
  };
}

/** Who else was sent something in [from, from + lengthMs). */
function receivers(
  { times, lines }: Delivered,
  from: number,
  lengthMs: number,
  without: string,
): Set<string> {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  const found = new Set<string>();
  for (let at = low; at < times.length && (times[at] ?? 0) < from + lengthMs; at++) {
    const line = lines[at];
    if (line !== undefined && line !== without) found.add(line);
  }
  return found;
}

/** Epochs that begin with a delivery to the target and do not overlap. */
function targetEpochs(line: string, delivered: Delivered, lengthMs: number): Set<string>[] {
  const epochs: Set<string>[] = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const [at, time] of delivered.times.entries()) {
    if (delivered.lines[at] !== line || time < free) continue;
    free = time + lengthMs;
    epochs.push(receivers(delivered, time, lengthMs, line));
  }
  return epochs;
}

function randomEpochs(
  count: number,
  line: string,
  delivered: Delivered,
  lengthMs: number,
  choices: Seeded,
): Set<string>[] {
  const first = delivered.times[0] ?? 0;
  const span = Math.max(1, (delivered.times.at(-1) ?? 0) - first - lengthMs);
  return Array.from({ length: count }, () => {
    return receivers(delivered, first + choices.next() * span, lengthMs, line);
  });
}

/** After each pair of epochs, whose score is strictly the highest; null where none is. */
function leaders(
  target: readonly ReadonlySet<string>[],
  random: readonly ReadonlySet<string>[],
): (string | null)[] {
  const scores = new Map<string, number>();
  const add = (users: ReadonlySet<string>, by: number) => {
    for (const user of users) scores.set(user, (scores.get(user) ?? 0) + by);
  };
  return target.map((users, at) => {
    add(users, 1);
    add(random[at] ?? new Set(), -1);
    let best: string | null = null;
    let most = 0;
    for (const [user, score] of scores) {
      if (score > most) [best, most] = [user, score];
      else if (score === most) best = null;
    }
    return best;
  });
}

/** The first by statistical disclosure; null without any epoch. */
function disclosed(
  target: readonly ReadonlySet<string>[],
  random: readonly ReadonlySet<string>[],
  users: readonly string[],
): string | null {
  if (target.length === 0) return null;
  const running = disclosure(users.length);
  const numbers = (set: ReadonlySet<string>) => [...set].map((line) => users.indexOf(line));
  for (const set of target) running.add({ withTarget: true, receivers: numbers(set) });
  for (const set of random) running.add({ withTarget: false, receivers: numbers(set) });
  const order = users.map((_, index) => index);
  return users[ranked(running.scores(), order)[0] ?? -1] ?? null;
}

/** The only set of at most so many of whom one is in every epoch; null while there is none, or several. */
function onlyHittingSet(
  target: readonly ReadonlySet<string>[],
  users: readonly string[],
  friends: number,
): string[] | null {
  if (target.length === 0) return null;
  const rounds = target.map((set) => [...set].map((line) => users.indexOf(line)));
  const sets = hittingSets(rounds, friends, 2);
  const [only] = sets;
  return sets.length === 1 && only !== undefined ? only.map((at) => users[at] ?? "") : null;
}

/** Person by person, whom each of three methods names alone and first. */
export const tellWhoTalks: Tell = ({ claims }) => {
  const { targets, draws } = whoTalksClaims.parse(claims);
  return [
    {
      title: "Whom each address hears from, by three methods; draws are random minutes taken anew",
      head: ["address", "deliveries", "named", "in draws", "by disclosure", "only hitting set"],
      rows: targets.map(({ line, epochs, steps, guess, disclosed: name, hitting }) => [
        ...[line, epochs, guess],
        guess === null ? null : percentText(steps.at(-1)?.named[guess] ?? 0, draws),
        ...[name, hitting === null ? null : hitting.join(", ")],
      ]),
    },
  ];
};
