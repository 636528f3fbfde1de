import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { disclosure } from "#client/lab/algorithms/disclosure.ts";
import { poolDisclosure, poolWeights } from "#client/lab/algorithms/pool-disclosure.ts";
import { seeded } from "#client/lab/seeded.ts";

const uniform = (users: number) => new Array<number>(users).fill(1 / users);

/** A pool of which each message leaves with chance `out` in each round; user 0 is the target's friend. */
function playPool(plan: {
  rounds: number;
  out: number;
  users: number;
  fresh: number;
  seed: number;
}) {
  const choices = seeded("pool", plan.seed);
  let inside: number[] = [];
  const sent: number[] = [];
  const received: number[][] = [];
  for (let round = 0; round < plan.rounds; round++) {
    sent.push(round % 4 === 0 ? 1 : 0);
    if (round % 4 === 0) inside.push(0);
    for (let at = 0; at < plan.fresh; at++) inside.push(choices.below(plan.users));
    const leaves = inside.map(() => choices.next() < plan.out);
    received.push(inside.filter((_, at) => leaves[at]));
    inside = inside.filter((_, at) => !leaves[at]);
  }
  return { sent, received };
}

describe("the weights of a pool", () => {
  test("halve from round to round where half leaves", () => {
    expect(poolWeights([1, 0, 0, 2], 0.5)).toEqual([0.5, 0.25, 0.125, 1.0625]);
  });

  test("of a pool that keeps nothing are what was sent", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5)), (sent) => {
        expect(poolWeights(sent, 1)).toEqual(sent);
      }),
    );
  });

  test("never sum to more than was sent, and nearly to it after many rounds", () => {
    const sent = [3, 1, ...new Array<number>(200).fill(0)];
    const sum = poolWeights(sent, 0.2).reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThan(4 + 1e-9);
    expect(sum).toBeCloseTo(4, 6);
  });

  test("of a pool that lets nothing out are refused", () => {
    expect(() => poolWeights([1], 0)).toThrow("lets messages out");
  });
});

describe("disclosure of a pool", () => {
  test("with weights of one is Danezis' own", () => {
    const rounds = [
      [0, 1, 2],
      [0, 3, 3],
      [0, 2, 4],
    ];
    const own = disclosure(5);
    for (const receivers of rounds) own.add({ withTarget: true, receivers });
    const pool = poolDisclosure(
      rounds.map((receivers) => ({ receivers, weight: 1 })),
      uniform(5),
    );
    for (const [user, score] of own.scores().entries()) expect(pool[user]).toBeCloseTo(score, 12);
  });

  test("says that the friend gets every message, within four standard errors", () => {
    const { sent, received } = playPool({ rounds: 4_000, out: 0.5, users: 20, fresh: 8, seed: 3 });
    const weights = poolWeights(sent, 0.5);
    const rounds = received.map((receivers, at) => ({ receivers, weight: weights[at] ?? 0 }));
    const scores = poolDisclosure(rounds, uniform(20));
    // Counts of one user in a round spread by less than two, so the estimate by less than 2/√Σw².
    const error = 2 / Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
    expect(Math.abs((scores[0] ?? 0) - 1)).toBeLessThan(4 * error);
    for (const score of scores.slice(1)) expect(Math.abs(score)).toBeLessThan(4 * error);
  });

  test("finds the friend more often than disclosure that does not know of the pool", () => {
    let [weighted, naive] = [0, 0];
    for (let seed = 0; seed < 60; seed++) {
      const { sent, received } = playPool({ rounds: 120, out: 0.3, users: 30, fresh: 12, seed });
      const weights = poolWeights(sent, 0.3);
      const leads = (scores: Float64Array) =>
        scores.slice(1).every((score) => score < (scores[0] ?? 0)) ? 1 : 0;
      const rounds = received.map((receivers, at) => ({ receivers, weight: weights[at] ?? 0 }));
      weighted += leads(poolDisclosure(rounds, uniform(30)));
      const own = disclosure(30);
      for (const [at, receivers] of received.entries()) {
        if (sent[at] === 1) own.add({ withTarget: true, receivers });
      }
      naive += leads(own.scores());
    }
    expect(weighted).toBeGreaterThan(naive);
  });

  test("without a message of the target names nobody", () => {
    const scores = poolDisclosure([{ receivers: [1, 2], weight: 0 }], uniform(3));
    expect([...scores]).toEqual([0, 0, 0]);
  });
});
