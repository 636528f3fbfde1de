import { beforeAll, describe, expect, test } from "vitest";
import { commitTo } from "#client/core/check.ts";
import { hearSponsor } from "#client/core/entering.ts";
import { agreeTo, openComparisons } from "#client/core/newcomer-check.ts";
import {
  openPairing,
  type PairingKeys,
  parsePairing,
  repliedSchema,
} from "#client/core/pairing.ts";
import { sayToNewcomer } from "#client/core/sponsor.ts";
import { ready } from "#client/crypto/sodium.ts";
import { type Group, member } from "#client/mls/group.ts";
import {
  begin,
  carry,
  code,
  compared,
  freshJoin,
  groupWith,
  identityOf,
  invitation,
  means,
  otherCode,
  paired,
  random,
  refusalOf,
  say,
  vouch,
  welcomeBy,
} from "./pairing-cast.ts";

beforeAll(ready);

const unshowable = "Heron\u001b[2J";

/** A whole join under the first sponsor's signature alone. */
function join(group: Group, sponsors: 1 | 2 = 1) {
  const pair = paired(vouch(group), sponsors);
  return say(pair, welcomeBy(group, pair)).entered;
}

const keyOf = (group: Group) => member(group, group.ownLeaf)?.signatureKey as Uint8Array;

/** A group of Slate and Heron, a newcomer that has checked Heron by words. */
function checked() {
  const { group, others } = groupWith([identityOf("Heron")]);
  const heron = others[0] as Group;
  const told = vouch(group);
  const { pair, words } = compared(paired(told), told, keyOf(heron));
  const newcomer = agreeTo(pair.newcomer, words.sponsor, means);
  return { group, heron, told, pair: { ...pair, newcomer } };
}

describe("a newcomer", () => {
  test("enters a group whose seats can all be shown", () => {
    const entered = join(groupWith([identityOf("Heron")]).group);
    expect(entered).toMatchObject({ admittedBy: [{ label: "Slate", check: "code" }] });
    expect(entered?.group.epoch).toBe(2n);
  });

  test.each([
    ["has a control character in a label", identityOf(unshowable), "refused: label: has a control"],
    ["turns the direction of a label", identityOf("He\u202eron"), "refused: label: has a control"],
    ["has an empty label", identityOf(""), "refused: label: 1 to 64 octets"],
    ["has an overlong label", identityOf("x".repeat(65)), "refused: label: 1 to 64 octets"],
    ["has a label that is no text", identityOf(7), "malformed: identity"],
    ["has no identity at all", new Uint8Array([1, 2, 3]), "malformed: identity"],
    ["has one label twice", identityOf("Slate"), "refused: group: two seats under one label"],
  ])("refuses a group that %s", (_what, identity, refusal) => {
    expect(refusalOf(() => join(groupWith([identity]).group))).toContain(refusal);
  });

  test("refuses a group of more seats than a channel has", () => {
    const crowd = Array.from({ length: 64 }, (_, at) => identityOf(`Seat ${at}`));
    expect(refusalOf(() => join(groupWith(crowd).group))).toBe(
      "refused: group: more than 64 seats",
    );
    expect(refusalOf(() => join(groupWith(crowd.slice(2)).group))).toBe("entered");
  });

  test("refuses a Welcome to another group than the code vouched for", () => {
    const { group } = groupWith([]);
    const pair = paired(vouch(group), 1);
    const other = welcomeBy(groupWith([]).group, pair);
    expect(refusalOf(() => say(pair, other))).toContain("auth: the Welcome is to another group");
  });

  test("hears nothing of a kind before its KeyPackage is asked for, and nothing that is no message", () => {
    const pair = paired(vouch(groupWith([]).group));
    const post = pair.sponsor.posts[2] as Uint8Array;
    expect(refusalOf(() => hearSponsor(pair.newcomer, 0, post, means))).toContain("integrity");
  });

  test.each([
    ["denied", "denied"],
    ["words", "auth"],
    ["code", "auth"],
    ["expired", "pending"],
    ["withdrawn", "denied"],
    ["archiver", "archiver"],
  ] as const)("is told why it ends: %s", (reason, failure) => {
    const pair = paired(vouch(groupWith([]).group));
    const end = { v: 1, kind: "end", reason } as const;
    expect(refusalOf(() => say(pair, end)).split(":")[0]).toBe(failure);
  });
});

describe("a newcomer that expects two sponsors", () => {
  test("is let in by a lone founder", () => {
    expect(refusalOf(() => join(groupWith([]).group, 2))).toBe("entered");
  });

  test("is not let in among several by the first sponsor alone", () => {
    const { group } = groupWith([identityOf("Heron")]);
    expect(refusalOf(() => join(group, 2))).toContain("auth: the first sponsor alone");
    expect(refusalOf(() => join(group, 1))).toBe("entered");
  });

  test("refuses, before it shows its KeyPackage, a channel in which one person admits", () => {
    const told = vouch(groupWith([]).group, { persons: 3, needed: 1 });
    expect(refusalOf(() => paired(told))).toContain("refused: one person alone");
    expect(refusalOf(() => paired(told, 1))).toBe("entered");
    expect(refusalOf(() => paired({ ...told, persons: 1 }))).toBe("entered");
  });

  test("asks for the second code where the channel wants two", () => {
    const told = vouch(groupWith([]).group, { check: "two-codes" });
    expect(refusalOf(() => paired(told))).toContain("usage: this channel asks for a code");
    expect(refusalOf(() => paired({ ...told, persons: 1, needed: 1 }))).toBe("entered");
  });

  test("is let in under the key of a sponsor whose words it has compared", () => {
    const { heron, pair } = checked();
    expect(say(pair, welcomeBy(heron, pair)).entered?.admittedBy).toEqual([
      { label: "Slate", check: "code" },
      { label: "Heron", check: "words" },
    ]);
  });

  test("is let in by nobody else, be it a member of that very group", () => {
    const { group, pair } = checked();
    const refusal = refusalOf(() => say(pair, welcomeBy(group, pair)));
    expect(refusal).toContain("auth: the first sponsor alone");
    const crowd = groupWith([identityOf("Heron"), identityOf("Gull")]);
    const alone = paired(vouch(crowd.group));
    const gull = crowd.others[1] as Group;
    const nobodys = refusalOf(() => say(alone, welcomeBy(gull, alone)));
    expect(nobodys).toContain("auth: the Welcome is signed by a key that nobody has vouched for");
  });

  test("is not let in by a sponsor before the words are compared", () => {
    const { group, others } = groupWith([identityOf("Heron")]);
    const heron = others[0] as Group;
    const told = vouch(group);
    const { pair } = compared(paired(told), told, keyOf(heron));
    const refusal = refusalOf(() => say(pair, welcomeBy(heron, pair)));
    expect(refusal).toContain("auth: the Welcome is signed by a key that nobody has vouched for");
  });

  test("refuses a sponsor that was called by another label than its seat bears", () => {
    const { group, others } = groupWith([identityOf("Gull")]);
    const gull = others[0] as Group;
    const told = vouch(group);
    const { pair, words } = compared(paired(told), told, keyOf(gull));
    const newcomer = agreeTo(pair.newcomer, words.sponsor, means);
    const refusal = refusalOf(() => say({ ...pair, newcomer }, welcomeBy(gull, pair)));
    expect(refusal).toContain("auth: a sponsor's seat bears another label");
  });
});

describe("the newcomer's side of a check", () => {
  const told = () => vouch(groupWith([]).group);
  const key = random(32);

  test("commits to its KeyPackage, the group and the sponsor's key, and opens that only later", () => {
    const terms = told();
    const begun = say(paired(terms), begin(key)).pair;
    expect(begun.newcomer.pairings[0]?.posts).toHaveLength(4);
    expect(openComparisons(means.suite, begun.newcomer)).toEqual([]);
    const { pair, subject, nonce } = compared(paired(terms), terms, key);
    const { keys, posts } = pair.newcomer.pairings[0] as (typeof pair.newcomer.pairings)[number];
    const said = posts.slice(3).map((post, at) => {
      const place = { role: "newcomer", index: 3 + at } as const;
      return parsePairing(repliedSchema, openPairing(keys as PairingKeys, place, post));
    });
    expect(said).toEqual([
      { v: 1, kind: "commitment", sponsor: key, commitment: commitTo(subject, nonce) },
      { v: 1, kind: "reveal", sponsor: key, nonce },
    ]);
  });

  test("shows its person the words that the sponsor has to type", () => {
    const terms = told();
    const { words, comparison } = compared(paired(terms), terms, key);
    expect(comparison).toEqual({ sponsor: key, by: "Heron", say: words.newcomer });
  });

  test("takes the sponsor's words as people type them, once", () => {
    const terms = told();
    const { pair, words } = compared(paired(terms), terms, key);
    const typed = words.sponsor.map((word) => word.slice(0, 3).toUpperCase());
    const agreed = agreeTo(pair.newcomer, typed, means);
    expect(openComparisons(means.suite, agreed)).toEqual([]);
    expect(agreeTo(agreed, typed, means)).toBe(agreed);
    expect(agreed.pairings[0]?.posts).toHaveLength(6);
  });

  test("takes the words of whichever sponsor reads first", () => {
    const terms = told();
    const other = random(32);
    const one = compared(paired(terms), terms, key);
    const two = compared(one.pair, terms, other);
    expect(openComparisons(means.suite, two.pair.newcomer)).toHaveLength(2);
    const agreed = agreeTo(two.pair.newcomer, two.words.sponsor, means);
    expect(agreed.checks.map((check) => check.agreed)).toEqual([false, true]);
    expect(openComparisons(means.suite, agreed)).toEqual([one.comparison]);
  });

  test("ends at words that differ, its own included", () => {
    const terms = told();
    const { pair, words } = compared(paired(terms), terms, key);
    for (const typed of [words.newcomer, [...words.sponsor].reverse()]) {
      const refusal = refusalOf(() => agreeTo(pair.newcomer, typed, means));
      expect(refusal).toContain("auth: the words differ");
    }
  });

  test("spends nothing on what cannot be words", () => {
    const terms = told();
    const { pair, words } = compared(paired(terms), terms, key);
    for (const typed of [[], words.sponsor.slice(1), ["qqq", "qqq", "qqq"]]) {
      const refusal = refusalOf(() => agreeTo(pair.newcomer, typed, means));
      expect(refusal).toContain("code-typo");
    }
    expect(agreeTo(pair.newcomer, words.sponsor, means).checks[0]?.agreed).toBe(true);
  });

  test("commits once for a sponsor: a second try is refused", () => {
    const pair = say(paired(told()), begin(key)).pair;
    expect(refusalOf(() => say(pair, begin(key)))).toContain("refused: check: one sponsor begins");
  });

  test("refuses a second nonce, and one that nothing asked for", () => {
    const terms = told();
    const { pair } = compared(paired(terms), terms, key);
    for (const sponsor of [key, random(32)]) {
      const again = { v: 1, kind: "nonce", sponsor, nonce: random(32) } as const;
      expect(refusalOf(() => say(pair, again))).toContain("refused: check: a nonce");
    }
  });

  test("refuses the first sponsor in the second one's place, and a label that cannot be shown", () => {
    const terms = told();
    const pair = paired(terms);
    const own = refusalOf(() => say(pair, begin(terms.signatureKey, "Heron")));
    expect(own).toContain("auth: the first sponsor cannot be the second one too");
    expect(refusalOf(() => say(pair, begin(key, unshowable)))).toContain("refused: label");
  });

  test("goes through so many checks and no more", () => {
    let pair = paired(told());
    for (let at = 0; at < 16; at++) pair = say(pair, begin(random(32))).pair;
    expect(refusalOf(() => say(pair, begin(key)))).toContain("refused: check: more than 16");
  });
});

describe("a newcomer with two codes", () => {
  const person = random(16);
  /** Both pairings as far as they come without each other, then as far as the KeyPackage. */
  function pairBoth(first: ReturnType<typeof vouch>, second: ReturnType<typeof vouch>, about = {}) {
    const newcomer = freshJoin({ codes: [code, otherCode] });
    const one = carry({ sponsor: invitation({ person }), newcomer }, first, 0);
    const fresh = { ...invitation({ person }, otherCode), ...about };
    const two = carry({ sponsor: fresh, newcomer: one.newcomer }, second, 1);
    const done = carry({ sponsor: one.sponsor, newcomer: two.newcomer }, first, 0);
    return { waiting: one, first: done, second: two };
  }
  function both() {
    const { group, others } = groupWith([identityOf("Heron")]);
    const heron = others[0] as Group;
    const told = vouch(group, { check: "two-codes" });
    return { group, heron, told, second: vouch(heron, { check: "two-codes" }) };
  }

  test("shows one KeyPackage to both sponsors, once both have said the same", () => {
    const { told, second } = both();
    const pair = pairBoth(told, second);
    expect(pair.waiting.sponsor.keyPackage).toBeNull();
    expect(pair.first.sponsor.keyPackage).toEqual(pair.second.sponsor.keyPackage);
    expect(pair.first.sponsor.keyPackage).not.toBeNull();
  });

  test("is let in under the second sponsor's key, whoever delivers the Welcome", () => {
    const { told, second, heron } = both();
    const pair = pairBoth(told, second);
    const admittedBy = [
      { label: "Slate", check: "code" },
      { label: "Heron", check: "code" },
    ];
    const welcome = welcomeBy(heron, pair.second);
    const posts = [pair.first, pair.second].map(({ sponsor }) => {
      return sayToNewcomer(sponsor, welcome, random).posts.at(-1) as Uint8Array;
    });
    for (const [at, post] of posts.entries()) {
      const { entered } = hearSponsor(pair.first.newcomer, at, post, means);
      expect(entered?.admittedBy).toEqual(admittedBy);
    }
  });

  test("is not let in under the first sponsor's key alone", () => {
    const { told, second, group } = both();
    const { first } = pairBoth(told, second);
    expect(refusalOf(() => say(first, welcomeBy(group, first)))).toContain(
      "auth: the first sponsor",
    );
  });

  test.each([
    ["another group", { group: random(32) }, {}],
    ["another label", {}, { label: "Gull" }],
    ["another person", {}, { person: random(16) }],
  ])("ends when the second sponsor names %s", (_what, change, about) => {
    const { told, second } = both();
    const refusal = refusalOf(() => pairBoth(told, { ...second, ...change }, about));
    expect(refusal).toContain("auth: the two sponsors name different");
  });

  test("ends when both codes are of one sponsor", () => {
    const { told } = both();
    expect(refusalOf(() => pairBoth(told, told))).toContain("auth: both codes are of one sponsor");
  });

  test("hears of checks from the first sponsor only", () => {
    const { told, second } = both();
    const pair = pairBoth(told, second);
    const post = sayToNewcomer(pair.second.sponsor, begin(random(32)), random).posts.at(-1);
    const refusal = refusalOf(() => hearSponsor(pair.first.newcomer, 1, post as Uint8Array, means));
    expect(refusal).toContain("refused: check: comes from another");
  });
});
