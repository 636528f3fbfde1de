import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type ExerciseReplay, replayExercise, reportExercise } from "#client/lab/door.ts";
import {
  answer,
  beginExercise,
  measureChoices,
  nextPhase,
  tableAt,
} from "#client/lab/exercise/door.ts";
import { moveClock } from "#client/lab/exercise/facilitate.ts";
import { trials } from "./trial.ts";

const { edited, fresh } = trials();
const now = () => Date.UTC(2030, 0, 1);

let place: string;
const at = (...parts: string[]) => join(place, ...parts);
const record = () => at("record");

/** Two teams of three short sessions, with a choice measured and the report written. */
beforeAll(async () => {
  const path = await edited(
    "stolen-device",
    [/sessions: \d+/, "sessions: 3"],
    [/messages: \d+/, "messages: 3"],
    [/\[ada, bor, cai, dov, eli, fay\]/, "[ada, bor, cai]"],
    [/at: T\+245/, "at: T+62"],
    [/T\+425/, "T+121"],
    [/from: T\+243/, "from: T+60"],
    [/by: ada, at: T\+244/, "by: ada, at: T+61"],
    [/until: T\+247/, "until: T+63"],
    [/ {2}- \{ when: \{ (?!victim)[^\n]*\n/g, ""],
  );
  place = fresh();
  for (const team of ["blue", "red"]) {
    const folder = at(team);
    await beginExercise({
      ...{
        scenario: { path },
        team,
        folder,
        record: record(),
        seed: 3,
        minutes: null,
        now,
        prices: false,
      },
    });
  }
  const blue = await tableAt(at("blue"), now);
  await answer(blue, "guess", "60%");
  await nextPhase(blue);
  await answer(blue, "healer", "nobody");
  await nextPhase(blue);
  await answer(blue, "switches", "victim_updates=after-theft");
  await measureChoices(blue.exercise, { seeds: 1, now });
  // From here on red holds its evidence.
  await nextPhase(await tableAt(at("red"), now));
  await moveClock(blue.exercise, "end", 0, now);
  await reportExercise({ record: record(), matrix: null, out: at("record", "after-action"), now });
}, 300_000);

/** A replay without staging worlds anew; of all teams unless one's folder is named. */
const saved = (more: { team?: string; record?: string } = {}): Promise<ExerciseReplay> =>
  replayExercise({
    ...{ record: record(), team: null, report: null, matrix: null, stagesAnew: false, ...more },
  });

async function altered<T>(path: string, change: (text: string) => string, act: () => Promise<T>) {
  const before = await readFile(path);
  const after = change(before.toString("latin1"));
  expect(after).not.toBe(before.toString("latin1"));
  await writeFile(path, Buffer.from(after, "latin1"));
  try {
    return await act();
  } finally {
    await writeFile(path, before);
  }
}

const faults = ({ numbers }: ExerciseReplay) => numbers.filter(({ same }) => !same);

describe("a replay of an exercise", () => {
  test("brings every number again: attacks, prices, marks, hidden seeds and the report", async () => {
    const team = at("blue");
    const replayed = await replayExercise({
      ...{ record: record(), team, report: null, matrix: null, stagesAnew: true },
    });
    expect(faults(replayed)).toEqual([]);
    expect(replayed).toMatchObject({ same: true, teams: ["blue"], left: [] });
    const names = replayed.numbers.map(({ run, name }) => `${run}: ${name}`);
    expect(names).toContain("blue: recovered.fraction");
    expect(names).toContain("blue, staged anew: price: frameBytes");
    expect(names).toContain("blue, victim_updates=after-theft: recovered.future");
    expect(names.some((name) => /log line \d+: blue switches frameBytes/.test(name))).toBe(true);
    expect(names.some((name) => name.startsWith("after-action report"))).toBe(true);
  }, 300_000);

  test("refuses a byte that changed in the team's bundle, and names file and team", async () => {
    const path = at("blue", "evidence", "relay", "relay.sqlite");
    const flip = (text: string) => `${text.slice(0, -1)}${text.endsWith("x") ? "y" : "x"}`;
    await expect(altered(path, flip, () => saved({ team: at("blue") }))).rejects.toMatchObject({
      code: "integrity",
      message: /team blue: relay\/relay\.sqlite: is not what it was/,
    });
  });

  test("refuses a manifest whose attack was told otherwise", async () => {
    const path = at("blue", "evidence", "manifest.json");
    const change = (text: string) => text.replace(/"trials": \d+/, '"trials": 1');
    await expect(altered(path, change, () => saved({ team: at("blue") }))).rejects.toMatchObject({
      code: "integrity",
      message: /manifest\.json: is not what was handed out/,
    });
  });

  test("refuses another team's evidence in a team's folder, and says whose it is", async () => {
    const [own, kept] = [at("blue", "evidence"), at("kept")];
    await rename(own, kept);
    await cp(at("red", "evidence"), own, { recursive: true });
    const act = saved({ team: at("blue") });
    await expect(act).rejects.toMatchObject({
      code: "integrity",
      message: /is the evidence of team red/,
    });
    await rm(own, { recursive: true });
    await rename(kept, own);
  });

  test("refuses the run of another team in a record, and says whose it is", async () => {
    const [own, other] = [at("record", "teams", "blue"), at("record", "teams", "red")];
    const report = (folder: string) => join(folder, "run", "report.json");
    const theirs = await readFile(report(other), "latin1");
    const act = altered(
      report(own),
      () => theirs,
      () => saved(),
    );
    await expect(act).rejects.toMatchObject({ code: "integrity", message: /is of team red/ });
  });

  test("refuses a record in which the team is not", async () => {
    const path = at("blue", "exercise.json");
    const change = (text: string) => text.replace('"team": "blue"', '"team": "green"');
    const act = altered(path, change, () => saved({ team: at("blue") }));
    await expect(act).rejects.toMatchObject({
      code: "integrity",
      message: /team green.*this record has blue, red/,
    });
  });

  test("names every number that was changed by hand, in whatever file of the record", async () => {
    const own = (...parts: string[]) => at("record", ...parts);
    const changes: readonly [string, string | RegExp, string][] = [
      [own("teams", "blue", "run", "report.json"), /"value": [\d.]+/, '"value": 0.125'],
      [own("teams", "blue", "team.json"), /"value": [\d.]+/, '"value": 0.125'],
      [own("events.jsonl"), /("outcome":"right","earned":)\d+/, "$1999"],
      [own("events.jsonl"), '"atMs":0,"type":"phase"', '"atMs":1,"type":"phase"'],
      [own("after-action", "after-action.json"), '"predicted": "60%"', '"predicted": "99%"'],
    ];
    const all = changes.reduce<() => Promise<ExerciseReplay>>(
      (act, [path, from, to]) =>
        () =>
          altered(path, (text) => text.replace(from, to), act),
      () => saved({ team: at("blue") }),
    );
    const replayed = await all();
    expect(replayed.same).toBe(false);
    expect(replayed.left.join()).toMatch(/prices, and choices/);
    const names = faults(replayed).map(({ run, name }) => `${run}: ${name}`);
    expect(names).toContain("blue: recovered.fraction");
    expect(names).toContain("blue: answer sheets.guess.value");
    expect(names.some((name) => /^log line \d+: blue healer\.earned/.test(name))).toBe(true);
    expect(names.some((name) => /^log line \d+: exercise time/.test(name))).toBe(true);
    expect(names.some((name) => name.startsWith("after-action report: .predictions"))).toBe(true);
    // The report holds the hashes of what it was made from, so each file's change shows there too.
    expect(names.some((name) => name.startsWith("after-action report: .sources"))).toBe(true);
  });
});
