import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { type Group, retire } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import { dice } from "#test/dice.ts";
import { oracleProtect } from "#test/oracle/ts-mls.ts";
import { type Cast, cast, change, groupOf, hear, imageOf, leafOf, refused, say } from "./cast.ts";
import { impersonate, infiltrate } from "./hostile.ts";

let all: Cast;

beforeAll(async () => {
  await ready();
  all = cast(["Heron", "Slate"]);
});

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`);

describe("a message that comes again", () => {
  test("is refused, at once and after others", () => {
    const { messages } = say(groupOf(all, "Heron"), lines(3), all.random);
    let slate = groupOf(all, "Slate");
    for (const message of messages) {
      slate = hear(slate, message).reader;
      refused(() => hear(slate, message), ["refused"], slate);
    }
    for (const message of messages) refused(() => hear(slate, message), ["refused"], slate);
  });

  test("is refused in the past epoch too", () => {
    const { messages } = say(groupOf(all, "Heron"), lines(2), all.random);
    const slate = hear(groupOf(all, "Slate"), messages[0] as Uint8Array).reader;
    let past = retire(slate);
    refused(() => hear(past, messages[0] as Uint8Array), ["refused"], past);
    past = hear(past, messages[1] as Uint8Array).reader;
    refused(() => hear(past, messages[1] as Uint8Array), ["refused"], past);
  });

  test("is refused in the next epoch", () => {
    const { messages } = say(groupOf(all, "Heron"), lines(1), all.random);
    const { after } = change(all, "Slate", {});
    const slate = groupOf(after, "Slate");
    refused(() => hear(slate, messages[0] as Uint8Array), ["refused"], slate);
  });

  test("is refused by its own author", () => {
    const { messages, speaker } = say(groupOf(all, "Heron"), lines(1), all.random);
    refused(() => hear(speaker, messages[0] as Uint8Array), ["refused"], speaker);
  });
});

describe("messages out of order", () => {
  test("are read in any order, each with its own text and generation", () => {
    const count = 50;
    const { messages } = say(groupOf(all, "Heron"), lines(count), all.random);
    let slate = groupOf(all, "Slate");
    for (const at of dice(50).some([...messages.keys()], count)) {
      const read = hear(slate, messages[at] as Uint8Array);
      expect([read.text, read.generation]).toEqual([`line ${at}`, at]);
      slate = read.reader;
    }
  });

  test("may skip as many generations as the bound says, and not one more", () => {
    const bound = limits.generationSkipMax;
    const { messages } = say(groupOf(all, "Heron"), lines(bound + 2), all.random);
    const slate = groupOf(all, "Slate");
    const failure = refused(
      () => hear(slate, messages[bound + 1] as Uint8Array),
      ["refused"],
      slate,
    );
    expect(failure.message).toMatch(/too far ahead/);
    const read = hear(slate, messages[bound] as Uint8Array);
    expect(read.text).toBe(`line ${bound}`);
    expect(hear(read.reader, messages[0] as Uint8Array).text).toBe("line 0");
  });

  test("leave at most so many keys behind as the bound says; the oldest go first", () => {
    const { generationSkipMax: skip, skippedKeysMax: kept } = limits;
    const jumps = Math.ceil((kept + 3) / skip);
    const { messages } = say(groupOf(all, "Heron"), lines(jumps * (skip + 1)), all.random);
    let slate = groupOf(all, "Slate");
    for (let jump = 1; jump <= jumps; jump++) {
      slate = hear(slate, messages[jump * (skip + 1) - 1] as Uint8Array).reader;
    }
    expect(jumps * skip - kept).toBe(skip);
    const gone = jumps * skip - kept;
    const oldest = refused(() => hear(slate, messages[gone - 1] as Uint8Array), ["refused"], slate);
    expect(oldest.message).toMatch(/used before|given up/);
    // The generation right behind the forgotten ones is the one that the first jump read.
    expect(hear(slate, messages[gone + 1] as Uint8Array).text).toBe(`line ${gone + 1}`);
    expect(keysHeld(slate)).toBe(kept);
  });
});

function keysHeld(group: Group): number {
  return [...group.chains.application.values()].reduce((sum, chain) => sum + chain.skipped.size, 0);
}

describe("a forged envelope", () => {
  test("does not burn the generation that it names", async () => {
    const { all: honest, mallory } = await infiltrate(["Heron", "Slate"]);
    const slate = groupOf(honest, "Slate");
    // Mallory derives Heron's message key as any member can, and cannot sign as Heron.
    const forged = await impersonate(mallory, leafOf(slate, "Heron"), "I resign");
    const failure = refused(() => hear(slate, forged), ["integrity"], slate);
    expect(failure.message).toMatch(/signature/);
    const { messages } = say(groupOf(honest, "Heron"), ["I stay"], honest.random);
    expect(hear(slate, messages[0] as Uint8Array)).toMatchObject({ text: "I stay", generation: 0 });
  });

  test("does not burn it in a past epoch either", async () => {
    const { all: honest, mallory } = await infiltrate(["Heron", "Slate"]);
    const slate = groupOf(honest, "Slate");
    const forged = await impersonate(mallory, leafOf(slate, "Heron"), "I resign");
    const { messages } = say(groupOf(honest, "Heron"), ["I stay"], honest.random);
    const past = retire(slate);
    refused(() => hear(past, forged), ["integrity"], past);
    expect(hear(past, messages[0] as Uint8Array).text).toBe("I stay");
  });

  test("in the name of a leaf that nobody holds is refused", async () => {
    const { all: honest, mallory } = await infiltrate(["Heron", "Slate"]);
    const slate = groupOf(honest, "Slate");
    const failure = refused(
      () => hear(slate, Uint8Array.from([])),
      ["malformed", "version"],
      slate,
    );
    expect(failure.message).not.toBe("");
    // Leaf 3 is blank in a tree of three members.
    const forged = await impersonate(mallory, 3, "boo");
    refused(() => hear(slate, forged), ["refused", "integrity"], slate);
  });

  test("leaves an honest message of the forger readable", async () => {
    const { all: honest, mallory } = await infiltrate(["Heron", "Slate"]);
    const slate = groupOf(honest, "Slate");
    const before = imageOf(slate);
    const { message } = await oracleProtect(mallory, utf8("hello"));
    expect(hear(slate, message)).toMatchObject({ text: "hello", sender: 2 });
    expect(imageOf(slate)).toBe(before);
  });
});
