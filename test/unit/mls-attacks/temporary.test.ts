import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { type Suite, xwingSuite } from "#client/crypto/suite.ts";
import { checkCommit, type Group, retire, unprotect } from "#client/mls/group.ts";
import { type Cast, cast, groupOf, hear, make, refused, say } from "./cast.ts";

/*
 * A forged message makes its reader derive keys. Kept states do not change (order.test.ts), and the
 * keys do not stay in memory either: nothing tells the caller of them, so they go before the refusal.
 */

let all: Cast;

beforeAll(async () => {
  await ready();
  all = cast(["Heron", "Slate", "Finch", "Wren", "Crane"]);
});

/** A suite that remembers every secret it derived. */
function watched(): { suite: Suite; derived: Uint8Array[] } {
  const derived: Uint8Array[] = [];
  const expand: Suite["expand"] = (prk, info, length) => {
    const secret = xwingSuite.expand(prk, info, length);
    derived.push(secret);
    return secret;
  };
  return { suite: { ...xwingSuite, expand }, derived };
}

/** The last octet changed, which is in the tag of the content. */
const spoiled = (message: Uint8Array) => message.with(-1, (message.at(-1) as number) ^ 1);

/** Slate signs with Finch's key, so his message opens and its signature fails. */
function badlySigned(): Group {
  const slate = groupOf(all, "Slate");
  const { signatureSecret } = groupOf(all, "Finch").state;
  return { ...slate, state: { ...slate.state, signatureSecret } };
}

function leavesNothing(derived: readonly Uint8Array[]): void {
  expect(derived.length).toBeGreaterThanOrEqual(2);
  for (const secret of derived) expect(secret.some((octet) => octet !== 0)).toBe(false);
}

const lines = ["zero", "one", "two", "three"];

describe.each([
  {
    title: "whose content does not open",
    forge: () => say(groupOf(all, "Slate"), lines, all.random).messages.map(spoiled),
  },
  {
    title: "whose signature does not hold",
    forge: () => say(badlySigned(), lines, all.random).messages,
  },
])("a message $title leaves no derived key in memory", ({ forge }) => {
  test.each([0, 3])("at generation %i of a sender not heard before", (generation) => {
    const { suite, derived } = watched();
    const forged = forge()[generation] as Uint8Array;
    for (const state of [groupOf(all, "Heron"), retire(groupOf(all, "Heron"))]) {
      const reader = { ...state, suite };
      refused(() => unprotect(reader, forged), ["integrity"], reader);
      leavesNothing(derived.splice(0));
    }
  });

  test("in a chain that goes on, skipped or not, and the honest messages are read after it", () => {
    const { suite, derived } = watched();
    const forged = forge();
    const { messages } = say(groupOf(all, "Slate"), lines, all.random);
    const at = (index: number) => messages[index] as Uint8Array;
    let reader: Group = { ...groupOf(all, "Heron"), suite };
    reader = hear(hear(reader, at(0)).reader, at(2)).reader;
    for (const index of [1, 3]) {
      derived.length = 0;
      refused(() => unprotect(reader, forged[index] as Uint8Array), ["integrity"], reader);
      leavesNothing(derived);
    }
    expect(hear(reader, at(1)).text).toBe("one");
    expect(hear(reader, at(3)).text).toBe("three");
  });
});

test("a commit that does not open leaves no derived key in memory", () => {
  const { suite, derived } = watched();
  const heron = { ...groupOf(all, "Heron"), suite };
  const forged = spoiled(make(all, "Slate", {}).message);
  refused(() => checkCommit(heron, forged), ["integrity"], heron);
  leavesNothing(derived);
});
