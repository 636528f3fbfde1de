import { beforeAll, describe, expect, test } from "vitest";
import { hearNewcomer, sayToNewcomer } from "#client/core/sponsor.ts";
import { ready } from "#client/crypto/sodium.ts";
import {
  begin,
  compared,
  groupWith,
  means,
  paired,
  random,
  refusalOf,
  vouch,
} from "./pairing-cast.ts";

beforeAll(ready);

describe("a first sponsor's side of a check", () => {
  const key = random(32);
  /** The bridge after it has told the newcomer of a check, and the newcomer's reply. */
  function relaying() {
    const told = vouch(groupWith([]).group);
    const { pair } = compared(paired(told), told, key);
    const relayed = {
      sponsor: key,
      leaf: 1,
      isAnswered: false,
      commitment: null,
      reveal: null,
      agreed: false,
    };
    const posts = pair.newcomer.pairings[0]?.posts.slice(3) as Uint8Array[];
    return { told, sponsor: { ...pair.sponsor, relayed: [relayed] }, posts };
  }

  test("takes commitment and reveal, each once and in order", () => {
    const { told, sponsor, posts } = relaying();
    const [commitment, reveal] = posts as [Uint8Array, Uint8Array];
    const committed = hearNewcomer(sponsor, commitment, told, means);
    expect(committed.relayed[0]?.commitment).toHaveLength(32);
    // The sponsor's nonce has not been passed on yet.
    const early = refusalOf(() => hearNewcomer(committed, reveal, told, means));
    expect(early).toContain("refused: check: a reveal that was not asked for");
    const answered = committed.relayed.map((one) => ({ ...one, isAnswered: true }));
    const revealed = hearNewcomer({ ...committed, relayed: answered }, reveal, told, means);
    expect(revealed.relayed[0]?.reveal).toHaveLength(32);
  });

  test("refuses an answer to a sponsor that has asked nothing", () => {
    const { told, sponsor, posts } = relaying();
    const nobody = { ...sponsor, relayed: [] };
    const refusal = refusalOf(() => hearNewcomer(nobody, posts[0] as Uint8Array, told, means));
    expect(refusal).toContain("refused: check: the newcomer answers nobody");
  });

  test("says nothing more after a Welcome or an end", () => {
    const { sponsor } = relaying();
    const ended = sayToNewcomer(sponsor, { v: 1, kind: "end", reason: "denied" }, random);
    expect(ended.isClosed).toBe(true);
    expect(sayToNewcomer(ended, begin(random(32)), random)).toBe(ended);
  });
});
