import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readScript } from "#client/cli/demo-talk.ts";
import {
  formatDuration,
  parseDuration,
  parseDurationOrOff,
  slotLength,
} from "#client/cli/duration.ts";
import { relayAddress, vaultFolder } from "#client/cli/places.ts";
import { completeCode } from "#client/cli/prompts.ts";
import { invitationLink } from "#client/cli/qr.ts";
import { parseListen } from "#client/cli/relay.ts";
import { parseSize } from "#client/cli/size.ts";
import { errorLine } from "#client/cli/terminal.ts";
import { Failure, failureCodes } from "#shared/failure.ts";

describe("what a person is told", () => {
  test.each(failureCodes)("%s is one line and a hint, with its exit code", (code) => {
    const line = errorLine(new Failure(code, "the detail"));
    expect(line.message).toContain("the detail.");
    expect(line.message).not.toContain("\n");
    expect(line.hint).toMatch(/^\S[^\n]*[^.\s]$/);
    expect(line.exit).toBeGreaterThan(0);
  });
});

describe("sizes", () => {
  test.each([
    ["512", 512],
    ["4K", 4_096],
    ["500M", 524_288_000],
    ["2G", 2_147_483_648],
  ])("%s is read", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(["", "0", "-1", "1.5G", "2T", "2g", " 2G", "9999999999999", "999999999999G"])(
    "%j is refused",
    (text) => {
      expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );
});

describe("lengths of time", () => {
  test.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
  ])("%s is read, and written in its largest whole unit", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  });

  test.each(["", "5", "0s", "-1m", "1.5h", "1w", "h", " 1h", "9999999d"])(
    "%j is refused",
    (text) => {
      expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );

  test("off is no time at all", () => {
    expect(parseDurationOrOff("off")).toBeNull();
    expect([slotLength("on", undefined), slotLength("on", "1m")]).toEqual([10_000, 60_000]);
    expect(slotLength("off", undefined)).toBeNull();
    for (const [choice, every] of [
      ["off", "10s"],
      ["maybe", undefined],
      ["on", "often"],
    ] as const) {
      expect(() => slotLength(choice, every)).toThrow();
    }
  });
});

describe("typing a code", () => {
  test("Tab completes a word from its first letters and goes on to the next", () => {
    expect(completeCode("482913-tuli")).toEqual([["482913-tulip-"], "482913-tuli"]);
    expect(completeCode("482913 bamboo tulip zuc")[0]).toEqual(["482913 bamboo tulip zucchini"]);
  });

  test("nothing is offered for the number, or where no word fits", () => {
    expect(completeCode("4829")[0]).toEqual([]);
    expect(completeCode("482913-xyz")[0]).toEqual([]);
    expect(completeCode("482913-")[0]).toEqual([]);
  });
});

describe("places", () => {
  test("the environment says where the vault lies, and an empty variable says nothing", () => {
    expect(vaultFolder({ BACKCHANNEL_HOME: "/v" })).toBe("/v");
    expect(vaultFolder({ BACKCHANNEL_HOME: "", XDG_DATA_HOME: "/x" })).toBe("/x/backchannel");
    expect(vaultFolder({ XDG_DATA_HOME: "relative" })).toMatch(/\.local\/share\/backchannel$/);
    expect(relayAddress({})).toBe("127.0.0.1:7117");
  });

  test("the QR code holds relay and code", () => {
    expect(invitationLink("relay.example:443", "482913-a-b-c")).toBe(
      "backchannel:join?relay=relay.example%3A443&code=482913-a-b-c",
    );
  });

  test.each([
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["[::1]:7117", { host: "::1", port: 7117 }],
  ])("%s is an address to listen on", (text, listen) => {
    expect(parseListen(text)).toEqual(listen);
  });

  test.each(["7117", "host", "host:port", "host:70000", "::1:7117", ""])("%j is none", (text) => {
    expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

describe("a talk to demonstrate", () => {
  const write = (text: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), "backchannel-talk-")), "talk.jsonl");
    writeFileSync(file, text);
    return file;
  };

  test("the one that comes with the program names a theft and its healing", () => {
    const { members, victim, steps } = readScript(null);
    expect(members).toEqual(["Slate", "Heron", "Wren"]);
    expect(victim).toBe("Heron");
    const theft = steps.findIndex((step) => "event" in step && step.event === "theft");
    const heals = steps.findIndex(
      (step, at) => at > theft && "event" in step && step.event === "rotate" && step.by === victim,
    );
    expect(heals).toBeGreaterThan(theft);
  });

  test("one without a theft gets it in the middle, and heals two lines later", () => {
    const line = (from: string, at: number) => JSON.stringify({ from, text: `line ${at}` });
    const talk = [..."ABABABAB"].map(line).join("\n");
    const { steps, victim } = readScript(write(talk));
    expect(victim).toBe("B");
    expect(steps.map((step) => ("from" in step ? step.from : step.event)).join(" ")).toBe(
      "A B A B theft A B rotate A B",
    );
  });

  test.each([
    ["not JSON", "hello"],
    ["an unknown key", '{"from":"A","text":"x","colour":"red"}'],
    ["only one speaker", '{"from":"A","text":"x"}'],
    [
      "an event of somebody who never speaks",
      '{"from":"A","text":"x"}\n{"from":"B","text":"y"}\n{"event":"rotate","by":"C"}',
    ],
  ])("%s is refused with its place", (_, text) => {
    expect(() => readScript(write(text))).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining("talk.jsonl") }),
    );
  });
});
