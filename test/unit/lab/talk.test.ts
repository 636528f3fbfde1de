import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseScenario } from "#client/lab/scenario.ts";
import { trafficOf } from "#client/lab/scenario-schema.ts";
import { sayTalk } from "#client/lab/talk.ts";
import { guideScenario } from "./guide.ts";

const hourMs = 3_600_000;
const seeds = Array.from({ length: 40 }, (_, at) => at);
const secrets = { red_line: "the line", fallback: "the fallback" };

function talk(text: string, seed: number) {
  const scenario = parseScenario(text, "s.yaml");
  return sayTalk(scenario, trafficOf(scenario), seed, secrets);
}

describe("a talk by chance", () => {
  const text = guideScenario();
  const talks = seeds.map((seed) => talk(text, seed));
  const countOf = (channel: string) =>
    talks.map(
      (said) =>
        said.filter((line) => line.channel === channel && !/ says: /.test(line.text)).length,
    );
  const mean = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0) / counts.length;

  test("says as much as its rate in its active hours, and one at the beginning", () => {
    // 4 an hour over 16 active hours: 64 beside the first; the mean of 40 talks strays by 1.3.
    expect(Math.abs(mean(countOf("main")) - 65)).toBeLessThan(4 * (8 / Math.sqrt(seeds.length)));
    const squares = countOf("main").map((count) => (count - 65) ** 2);
    expect(mean(squares)).toBeGreaterThan(64 / 2);
    expect(mean(squares)).toBeLessThan(64 * 2);
  });

  test("says in another channel what its weight says, and as much among decoys", () => {
    expect(Math.abs(mean(countOf("aside")) - 33)).toBeLessThan(
      4 * (Math.sqrt(32) / Math.sqrt(seeds.length)),
    );
    expect(Math.abs(mean(countOf("decoy-2")) - 65)).toBeLessThan(4 * (8 / Math.sqrt(seeds.length)));
  });

  test("is silent outside its active hours, and one period is one session", () => {
    for (const said of talks) {
      for (const { channel, atMs, session } of said) {
        if (channel === "aside") continue;
        expect(atMs % (24 * hourMs)).toBeLessThan(10 * hourMs);
        expect(session).toBe(Math.floor(atMs / (24 * hourMs)) + 1);
      }
    }
  });

  test("somebody whose device is offline says nothing", () => {
    const hours = talks.flat().filter(({ channel, atMs }) => {
      const minute = (atMs / 60_000) % (24 * 60);
      return channel === "main" && minute >= 120 && minute < 420;
    });
    expect(hours.length).toBeGreaterThan(100);
    expect(hours.filter(({ actor }) => actor === "cai")).toEqual([]);
  });

  test("an intermediary says again what others say, so much later", () => {
    for (const said of talks.slice(0, 5)) {
      const heard = said.filter(({ channel, actor }) => channel === "main" && actor !== "bor");
      const carried = said.filter(({ text }) => / says: /.test(text));
      expect(carried.map(({ atMs }) => atMs)).toEqual(heard.map(({ atMs }) => atMs + 20 * 60_000));
      expect(carried.every(({ actor, channel }) => actor === "bor" && channel === "aside")).toBe(
        true,
      );
      expect(carried[0]?.text.endsWith(heard[0]?.text ?? "?")).toBe(true);
    }
  });

  test("a secret is told in the first message at or after its moment", () => {
    for (const said of talks) {
      const main = said.filter(({ channel }) => channel === "main");
      const told = main.find(({ text }) => text.includes(secrets.red_line));
      const first = main.find(({ atMs }) => atMs >= 128 * 60_000);
      expect(told).toBe(first);
    }
  });

  test("depends on the seed, and on nothing else", () => {
    expect(talk(text, 3)).toEqual(talks[3]);
    expect(talk(text, 4)).not.toEqual(talks[3]);
  });
});

test("a channel with a weight says more in the same sessions", () => {
  const good = readFileSync(
    new URL("../../../client/lab/scenarios/stolen-device.yaml", import.meta.url),
    "utf8",
  );
  const heavy = good.replace("members: [gus, hal] }", "members: [gus, hal], weight: 2.5 }");
  const count = (text: string) => talk(text, 1).filter(({ channel }) => channel === "decoy");
  expect(count(good)).toHaveLength(100);
  expect(count(heavy)).toHaveLength(250);
  const end = (text: string) => Math.max(...count(text).map(({ atMs }) => atMs));
  expect(Math.abs(end(heavy) - end(good))).toBeLessThan(60_000);
});
