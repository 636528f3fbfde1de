import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { ActOffer } from "#client/lab/capstone/checks.ts";
import { actOffers, parseCapstone } from "#client/lab/capstone/load.ts";
import { choicesOf } from "#client/lab/capstone/run.ts";
import type { Act, Capstone } from "#client/lab/capstone/schema.ts";
import { type Facts, prepareAct } from "#client/lab/capstone/stage-act.ts";
import { parseScenario } from "#client/lab/scenario.ts";

const text = readFileSync(
  new URL("../../../../client/lab/capstones/oman-file.yaml", import.meta.url),
  "utf8",
);
let offers: ReadonlyMap<string, ActOffer>;
let oman: Capstone;

beforeAll(async () => {
  offers = await actOffers();
  oman = parseCapstone(text, "oman-file.yaml", offers);
});

describe("a capstone file with a mistake", () => {
  test.each([
    ["an unknown key", "minutes: 75", "minutes: 75\ncode: 1", /^f:6:1 code: unknown key$/],
    ["an unknown scenario", "scenario: canary-trap", "scenario: no-trap", /acts\.1\.scenario/],
    [
      "an unknown fact",
      "fact: pair.ident.n95, op",
      "fact: pair.ident.n99, op",
      /no fact "ident.n99"/,
    ],
    [
      "a fact of a later act",
      "fact: pair.ident.n95",
      "fact: proof.proof.genuine",
      /no earlier act/,
    ],
    [
      "an unknown value",
      'set: { marks: "16" }',
      'set: { marks: "17" }',
      /no such defence or value/,
    ],
    ["an unknown choice", "choice: marks, is", "choice: mark, is", /no such choice/],
    ["a choice made too late", "before: pair", "before: proof", /is made only after this act/],
    ["a stranger", "players: [Slate, Heron]", "players: [Slate, Nobody]", /not in the cast/],
    ["an alias", "minutes: 75", "minutes: &a 75", /anchors are not allowed/],
  ])("%s is refused with line and column", (_, from, to, message) => {
    const broken = text.replace(from, to);
    expect(broken).not.toBe(text);
    expect(() => parseCapstone(broken, "f", offers)).toThrow(message);
    expect(() => parseCapstone(broken, "f", offers)).toThrow(/^f:\d+:\d+ /);
  });
});

function actOf(id: string): Act {
  const act = oman.acts.find((each) => each.id === id);
  if (act === undefined) throw new Error(`no act ${id}`);
  return act;
}

/** The scenario of an act, with these choices and these facts of the acts before it. */
async function prepared(
  id: string,
  changes: Readonly<Record<string, string>>,
  facts: Readonly<Record<string, Facts>>,
) {
  const known = { choices: choicesOf(oman, changes), facts: new Map(Object.entries(facts)) };
  const act = await prepareAct(oman, actOf(id), known);
  return { ...act, scenario: parseScenario(act.text, `${id}.yaml`) };
}

describe("what is carried", () => {
  test("a pair that the log names in time: word by word, and six are asked", async () => {
    const act = await prepared("printed", {}, { pair: { "ident.n95": 12 } });
    expect(act.settings).toEqual({ marks: "16", leak: "verbatim" });
    expect(act.scenario.world.channels).toHaveLength(6);
  });

  test.each([21, null])(
    "a pair named after %s messages: in other words, and twelve",
    async (n95) => {
      const act = await prepared("printed", { marks: "64" }, { pair: { "ident.n95": n95 } });
      expect(act.settings).toEqual({ marks: "64", leak: "paraphrased" });
      expect(act.scenario.world.channels).toHaveLength(12);
    },
  );

  test("released keys reach the forger and the insider alike", async () => {
    for (const id of ["forged", "proof"]) {
      const kept = await prepared(id, {}, {});
      const released = await prepared(id, { release: "retired" }, {});
      expect(kept.scenario.defences.release?.default).toBe("none");
      expect(released.scenario.defences.release?.default).toBe("retired");
    }
  });

  test.each([
    ["Teasel", "Teasel", 2],
    ["nobody", "Teasel", 4],
    ["Umber", "Teasel", 4],
  ])("with %s accused, %s heard %i sessions", async (accused, leaker, sessions) => {
    const facts = { printed: { "first.accused": accused, "first.leakers": leaker } };
    const { scenario } = await prepared("proof", {}, facts);
    expect(scenario.world.traffic).toMatchObject({ sessions, messages: 10 });
    expect(scenario.world.actors.find(({ id }) => id === "cai")?.label).toBe(leaker);
  });

  test("a leaker whose name another has: they change names, and nobody is there twice", async () => {
    const facts = { printed: { "first.accused": "nobody", "first.leakers": "Heron" } };
    const { scenario } = await prepared("proof", {}, facts);
    const labels = scenario.world.actors.map(({ id, label }) => `${id} ${label}`);
    expect(labels).toEqual(["ada Slate", "bor Larch", "cai Heron"]);
  });
});

test("a choice or a value that is not there is refused", () => {
  expect(() => choicesOf(oman, { receipt: "off" })).toThrow(/no choice "receipt"/);
  expect(() => choicesOf(oman, { marks: "12" })).toThrow(/marks is one of 16, 64/);
});
