import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manifestOf } from "#client/lab/bundle.ts";
import { choicesOf, runCapstone, sideBySide, writeCapstone } from "#client/lab/capstone/door.ts";
import { actOffers, parseCapstone } from "#client/lab/capstone/load.ts";
import type { CapstoneResult } from "#client/lab/capstone/run.ts";
import { replayCapstone } from "#client/lab/door.ts";

/** The last two acts of the Oman file, in which the one choice helps here and harms there. */
const text = `schema: leaklab-capstone/1
id: two-acts
title: Two acts
version: 1.0.0
minutes: 20
summary: A line is added, and the rest can be proven. <script>alert(1)</script>
choices:
  release:
    before: forged
    prompt: Are retired signature keys published?
    values: [none, retired]
    default: none
acts:
  - id: forged
    scenario: forged-excerpt
    title: A line is added
    players: [Slate, Heron]
    shows: [forged.accepted]
  - id: proof
    scenario: leak-that-proves-itself
    title: The rest is proven
    players: [Slate, Heron]
    shows: [deny.advantage]
carries:
  - to: forged
    when: [{ choice: release, is: retired }]
    set: { release: retired }
    why: Anybody can sign with a key that was published.
  - to: proof
    when: [{ choice: release, is: retired }]
    set: { release: retired }
    why: What anybody can sign proves nothing.
  - to: proof
    when: [{ fact: forged.forged.accepted, op: ">=", than: 0.5 }]
    world: { traffic: { sessions: 3 } }
    why: Who cannot refute the line goes home early.
limits: [Two acts are no story.]
prompts: [Which comes first?]
`;

let root: string;
let result: CapstoneResult;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-capstone-"));
  const capstone = parseCapstone(text, "two-acts.yaml", await actOffers());
  const choices = choicesOf(capstone, {});
  result = await runCapstone({ capstone, seed: 3, choices, out: join(root, "run") });
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("each act is measured on evidence of its own, as chosen and the other way round", async () => {
  const courses = [result.chosen, ...result.counterfactual];
  expect(courses.map(({ name }) => name)).toEqual(["as chosen", "release=retired"]);
  for (const { acts } of courses) {
    expect(acts.map(({ act }) => act)).toEqual(["forged", "proof"]);
    for (const { out, scenario } of acts) {
      expect((await manifestOf(join(out, "evidence"))).attack.algorithm).toBe(scenario);
    }
  }
});

test("published keys end the proof, and with it the refutation of what was never said", () => {
  const [kept, released] = [result.chosen, result.counterfactual[0]].map((course) => {
    const [forged, proof] = course?.acts ?? [];
    return [forged?.facts["forged.accepted"], proof?.facts["deny.advantage"]];
  });
  expect(kept).toEqual([0, 1]);
  expect(released).toEqual([1, 0]);
});

test("a fact of an earlier act changes a later one, and says why", () => {
  const [, kept] = result.chosen.acts;
  const [, released] = result.counterfactual[0]?.acts ?? [];
  expect(kept?.why).toEqual([]);
  expect(released?.why).toContain("Who cannot refute the line goes home early.");
});

test("the report sets the courses side by side, and runs nothing", async () => {
  const { rows } = sideBySide(result);
  expect(rows.length).toBe(2);
  const { html, json } = await writeCapstone(result, join(root, "report"));
  const page = await readFile(html, "utf8");
  expect(page).toContain("release=retired");
  expect(page).not.toContain("<script");
  expect(JSON.parse(await readFile(json, "utf8"))).toMatchObject({ type: "lab-capstone", seed: 3 });
});

describe("a replay of a capstone", () => {
  const folder = () => join(root, "run");

  test("brings the numbers of every act of every course again", async () => {
    await writeCapstone(result, folder());
    const replayed = await replayCapstone(folder());
    expect(replayed.numbers.filter(({ same }) => !same)).toEqual([]);
    const runs = [...new Set(replayed.numbers.map(({ run }) => run))];
    expect(runs).toEqual([
      ...["as chosen, forged", "as chosen, proof"],
      ...["release=retired, forged", "release=retired, proof"],
    ]);
  });

  test("names a number that was changed by hand, by course and act", async () => {
    await writeCapstone(result, folder());
    const path = join(folder(), "capstone.json");
    const report = JSON.parse(await readFile(path, "utf8")) as CapstoneResult;
    const [forged] = report.chosen.acts;
    Object.assign(forged?.facts ?? {}, { "forged.accepted": 0.5 });
    await writeFile(path, JSON.stringify(report));
    const { numbers, same } = await replayCapstone(folder());
    expect(same).toBe(false);
    expect(numbers.filter((number) => !number.same)).toMatchObject([
      { run: "as chosen, forged", name: "facts.forged.accepted", recorded: 0.5, replayed: 0 },
    ]);
  });

  test("refuses evidence that was changed, or that lies elsewhere", async () => {
    await writeCapstone(result, folder());
    const path = join(folder(), "capstone.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/("sha256": ")./, "$1x"));
    await expect(replayCapstone(folder())).rejects.toMatchObject({ code: "integrity" });
    await writeFile(path, text.replaceAll(`"out": "${folder()}/`, '"out": "/etc/'));
    await expect(replayCapstone(folder())).rejects.toMatchObject({ code: "malformed" });
    await expect(replayCapstone(root)).rejects.toMatchObject({ code: "not-found" });
  });
});
