import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, xwingSuite } from "#client/crypto/suite.ts";
import { dice } from "#test/dice.ts";
import { foundOurs, lifeRules, newcomerOurs } from "./mls-ours.ts";
import { planLife } from "./mls-plan.ts";
import { printTally, type Tally } from "./mls-seat.ts";
import { replayable, seedsOf } from "./mls-seeds.ts";
import { type Casting, live } from "./mls-world.ts";

const file = "test/properties/mls-lives.test.ts";
const suites = [
  { title: "suite-3", suite: () => classicSuite, seeds: 60, members: 14 },
  { title: "x-wing", suite: () => xwingSuite, seeds: 12, members: 9 },
];

beforeAll(ready);

describe.each(suites)("random lives of a group on $title", ({ title, suite, seeds, members }) => {
  const tally: Tally = new Map();
  afterAll(() => printTally(`what the lives on ${title} did`, tally));

  test.each(seedsOf(title, seeds))("seed %i: all converge, no removed member follows", (seed) =>
    replayable(file, seed, async () => {
      const d = dice(seed ^ 0x5eed);
      const setting = { suite: suite(), rules: lifeRules, random: d.bytes };
      const casting: Casting = {
        found: async (name) => foundOurs(setting, name, d.bytes(16)),
        newcomer: async (name) => newcomerOurs(setting, name),
        adapt: (change) => change,
      };
      await live(planLife(seed, { steps: 60, members }), casting, tally);
    }),
  );

  test.skipIf(process.env.LIFE !== undefined)("the lives did all that a life can do", () => {
    for (const what of [
      "adds",
      "removes",
      "commits that add and remove",
      "commits that only update",
      "commits that lost a race",
      "GroupContext changes",
      "new signature keys",
      "states saved and read back",
      "late messages read",
      "messages lost",
      "replays refused",
      "messages refused to removed members",
    ]) {
      expect(tally.get(what) ?? 0, what).toBeGreaterThan(0);
    }
  });
});
