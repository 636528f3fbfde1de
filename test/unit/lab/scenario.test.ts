import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  builtInPaths,
  builtInScenarios,
  loadScenario,
  parseScenario,
} from "#client/lab/scenario.ts";
import { Failure } from "#shared/failure.ts";
import { guideScenario } from "./guide.ts";

const good = readFileSync(
  new URL("../../../client/lab/scenarios/stolen-device.yaml", import.meta.url),
  "utf8",
);

/** The detail of the refusal of a changed scenario; the position is worked out from the changed text. */
function refusal(text: string): string {
  try {
    parseScenario(text, "s.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).code).toBe("malformed");
    return (error as Failure).message;
  }
  throw new Error("the scenario was accepted");
}

function lineOf(text: string, needle: string): number {
  const at = text.split("\n").findIndex((line) => line.includes(needle));
  expect(at).toBeGreaterThan(-1);
  return at + 1;
}

const large = guideScenario();

describe("the world of a scenario file", () => {
  test("the guide's larger world loads, with its decoys", () => {
    const { world } = parseScenario(large, "s.yaml");
    expect(world.channels.map(({ id }) => id)).toEqual(["main", "aside", "decoy-1", "decoy-2"]);
    expect(world.actors).toHaveLength(9);
    expect(new Set(world.actors.map(({ label }) => label)).size).toBe(9);
  });

  test.each([
    ["rate_per_hour: 4", "rate_per_hour: 0", "world.traffic.rate_per_hour: "],
    ["duration: 30h", "duration: 30d", "world.traffic.duration: expected a duration"],
    ["duration: 30h", "duration: 0h", "world.traffic.duration: expected more than nothing"],
    ["active: 10h", "active: 25h", "world.traffic.active: must be no longer than every"],
    ["active: 10h", "spacing: 1m", "world.traffic.spacing: unknown key"],
    ["rate_per_hour: 4", "rate_per_hour: 600", "accepted"],
    ["duration: 30h", "duration: 9999h", "accepted"],
    ["decoys: 2", "decoys: 17", "world.decoys: "],
    ["id: aside,", "id: decoy-1,", "world.channels.1.id: is a name that decoys get"],
    ["id: eli,", "id: decoy-1a,", "world.actors.4.id: is a name that decoys get"],
    ["weight: 0.5", "weight: 0", "world.channels.1.weight: "],
    ["relay: lakeside", "relay: Lake", "world.channels.1.relay: expected a lower-case name"],
    ["wakes_every: 30m", "wakes_every: 0s", "world.devices.0.wakes_every: expected more"],
    ["[ada, bor], wakes_every: 30m", "[ada, bor]", "world.devices.0: says nothing"],
    ["[ada, bor], wakes", "[ada, zoe], wakes", 'world.devices.0.actors.1: no actor "zoe"'],
    ["- actors: [cai]", "- actors: [bor]", 'world.devices.1.actors.0: "bor" has a device already'],
    ["until: T+420", "until: T+120", "world.devices.1.offline.until: must be after from"],
    ["until: T+420, every: 24h", "until: T+420, every: 5h", "world.devices.1.offline.every: must"],
    ["actor: bor, from: main", "actor: ada, from: main", "world.intermediaries.0.to: "],
    ["to: aside", "to: nowhere", "world.intermediaries.0.to: no such channel"],
    ["to: aside", "to: main", "world.intermediaries.0.to: must be another channel"],
    ["kind: relay-db,", "kind: relay-db, relay: hill,", "adversary.gets.1.relay: no channel has"],
    ["at: T+245, locked", "relay: lakeside, at: T+245, locked", "adversary.gets.0.relay: is of a"],
  ])("%s → %s", (from, to, fault) => {
    const text = large.replace(from, to);
    expect(text).not.toBe(large);
    if (fault === "accepted") {
      expect(parseScenario(text, "s.yaml").id).toBe("stolen-device");
      return;
    }
    const first = refusal(text)
      .split("\n")
      .find((line) => line.includes(fault));
    expect(first).toBeDefined();
    const line = lineOf(text, to.trim().split("\n").at(-1) ?? "");
    expect(Math.abs(Number(first?.split(":")[1]) - line)).toBeLessThanOrEqual(2);
  });

  test("more messages than a world can hold are refused", () => {
    const text = large.replace("rate_per_hour: 4", "rate_per_hour: 600").replace("30h", "900h");
    const line = lineOf(text, "rate_per_hour");
    expect(refusal(text)).toBe(
      `s.yaml:${line}:5 world.traffic.rate_per_hour: more than 20,000 messages a channel`,
    );
  });

  test.each([
    ["decoys", "decoys: 1"],
    ["devices", "devices: [{ actors: [p1], wakes_every: 1m }]"],
  ])("an attack that builds its own world refuses %s", async (name, line) => {
    const path = (await builtInPaths()).get("too-many-channels") ?? "";
    const text = readFileSync(path, "utf8").replace(/^world:$/m, `world:\n  ${line}`);
    expect(refusal(text)).toContain(`world.${name}: the worlds of this attack are not played`);
  });

  test("an uplink that stalls is not played with devices that sleep", () => {
    const held =
      "held: [{ actor: ada, from: T+1, until: T+9, messages: 1, commit: { by: cai, at: T+5 } }]";
    const text = large.replace("  decoys: 2", `  decoys: 2\n  ${held}`);
    expect(refusal(text)).toContain(
      `s.yaml:${lineOf(text, "  devices:")}:3 world.devices: uplinks that stall`,
    );
  });

  test("two relays' databases are one too many", () => {
    const text = large.replace(
      "  gets:\n",
      "  gets:\n    - { id: more, kind: relay-db, relay: lakeside, at: end }\n",
    );
    expect(refusal(text)).toContain("adversary.gets.2.relay: one relay's database, not several");
  });
});

describe("a scenario file", () => {
  test("the scenarios of the lab load, each under its own name", async () => {
    const scenarios = await builtInScenarios();
    const files = [...(await builtInPaths()).keys()];
    expect(scenarios.map((each) => each.id)).toEqual(files);
    expect(files).toContain("stolen-device");
    expect((await loadScenario({ id: "seized-relay" })).world.channels).toHaveLength(4);
  });

  test("times come out in milliseconds", () => {
    const scenario = parseScenario(good, "s.yaml");
    expect(scenario.adversary.gets[0]?.at).toBe(245 * 60_000);
    expect(scenario.attack.budget.wall).toBe(300_000);
  });

  test("an attack input that was not obtained is refused with line, column and keys", () => {
    const text = good.replace("inputs: [img, db]", "inputs: [img, wire]");
    const line = lineOf(text, "inputs: [img, wire]");
    expect(refusal(text)).toBe(
      `s.yaml:${line}:17 attack.inputs.1: attack input "wire" is not in adversary.gets`,
    );
  });

  test.each([
    ["an unknown key at the top", "minutes: 20", "minutes: 20\ncolour: red", "colour: unknown key"],
    ["an unknown risk", "risk: [information-leak,", "risk: [gossip,", "risk.0:"],
    ["a member who is nobody", "members: [ada, bor,", "members: [ada, zoe,", 'no actor "zoe"'],
    ["a default that is no value", "default: never", "default: often", "not among the values"],
    ["a defence that no world knows", "victim_updates:\n", "magic:\n", "no defence of this rig"],
    ["a fact that nothing makes", "fact: heal.by", "fact: heal.who", "questions.1.answer.fact"],
    [
      "a metric that is not listed",
      "metric: recovered.past,",
      "metric: leak.mi,",
      "expect.17.metric",
    ],
    ["a held uplink of a stranger", "- actor: cai", "- actor: gus", "world.held.0.actor"],
    ["a commit by the held member", "{ by: ada,", "{ by: cai,", "world.held.0.commit.by"],
    ["a commit outside the hold", "until: T+247", "until: T+244", "world.held.0.commit.at"],
    ["a hold without an end", "until: T+247", "until: end", "expected T+minutes"],
    ["a stranger from whom the relay hides", "_from: bor", "_from: gus", "world.late_hidden_from"],
    ["a number of epochs that is none", '["0", "1", "4", "8"]', '["0", "1", "9"]', "late_epochs"],
    ["a hint that costs too much", "cost_pct: 20,", "cost_pct: 61,", "questions.1.hints"],
    ["a comma that makes a second key", "cost_pct: 20,", "cost_pct: 20, not only,", "not only"],
    ["another version of the format", "schema: leaklab/1", "schema: leaklab/2", "schema"],
    ["an id that leaves its folder", "id: stolen-device", "id: ../../etc/passwd", "id:"],
    [
      "a device that is nobody's",
      "kind: device-state, actor: bor,",
      "kind: device-state,",
      "actor",
    ],
  ])("%s is refused by its keys", (_, before, after, expected) => {
    const text = good.replace(before, after);
    expect(text).not.toBe(good);
    const message = refusal(text);
    expect(message).toContain(expected);
    expect(message).toMatch(/^s\.yaml:\d+:\d+ /);
  });

  test.each([
    [
      "malicious-relay",
      "a half that is everybody",
      "half: [cai, dov]",
      "half: [ada, bor, cai, dov]",
    ],
    ["malicious-relay", "a victim outside the channel", "victim: bor", "victim: gus"],
    ["malicious-relay", "a stranger in a half", "half: [cai, dov]", "half: [cai, hal]"],
    [
      "wrong-person",
      "a guest who is in already",
      "  guest:\n    actor: gus",
      "  guest:\n    actor: dov",
    ],
    ["wrong-person", "one person as both sponsors", "second: bor", "second: ada"],
    ["wrong-person", "a sponsor who is not in", "sponsor: ada", "sponsor: gus"],
  ])("%s: %s is refused by its keys", async (id, _, before, after) => {
    const source = new URL(`../../../client/lab/scenarios/${id}.yaml`, import.meta.url);
    const text = readFileSync(source, "utf8");
    expect(text).toContain(before);
    expect(refusal(text.replace(before, after))).toMatch(/^s\.yaml:\d+:\d+ world\.(relay|guest)\./);
  });

  test("aliases and anchors are refused, so nothing can be blown up", () => {
    const text = good.replace("linddun: [Data disclosure]", "linddun: &a [Data disclosure]\nx: *a");
    expect(refusal(text)).toMatch(/s\.yaml:\d+:\d+ a(lia|nchor)/);
  });

  test("a tag is refused", () => {
    expect(refusal(good.replace("seed: random", "seed: !!js/function random"))).toContain(
      "s.yaml:",
    );
  });

  test("a file nested a thousand deep is refused before it is parsed", () => {
    expect(refusal(`x: ${"[".repeat(1_000)}`)).toContain("nested deeper");
    expect(refusal(`${"- ".repeat(1_000)}x`)).toContain("nested deeper");
  });

  test("a huge file is refused", () => {
    expect(refusal(`${good}\n# ${"x".repeat(200_000)}`)).toContain("larger than a scenario");
  });

  test("a duplicate key is refused", () => {
    expect(refusal(`${good}\nminutes: 20\n`)).toMatch(/unique/);
  });

  test("a scenario that is not there is named, with those that are", async () => {
    await expect(loadScenario({ id: "no-such" })).rejects.toThrow(
      /there are .*malicious-relay, .*stolen-device/,
    );
    await expect(loadScenario({ id: "../truth" })).rejects.toThrow(/lower-case/);
  });
});
