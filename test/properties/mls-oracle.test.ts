import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite, xwingSuite } from "#client/crypto/suite.ts";
import type { Rules } from "#client/mls/group.ts";
import { dice } from "#test/dice.ts";
import { foundOracle, newcomerOracle } from "#test/oracle/seat.ts";
import { defects, type OracleKeyPackage, oracleSuite } from "#test/oracle/ts-mls.ts";
import { foundOurs, joinOurs, lifeRules, newcomerOurs } from "./mls-ours.ts";
import { type Change, planLife } from "./mls-plan.ts";
import { count, printTally, type Seat, type Tally } from "./mls-seat.ts";
import { replayable, seedsOf } from "./mls-seeds.ts";
import { type Casting, live } from "./mls-world.ts";

const file = "test/properties/mls-oracle.test.ts";
const foreignMax = 3;

/** ts-mls adds without a path where RFC 9420 section 12.4 allows it; a channel does not. */
const rules: Rules = { ...lifeRules, pathlessCommits: true };

const suites = [
  { title: "suite-3", id: 3, seeds: 60, members: 8 },
  { title: "x-wing", id: 0xf00e, seeds: 6, members: 6 },
] as const;

beforeAll(ready);

describe.each(suites)("the same lives with seats on ts-mls, $title", (world) => {
  const tally: Tally = new Map();
  afterAll(() => printTally(`what the lives with ts-mls on ${world.title} did`, tally));

  test.each(seedsOf(`oracle-${world.title}`, world.seeds))(
    "seed %i: both implementations converge",
    (seed) =>
      replayable(file, seed, async () => {
        const casting = await castBoth(seed, world.id, tally);
        await live(planLife(seed, { steps: 60, members: world.members }), casting, tally);
      }),
  );

  test.skipIf(process.env.LIFE !== undefined)("both spoke to each other in every way", () => {
    for (const what of [
      "commits applied, ours by oracle",
      "commits applied, oracle by ours",
      "joins, ours by the Welcome of oracle",
      "joins, oracle by the Welcome of ours",
      "messages read, ours",
      "messages read, oracle",
    ]) {
      expect(tally.get(what) ?? 0, what).toBeGreaterThan(0);
    }
  });
});

async function castBoth(seed: number, id: 3 | 0xf00e, tally: Tally): Promise<Casting> {
  const d = dice(seed ^ 0x0ac1e);
  const suite = id === 3 ? classicSuite : xwingSuite;
  const theirs = await oracleSuite(id);
  const setting = { suite, rules, random: d.bytes };

  /** The one tolerance: where its join check is over-strict, our implementation takes the seat over. */
  const rescue = (own: OracleKeyPackage, welcome: Uint8Array, error: unknown): Seat => {
    if (!(error instanceof Error) || error.message !== defects.overStrictJoin) throw error;
    count(tally, "tolerated: ts-mls refuses a legitimate join (12.4.3.1), ours joins instead");
    return joinOurs(setting, own.bytes, secretsOf(suite, own), welcome);
  };

  return {
    found: (name) =>
      d.chance(0.5)
        ? foundOracle(theirs, name, d.bytes(16))
        : Promise.resolve(foundOurs(setting, name, d.bytes(16))),
    newcomer: async (name, foreign) =>
      foreign < foreignMax && d.chance(0.5)
        ? newcomerOracle(theirs, name, rescue)
        : newcomerOurs(setting, name),
    adapt: (change, by, seats) => {
      const possible = by.kind === "oracle" ? withinOracle(change, tally) : change;
      return keepLeftHalf(possible, by, seats, tally);
    },
  };
}

/** Leaves out what ts-mls 1.6.4 cannot do, or does against the RFC, and counts it. */
function withinOracle(change: Change, tally: Tally): Change {
  let { topic, newSignatureKey } = change;
  if (newSignatureKey) {
    count(tally, "avoided: ts-mls cannot commit a new signature key");
    newSignatureKey = false;
  }
  if (topic !== null) {
    // It leaves the path out, or seals the path secrets to the old extensions (both against 12.4.1).
    count(tally, "avoided: ts-mls commits a GroupContext change wrongly");
    topic = null;
  }
  return { ...change, topic, newSignatureKey };
}

/**
 * Where one half of the tree is all blank, the root is in nobody's filtered direct path, and ts-mls
 * derives the commit_secret one "path" too far (against sections 7.4 and 12.4.1: it is the secret after
 * the last one of the path). While one of its seats is in the group, somebody on the left is kept.
 */
function keepLeftHalf(
  change: Change,
  by: Seat,
  seats: ReadonlyMap<string, Seat>,
  tally: Tally,
): Change {
  const stay = by.members().filter(({ identity }) => !change.remove.includes(identity));
  const foreign = stay.some(({ identity }) => seats.get(identity)?.kind === "oracle");
  const last = Math.max(...stay.map(({ leaf }) => leaf));
  const half = 2 ** Math.ceil(Math.log2(last + 1)) / 2;
  const leftEmpty = last > 0 && stay.every(({ leaf }) => leaf >= half);
  if (!foreign || !leftEmpty || change.add.length > 0) return change;
  count(tally, "avoided: ts-mls derives a wrong commit_secret beside an empty half");
  const kept = by.members().find(({ identity }) => change.remove.includes(identity));
  return { ...change, remove: change.remove.filter((name) => name !== kept?.identity) };
}

/** The private half of an oracle's KeyPackage in our form: the Ed25519 seed ends its PKCS #8 wrapping. */
function secretsOf(suite: Suite, own: OracleKeyPackage) {
  return {
    initSecret: own.secrets.initPrivateKey,
    leafSecret: own.secrets.hpkePrivateKey,
    signatureSecret: suite.signature.keyPair(own.secrets.signaturePrivateKey.slice(-32)).secretKey,
  };
}
