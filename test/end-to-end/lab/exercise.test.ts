import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  answer,
  beginExercise,
  exportChallenges,
  measureChoices,
  nextPhase,
  openRecord,
  resetTeam,
  statusOf,
  tableAt,
} from "#client/lab/exercise/door.ts";
import { readTeam, teamKey } from "#client/lab/exercise/record.ts";
import { runAttack } from "#client/lab/run.ts";
import { hex } from "#shared/bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "exercise-"));
const record = join(folder, "record");
const small = join(folder, "small.yaml");
const now = () => Date.UTC(2030, 0, 1);

/** The scenario without the pairs of runs that its expectations want. */
function shortScenario(id = "stolen-device"): string {
  const text = readFileSync(
    new URL(`../../../client/lab/scenarios/${id}.yaml`, import.meta.url),
    "utf8",
  );
  const from = text.indexOf("expect:");
  const to = text.indexOf("questions:");
  return `${text.slice(0, from)}expect: []\n${text.slice(to)}`;
}

async function begin(team: string): Promise<string> {
  const place = join(folder, team);
  await beginExercise({
    ...{
      scenario: { path: small },
      team,
      folder: place,
      record,
      seed: 3,
      minutes: 75,
      now,
      prices: false,
    },
  });
  return place;
}

function filesUnder(place: string): string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
}

beforeAll(async () => {
  writeFileSync(small, shortScenario());
  await begin("blue");
}, 300_000);

/** The secret of a team's world, from the ground truth in the record. */
function secretOf(team: string): string {
  const path = join(record, "teams", team, "run", "truth.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { secrets: { fallback: string } }).secrets
    .fallback;
}

/** Nothing that a team holds gives an answer, the seed or the key away. */
async function expectNothingGivenAway(team: string): Promise<void> {
  const exercise = await openRecord(record);
  const { seed } = await readTeam(record, team);
  const key = teamKey(exercise, team);
  const needles = [
    Buffer.from(secretOf(team)),
    Buffer.from(String(seed)),
    Buffer.from(seed.toString(16)),
    Buffer.from(hex(key)),
    Buffer.from(key),
    Buffer.from(hex(exercise.secret)),
    Buffer.from(exercise.secret),
    Buffer.from("truth.json"),
    Buffer.from("heal.by"),
  ];
  const files = filesUnder(join(folder, team));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const bytes = readFileSync(file);
    for (const needle of needles) expect([file, bytes.includes(needle)]).toEqual([file, false]);
  }
}

describe("an exercise", () => {
  test("nothing in the team's folder gives an answer, the seed or the key away", async () => {
    await expectNothingGivenAway("blue");
  });

  test("the record is the facilitator's alone", () => {
    expect(statSync(record).mode & 0o777).toBe(0o700);
    expect(statSync(join(record, "exercise.json")).mode & 0o077).toBe(0);
  });

  test("the attack on the team's evidence gives the answer, and the answer is right", async () => {
    const bundle = join(folder, "blue", "evidence");
    const table = await tableAt(join(folder, "blue"), now);
    await answer(table, "guess", "1");
    // Before it has said what it expects, a team has nothing to look it up in.
    expect(existsSync(bundle)).toBe(false);
    await nextPhase(table);
    await expectNothingGivenAway("blue");
    const findings = await runAttack({ id: "stolen-device", bundle });
    const told = findings.read.filter(({ text }) => text.includes("we can live with"));
    const found = told.map(({ text }) => /live with (.*)\.$/.exec(text)?.[1]);
    expect(found).toContain(secretOf("blue"));
    expect((await answer(table, "secret", secretOf("blue"))).outcome).toBe("right");
    expect((await answer(table, "healer", "nobody")).outcome).toBe("right");
  });

  test("another team has another world and another answer", async () => {
    await begin("red");
    expect(secretOf("red")).not.toBe(secretOf("blue"));
    await expect(begin("red")).rejects.toThrow(/holds something|already/);
  }, 300_000);

  test("defences are measured on worlds that no team has, and over budget they are no answer", async () => {
    const blue = await tableAt(join(folder, "blue"), now);
    await nextPhase(blue);
    await answer(blue, "switches", "victim_updates=after-theft message_timer=30m");
    const red = await tableAt(join(folder, "red"), now);
    await nextPhase(red);
    await nextPhase(red);
    const over = answer(red, "switches", "others_update=each-session");
    await expect(over).rejects.toThrow(/over the budget: commits \+\d+ of 3/);
    const stop = new AbortController();
    stop.abort();
    const stopped = measureChoices(blue.exercise, { seeds: 1, now, signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ code: "interrupted" });
    const measured = await measureChoices(blue.exercise, { seeds: 1, now });
    const [ours, theirs] = measured;
    expect(ours?.after ?? 1).toBeLessThan(ours?.before ?? 0);
    expect(ours?.earned).toBeGreaterThan(0);
    expect(theirs).toBeUndefined();
    expect(await measureChoices(blue.exercise, { seeds: 1, now })).toEqual([]);
  }, 300_000);

  test("a reset lays out the same bytes again, in less than ten seconds, and answers begin anew", async () => {
    const place = join(folder, "blue");
    const listing = () =>
      filesUnder(join(place, "evidence")).map((file) => [file, readFileSync(file, "base64")]);
    const before = listing();
    expect(before.length).toBeGreaterThan(2);
    writeFileSync(join(place, "evidence", "planted"), "x");
    rmSync(join(place, "BRIEF.md"));
    const began = performance.now();
    await resetTeam(record, "blue", now);
    expect(performance.now() - began).toBeLessThan(10_000);
    const table = await tableAt(place, now);
    expect((await statusOf(table)).state).toMatchObject({ phase: "predict", earned: 0 });
    expect(existsSync(join(place, "evidence"))).toBe(false);
    await nextPhase(table);
    expect(listing()).toEqual(before);
  });

  test("a reset touches no folder that is not the team's", async () => {
    const place = join(folder, "red");
    writeFileSync(join(place, "exercise.json"), "{}");
    await expect(resetTeam(record, "red", now)).rejects.toThrow(/something else/);
    expect(readdirSync(place)).toContain("BRIEF.md");
  });

  test("CTFd gets challenges that ctfcli 0.1 takes, and is told what was left out", async () => {
    const out = join(record, "export");
    const { written, left } = await exportChallenges(await openRecord(record), "blue", out, now);
    expect(written).toEqual(["healer", "secret", "why_past"]);
    expect(left).toEqual(["guess", "past_range", "past_keys", "switches"]);
    const path = join(out, "stolen-device-secret", "challenge.yml");
    const challenge = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    expect(challenge).toMatchObject({ version: "0.1", type: "standard", state: "hidden" });
    expect(challenge.flags).toEqual([
      { type: "static", content: secretOf("blue"), data: "case_insensitive" },
    ]);
    expect(statSync(path).mode & 0o077).toBe(0);
  });
});

test("another world has another seed, and the one before is kept beside it", async () => {
  const place = join(folder, "moved");
  const desk = join(folder, "moved-record");
  const file = join(folder, "channels.yaml");
  writeFileSync(file, shortScenario("too-many-channels"));
  await beginExercise({
    ...{ scenario: { path: file }, team: "blue", folder: place, record: desk },
    ...{ seed: null, minutes: 5, now, prices: false },
  });
  const before = await readTeam(desk, "blue");
  const first = readFileSync(join(desk, "teams", "blue", "run", "truth.json"), "utf8");
  await answer(await tableAt(place, now), "guess", "0.5");
  await resetTeam(desk, "blue", now, {});
  const after = await readTeam(desk, "blue");
  expect([before.world, after.world]).toEqual([0, 1]);
  expect(after.seed).not.toBe(before.seed);
  expect(readFileSync(join(desk, "teams", "blue", "run-0", "truth.json"), "utf8")).toBe(first);
  expect(readFileSync(join(desk, "teams", "blue", "run", "truth.json"), "utf8")).not.toBe(first);
  const { state, events } = await statusOf(await tableAt(place, now));
  expect(state).toMatchObject({ phase: "predict", earned: 0 });
  expect(events.at(-1)).toMatchObject({ type: "team", reset: true, fresh: true });
}, 120_000);
