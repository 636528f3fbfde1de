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

const pace = { rounds: 21, turnMs: 15, clock: "cpu", warmMs: 100 } as const;
const sizes = [2, 10, 100, 1000] as const;
const text = random(1024);
const nothing = new Uint8Array();

/** Protect and unprotect of 1 KiB by group size, each turn next to one of the bare primitives. */
async function againstCeiling(suite: Suite, title: string): Promise<Verdict[]> {
  const bare = ceiling(suite, random);
  const rows = [
    [`1 KiB, ${title}`, "protect", "bare", "of ceiling", "unprotect", "bare", "of ceiling"],
  ];
  const verdicts: Verdict[] = [];
  for (const size of sizes) {
    const built = buildFresh(suite, size);
    const timings = await interleave(
      [
        each("protect", writing(built.founder)),
        each("bare protect", bare.protect),
        each("unprotect", reading(built.founder, built.reader)),
        each("bare unprotect", bare.unprotect),
      ],
      { rounds: 61, turnMs: 5, clock: "cpu", warmMs: 250 },
    );
    const cells = (["protect", "unprotect"] as const).map((verb, at) => {
      const [own, primitives] = timings.slice(2 * at) as [Timing, Timing];
      const share = ratio(primitives, own);
      const wanted = verb === "protect" ? 0.6 : 0.8;
      verdicts.push({
        claim: `${verb} of 1 KiB at ${size} members, ${title}, of the primitives' ceiling`,
        target: `>= ${100 * wanted} %`,
        measured: percent(share),
        met: share >= wanted,
      });
      return [perSecond(own.micros), perSecond(primitives.micros), percent(share)];
    });
    rows.push([`${size} members`, ...cells.flat()]);
  }
  console.log(table(rows));
  return verdicts;
}

/** Writes on and on, as in a conversation. */
function writing(start: Group) {
  let writer = start;
  return () => {
    writer = protect(writer, text, nothing, random).group;
  };
}

/** Reads messages that were written ahead, and starts over with the first when all are read. */
function reading(writer: Group, start: Group) {
  const messages: Uint8Array[] = [];
  for (let count = 0, from = writer; count < 256; count++) {
    const made = protect(from, text, nothing, random);
    messages.push(made.message);
    from = made.group;
  }
  let reader = start;
  let next = 0;
  return () => {
    if (next === messages.length) {
      next = 0;
      reader = start;
    }
    reader = unprotect(reader, messages[next++] as Uint8Array).reader;
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
