import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { start } from "./cli-process.ts";

interface DemoLine {
  readonly messages: number;
  readonly seizedRelay: { readonly read: number };
  readonly stolenDevice: {
    readonly epoch: number;
    readonly stored: number;
    readonly key: number;
    readonly unread: number;
    readonly healedBy: string;
    readonly byEpoch: readonly { name: number; hits: number; of: number }[];
  };
  readonly control: { readonly controls: readonly { readonly ok: boolean }[] };
  readonly evidence: { readonly database: string; readonly plaintextDatabase: string };
}

test("the demonstration plays a talk, measures both thefts and leaves its evidence", async () => {
  const { exit, lines, stderr } = await start(["demo", "--json"]).ended;
  expect(stderr).toBe("");
  expect(exit).toBe(0);
  const demo = lines.at(-1) as unknown as DemoLine;
  const { stolenDevice: device, evidence, messages } = demo;

  expect(demo.seizedRelay.read).toBe(0);
  expect(demo.control.controls.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(device.healedBy).toBe("Heron");
  expect(device.stored).toBeGreaterThan(0);
  expect(device.key).toBeGreaterThan(0);
  expect(device.stored + device.key + device.unread).toBe(messages);
  // After the victim's own update nothing is read, and everything before it was.
  const read = device.byEpoch.map(({ hits, of }) => hits / of);
  expect(read.at(-1)).toBe(0);
  expect(read.slice(0, -1).every((share) => share === 1)).toBe(true);

  const talk = readFileSync(new URL("../../client/cli/talks/oman.jsonl", import.meta.url), "utf8");
  const said = [...talk.matchAll(/"text":"([^"]+)"/g)].map(([, text]) => text as string);
  expect(said).toHaveLength(messages);
  const relay = readFileSync(evidence.database);
  const control = readFileSync(evidence.plaintextDatabase);
  for (const text of [...said, "Slate", "Heron", "Wren"]) {
    expect(relay.includes(text)).toBe(false);
    expect(control.includes(text)).toBe(true);
  }
  const folder = evidence.database.replace(/\/seized-relay\/.*$/, "");
  expect(existsSync(`${folder}/stolen-device/evidence/manifest.json`)).toBe(true);

  const bundle = `${folder}/stolen-device/evidence`;
  const again = await start(["lab", "attack", "stolen-device", bundle, "--json"]).ended;
  expect(again.exit).toBe(0);
  const findings = again.lines.at(-1) as { readonly read: readonly { readonly by: string }[] };
  expect(findings.read.filter(({ by }) => by === "stored")).toHaveLength(device.stored);
  rmSync(folder, { recursive: true, force: true });
}, 180_000);

test("help starts nothing and needs nothing", () => {
  const launcher = new URL("../../client/cli/launcher.js", import.meta.url).pathname;
  const help = execFileSync(process.execPath, [launcher, "--help"], {
    encoding: "utf8",
    env: { HOME: "/nonexistent", PATH: "" },
  });
  for (const verb of "open invite join pending approve deny send recv chat who status channels use rotate remove policy freeze renew leave timer wipe relay lab inspect demo".split(
    " ",
  )) {
    expect(help).toMatch(new RegExp(`^  ${verb}\\b`, "m"));
  }
});
