import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifestOf } from "#client/lab/bundle.ts";
import { runScenario } from "#client/lab/door.ts";
import { metricValue } from "#client/lab/metrics.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import { parseScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { type Truth, truthSchema } from "#client/lab/truth.ts";
import { guideScenario } from "#test/unit/lab/guide.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-larger-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The guide's world, shorter and quieter, with other details. */
function world(...edits: readonly (readonly [string, string])[]): string {
  let text = guideScenario().replace("rate_per_hour: 4", "rate_per_hour: 2");
  text = text.replace("duration: 30h", "duration: 9h");
  for (const [from, to] of edits) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return text;
}

let stages = 0;
async function stage(text: string, seed = 1) {
  const scenario = parseScenario(text, "s.yaml");
  const rig = rigs.get("stolen-device");
  if (rig === undefined) throw new Error("there is such a rig");
  const out = join(root, `stage-${++stages}`);
  const settings = settingsOf(scenario, {});
  const { bundle, truth, cost } = await rig.stage({ scenario, seed, settings, out });
  return { bundle, truth: truthSchema.parse(truth), cost };
}

function counts({ messages }: Truth): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { channel } of messages) all[channel] = (all[channel] ?? 0) + 1;
  return all;
}

test("the guide's world runs, with its controls, and is read as far as the device goes", async () => {
  const path = join(root, "guide.yaml");
  await writeFile(path, world());
  const out = join(root, "guide");
  const run = await runScenario({ scenario: { path }, seed: 1, out, compare: false });
  expect(run.controls.filter(({ ok }) => !ok)).toEqual([]);
  expect(run.verdict).toBe("measured");
  // Nobody renews keys: everything behind the theft is read.
  expect(metricValue(run.baseline.metrics, "recovered.future.key")).toBe(1);
});

test("each relay's database holds the frames of its own channels, and decoys' among them", async () => {
  const { truth, cost } = await stage(world());
  const lakeside = await stage(world(["kind: relay-db,", "kind: relay-db, relay: lakeside,"]));
  const { main = 0, aside = 0, "decoy-1": one = 0, "decoy-2": two = 0 } = counts(truth);
  expect(Math.min(main, aside, one, two)).toBeGreaterThan(5);
  expect(counts(lakeside.truth)).toEqual(counts(truth));
  // Beside texts a log holds the commits of admissions, and each member's sign of having arrived.
  const others = 40;
  expect(cost.frames).toBeGreaterThanOrEqual(main + one + two);
  expect(cost.frames).toBeLessThan(main + one + two + others);
  expect(lakeside.cost.frames).toBeGreaterThanOrEqual(aside);
  expect(lakeside.cost.frames).toBeLessThan(aside + others);
  const { artefacts } = await manifestOf(lakeside.bundle);
  expect(artefacts.map(({ kind }) => kind)).toEqual(["device-state", "relay-db"]);
});

test("a device that is offline holds nothing of what is said meanwhile, and all once it is back", async () => {
  const device = (at: string) =>
    world(
      ["actors: [ada, bor]", "actors: [ada]"],
      ["actors: [cai]", "actors: [bor]"],
      // Who carries words wakes his device for it.
      ["  intermediaries:\n    - { actor: bor, from: main, to: aside, after: 20m }\n", ""],
      ["at: T+245", `at: ${at}`],
    );
  const read = async (at: string) => {
    const path = join(root, `at-${at}.yaml`);
    await writeFile(path, device(at));
    const out = join(root, `run-${at}`);
    const { baseline } = await runScenario({ scenario: { path }, seed: 1, out, compare: false });
    const { messages = [] } = baseline.talk ?? {};
    const theft = Number(at.slice(2)) * 60_000;
    const start = Math.min(...messages.map(({ atMs }) => atMs));
    const before = messages.filter(({ atMs }) => atMs - start < theft);
    const during = before.filter(({ atMs }) => atMs - start >= 120 * 60_000);
    const stored = (list: typeof messages) => list.filter(({ way }) => way === "stored").length;
    return {
      before: before.length,
      during: during.length,
      stored: stored(before),
      late: stored(during),
    };
  };
  const asleep = await read("T+419");
  expect(asleep.during).toBeGreaterThan(2);
  expect(asleep.late).toBe(0);
  expect(asleep.stored).toBe(asleep.before - asleep.during);
  const back = await read("T+421");
  expect(back.stored).toBe(back.before);
});

test("how devices sleep changes nothing of what is said and stored", async () => {
  const sleeping = await stage(world());
  const awake = await stage(world(["wakes_every: 30m", "wakes_every: 1s"]));
  const said = ({ truth }: { truth: Truth }) =>
    truth.messages.map(({ channel, from, text, atMs, epoch }) => [
      channel,
      from,
      text,
      atMs,
      epoch,
    ]);
  expect(said(sleeping)).toEqual(said(awake));
  expect(sleeping.cost).toEqual(awake.cost);
});
