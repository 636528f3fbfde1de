import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite, xwingSuite } from "#client/crypto/suite.ts";
import { commit, encodeRatchets, type Group, protect, unprotect } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  oracleJoin,
  oracleKeyPackage,
  oracleProtect,
  oracleSuite,
  oracleUnprotect,
} from "#test/oracle/ts-mls.ts";
import {
  bytes,
  type Contestant,
  duration,
  each,
  eachAwaited,
  interleave,
  perSecond,
  ratio,
  type Section,
  type Timing,
  table,
  type Verdict,
} from "./measure.ts";
import { afterAllSpoke, buildFresh, random } from "./mls-build.ts";
import { ceiling } from "./mls-ceiling.ts";

const pace = { rounds: 15, turnMs: 30 };
const sizes = [2, 10, 100, 1000] as const;
const text = random(1024);
const nothing = new Uint8Array();

/** Protect and unprotect of 1 KiB by group size, next to the bare primitives. */
async function againstCeiling(suite: Suite, title: string): Promise<Verdict[]> {
  const bare = ceiling(suite, random);
  const contestants: Contestant[] = [
    each("bare protect", bare.protect),
    each("bare unprotect", bare.unprotect),
  ];
  for (const size of sizes) contestants.push(...messageContestants(suite, size));
  const timings = await interleave(contestants, pace);
  const find = (name: string) => timings.find((timing) => timing.name === name) as Timing;

  const rows = [[`1 KiB, ${title}`, "protect", "of ceiling", "unprotect", "of ceiling"]];
  rows.push([
    "bare primitives",
    perSecond(find("bare protect").micros),
    "",
    perSecond(find("bare unprotect").micros),
    "",
  ]);
  const verdicts: Verdict[] = [];
  for (const size of sizes) {
    const shares = (["protect", "unprotect"] as const).map((verb) => {
      const share = ratio(find(`bare ${verb}`), find(`${verb} ${size}`));
      const wanted = verb === "protect" ? 0.6 : 0.8;
      verdicts.push({
        claim: `${verb} of 1 KiB at ${size} members, ${title}, of the primitives' ceiling`,
        target: `>= ${100 * wanted} %`,
        measured: percent(share),
        met: share >= wanted,
      });
      return [perSecond(find(`${verb} ${size}`).micros), percent(share)];
    });
    rows.push([`${size} members`, ...shares.flat()]);
  }
  console.log(table(rows));
  return verdicts;
}

/** A writer and a reader that go on from message to message, as a conversation does. */
function messageContestants(suite: Suite, size: number): Contestant[] {
  const built = buildFresh(suite, size);
  let writer = built.founder;
  const read = conversation(built.founder, built.reader);
  return [
    each(`protect ${size}`, () => {
      writer = protect(writer, text, nothing, random).group;
    }),
    {
      name: `unprotect ${size}`,
      run: read,
    },
  ];
}

/** Reads messages that were written ahead and starts over with the first when all are read. */
function conversation(writer: Group, start: Group) {
  const messages: Uint8Array[] = [];
  for (let count = 0, from = writer; count < 256; count++) {
    const made = protect(from, text, nothing, random);
    messages.push(made.message);
    from = made.group;
  }
  let reader = start;
  let next = 0;
  return (times: number) => {
    for (let at = 0; at < times; at++) {
      if (next === messages.length) {
        next = 0;
        reader = start;
      }
      reader = unprotect(reader, messages[next++] as Uint8Array).reader;
    }
  };
}

/** Ours and ts-mls with its default provider in one group of two. */
async function againstOracle(id: 3 | 0xf00e, suite: Suite, title: string): Promise<void> {
  const theirs = await oracleSuite(id);
  const own = await oracleKeyPackage(theirs, utf8("oracle"), []);
  const { founder } = buildFresh(suite, 2);
  const made = commit(founder, { add: [own.bytes], random });
  const oracle = await oracleJoin(theirs, own, made.welcome as Uint8Array);
  const message = protect(made.pending, text, nothing, random).message;
  const reply = (await oracleProtect(oracle, text)).message;
  const ours = made.pending;
  const timings = await interleave(
    [
      each("protect", () => protect(ours, text, nothing, random)),
      eachAwaited("protect, ts-mls", () => oracleProtect(oracle, text)),
      each("unprotect", () => unprotect(ours, reply)),
      eachAwaited("unprotect, ts-mls", () => oracleUnprotect(oracle, message)),
    ],
    pace,
  );
  const rows = [[`1 KiB, ${title}`, "ours", "ts-mls 1.6.4", "ours is faster by"]];
  for (const [at, verb] of [
    [0, "protect"],
    [2, "unprotect"],
  ] as const) {
    const [mine, other] = [timings[at] as Timing, timings[at + 1] as Timing];
    rows.push([
      verb,
      perSecond(mine.micros),
      perSecond(other.micros),
      `${ratio(other, mine).toFixed(1)}×`,
    ]);
  }
  console.log(table(rows));
}

/** What must be saved after one message, by group size and by how many have spoken in the epoch. */
async function persistence(): Promise<Verdict[]> {
  const groups = sizes.map((size) => buildFresh(xwingSuite, size));
  const states = groups.map((built) => {
    const made = protect(built.founder, text, nothing, random);
    return {
      name: `${built.size} members, 1 spoke`,
      state: unprotect(built.reader, made.message).reader,
    };
  });
  for (const built of groups) {
    states.push({ name: `${built.size} members, all spoke`, state: afterAllSpoke(built) });
  }
  const timings = await interleave(
    states.map(({ name, state }) => each(name, () => encodeRatchets(state))),
    pace,
  );
  const rows = [["saved after each message, X-Wing", "bytes", "time to encode"]];
  const measured = states.map(({ name, state }, at) => {
    const timing = timings[at] as Timing;
    const size = encodeRatchets(state).length;
    rows.push([name, bytes(size), duration(timing.micros)]);
    return { size, timing };
  });
  console.log(table(rows));
  const small = measured[0] as (typeof measured)[number];
  const large = measured[sizes.length - 1] as (typeof measured)[number];
  const times = ratio(large.timing, small.timing);
  return [
    {
      claim: "bytes saved per message at 1,000 members against 2, the same number having spoken",
      target: "the same",
      measured: `${large.size} and ${small.size} B, ${times.toFixed(2)}× the time`,
      met: large.size === small.size && times <= 1.5,
    },
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

export const sections: readonly Section[] = [
  {
    name: "mls-messages",
    title: "application messages of 1 KiB",
    run: async () => {
      await ready();
      const verdicts = [
        ...(await againstCeiling(xwingSuite, "X-Wing suite")),
        ...(await againstCeiling(classicSuite, "suite 3")),
      ];
      await againstOracle(0xf00e, xwingSuite, "X-Wing suite, 2 members");
      await againstOracle(3, classicSuite, "suite 3, 2 members");
      return [...verdicts, ...(await persistence())];
    },
  },
];
