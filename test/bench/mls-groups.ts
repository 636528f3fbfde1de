import { ready } from "#client/crypto/sodium.ts";
import { classicSuite, type Suite, xwingSuite } from "#client/crypto/suite.ts";
import {
  applyCommit,
  checkCommit,
  commit,
  encodeEpoch,
  encodeRatchets,
  encodeSecretTree,
  joinGroup,
  type OwnKeyPackage,
} from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import {
  type OracleGroup,
  oracleApply,
  oracleBytes,
  oracleCommit,
  oracleJoin,
  oracleKeyPackage,
  oracleSuite,
} from "#test/oracle/ts-mls.ts";
import {
  bytes,
  type Contestant,
  duration,
  each,
  eachAwaited,
  interleave,
  ratio,
  type Section,
  type Timing,
  table,
  type Verdict,
} from "./measure.ts";
import {
  afterAllSpoke,
  type Built,
  buildFresh,
  newPackage,
  random,
  rules,
  warmUp,
} from "./mls-build.ts";

const sizes = [2, 10, 100, 1000] as const;
/** About what LeafNodeTBS and its label hold besides the encryption key (RFC 9420 section 7.2). */
const leafBytesBesidesKey = 170;
const verbs = ["commit", "process", "add", "join"] as const;
type Verb = (typeof verbs)[number];

/** What our side does in a group, each on a state that stays as it is. */
function ourContestants(built: Built): Contestant[] {
  const { founder, reader, suite } = built;
  const newcomer = newPackage(suite, "newcomer").keyPackage;
  const update = commit(founder, { random }).message;
  const { welcome, own } = welcomeOne(built);
  return [
    each("commit", () => commit(founder, { random })),
    each("process", () => applyCommit(reader, checkCommit(reader, update))),
    each("add", () => commit(founder, { add: [newcomer], random })),
    each("join", () => joinOnce(suite, own, welcome)),
  ];
}

/** A Welcome into the tree as it stands, for somebody who takes the place of leaf 1. */
function welcomeOne({ founder, suite }: Built): { welcome: Uint8Array; own: OwnKeyPackage } {
  const own = newPackage(suite, "joiner");
  const made = commit(founder, { remove: [1], add: [own.keyPackage], random });
  return { welcome: made.welcome as Uint8Array, own };
}

function joinOnce(suite: Suite, { keyPackage, secrets }: OwnKeyPackage, welcome: Uint8Array) {
  return joinGroup({ suite, rules, welcome, keyPackage, secrets });
}

/** As many verifications as a join makes: one for each member, each of its own key and leaf. */
function signatureChecks(suite: Suite, size: number): Contestant {
  const signed = Array.from({ length: size }, () => {
    const { publicKey, secretKey } = suite.signature.keyPair(random(32));
    const leaf = random(suite.kem.publicBytes + leafBytesBesidesKey);
    return { publicKey, leaf, signature: suite.signature.sign(secretKey, leaf) };
  });
  return each("signatures", () => {
    for (const { publicKey, leaf, signature } of signed) {
      suite.signature.verify(publicKey, leaf, signature);
    }
  });
}

/** One contestant's times at every size of group, by verb. */
type Times = Map<Verb | "signatures", Timing>;

/** One group of every size, as it was freshly added and after every member has committed once. */
interface Trees {
  readonly fresh: readonly Built[];
  readonly warm: readonly Built[];
}

function buildTrees(suite: Suite): Trees {
  const fresh = sizes.map((size) => buildFresh(suite, size));
  return { fresh, warm: fresh.map(warmUp) };
}

async function ours(groups: readonly Built[]): Promise<Map<number, Times>> {
  // All sizes share their rounds, so that the ratios between them hold.
  const contestants = groups.flatMap((built) =>
    [...ourContestants(built), signatureChecks(built.suite, built.size)].map((contestant) => ({
      ...contestant,
      name: `${contestant.name} ${built.size}`,
    })),
  );
  const bySize = new Map<number, Times>(groups.map(({ size }) => [size, new Map()]));
  for (const timing of await interleave(contestants, {
    rounds: 11,
    turnMs: 15,
    clock: "cpu",
    warmMs: 100,
  })) {
    const [verb, size] = timing.name.split(" ") as [Verb, string];
    bySize.get(Number(size))?.set(verb, timing);
  }
  return bySize;
}

/** ts-mls in the very same tree: its seat takes the place of leaf 1, beside the founder. */
async function theirs(id: 3 | 0xf00e, built: Built): Promise<Times> {
  const suite = await oracleSuite(id);
  const own = await oracleKeyPackage(suite, utf8("oracle"), []);
  const made = commit(built.founder, { remove: [1], add: [own.bytes], random });
  const welcome = made.welcome as Uint8Array;
  const update = commit(made.pending, { random }).message;
  const newcomer = newPackage(built.suite, "newcomer").keyPackage;
  const group = await oracleJoin(suite, own, welcome);
  const contestants = [
    eachAwaited("commit", () => oracleCommit(group, {})),
    eachAwaited("process", () => oracleApply(group, update)),
    eachAwaited("add", () => oracleCommit(group, { add: [newcomer] })),
    eachAwaited("join", () => oracleJoin(suite, own, welcome)),
  ];
  oracleStates.set(built.size, group);
  // It takes seconds at 1,000 members: three rounds of one turn are enough for its place in the table.
  const rounds = built.size >= 1000 ? 1 : built.size >= 100 ? 3 : 7;
  const timings = await interleave(contestants, { rounds, turnMs: 1, clock: "cpu" });
  return new Map(timings.map((timing) => [timing.name as Verb, timing]));
}

const oracleStates = new Map<number, OracleGroup>();

function printTimes(
  title: string,
  columns: readonly { name: string; times: Map<number, Times> }[],
) {
  const header = [title, ...columns.map(({ name }) => name)];
  const rows = verbs.flatMap((verb) =>
    sizes.map((size) => [
      `${verb} at ${size}`,
      ...columns.map(({ times }) => {
        const timing = times.get(size)?.get(verb);
        return timing === undefined ? "" : duration(timing.micros);
      }),
    ]),
  );
  console.log(table([header, ...rows]));
}

/** The claims about growth and about the join, from one run. */
function judge(title: string, warm: Map<number, Times>): Verdict[] {
  const at = (size: number, verb: Verb | "signatures") => warm.get(size)?.get(verb) as Timing;
  const growth = (["commit", "process"] as const).map((verb) => {
    const times = ratio(at(1000, verb), at(10, verb));
    return {
      claim: `${verb} at 1,000 members against 10, every member committed once, ${title}`,
      target: "<= 4×",
      measured: `${times.toFixed(2)}×`,
      met: times <= 4,
    };
  });
  const join = ratio(at(1000, "join"), at(1000, "signatures"));
  return [
    ...growth,
    {
      claim: `join at 1,000 members against its 1,000 signature checks, ${title}`,
      target: "<= 2×",
      measured: `${join.toFixed(2)}×`,
      met: join <= 2,
    },
  ];
}

/** Bytes of a state in its three parts, before anybody has spoken and when everybody has. */
function printStates(title: string, groups: readonly Built[]): void {
  const rows = [
    [
      `state, ${title}`,
      "epoch",
      "secret tree",
      "ratchets",
      "tree + ratchets when all spoke",
      ...(oracleStates.size > 0 ? ["ts-mls, all in one"] : []),
    ],
  ];
  for (const built of groups) {
    const { reader, size } = built;
    const oracle = oracleStates.get(size);
    const spoken = afterAllSpoke(built);
    rows.push([
      `${size} members`,
      bytes(encodeEpoch(reader).length),
      bytes(encodeSecretTree(reader).length),
      bytes(encodeRatchets(reader).length),
      `${bytes(encodeSecretTree(spoken).length)} + ${bytes(encodeRatchets(spoken).length)}`,
      ...(oracle === undefined ? [] : [bytes(oracleBytes(oracle))]),
    ]);
  }
  console.log(table(rows));
}

async function run(): Promise<Verdict[]> {
  await ready();
  const classic = buildTrees(classicSuite);
  const warmClassic = await ours(classic.warm);
  const oracle = new Map<number, Times>();
  for (const built of classic.warm) oracle.set(built.size, await theirs(3, built));
  printTimes("every member has committed once, suite 3", [
    { name: "ours", times: warmClassic },
    { name: "ts-mls 1.6.4", times: oracle },
  ]);
  console.log("(an add of ts-mls carries no path and renews no key; ours does)");
  printStates("every member has committed once, suite 3", classic.warm);
  oracleStates.clear();

  const { fresh, warm } = buildTrees(xwingSuite);
  const timesWarm = await ours(warm);
  printTimes("X-Wing suite", [
    { name: "all committed", times: timesWarm },
    { name: "freshly added", times: await ours(fresh) },
  ]);
  printStates("every member has committed once, X-Wing suite", warm);
  printStates("freshly added, X-Wing suite", fresh);
  return [...judge("X-Wing suite", timesWarm), ...judge("suite 3", warmClassic)];
}

export const sections: readonly Section[] = [
  { name: "mls-groups", title: "commit, process, add, join and state by group size", run },
];
