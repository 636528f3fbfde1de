import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { harvestNow as attack, harvestClaims } from "#client/lab/attacks/harvest-now.ts";
import { type OracleFile, oracleSchema } from "#client/lab/attacks/oracle.ts";
import type { Artefact, Evidence } from "#client/lab/evidence.ts";
import { harvestNow as rig } from "#client/lab/rigs/harvest-now.ts";
import { type HarvestTruth, harvestTruth } from "#client/lab/rigs/harvest-world.ts";
import { loadScenario } from "#client/lab/scenario.ts";
import { settingsOf } from "#client/lab/settings.ts";
import { base64url, unbase64url, utf8 } from "#shared/bytes.ts";

interface Captured {
  readonly lines: readonly string[];
  readonly oracle: OracleFile;
  readonly truth: HarvestTruth;
}

let root = "";
let classic: Captured;
let xwing: Captured;

async function staged(suite: string): Promise<Captured> {
  const scenario = await loadScenario({ id: "harvest-now" });
  const settings = settingsOf(scenario, { suite });
  const { bundle, truth } = await rig.stage({
    scenario,
    seed: 1,
    settings,
    out: join(root, suite),
  });
  const lines = await readFile(join(bundle, "wire", "recording.jsonl"), "utf8");
  const oracle = await readFile(join(bundle, "oracle", "keys.json"), "utf8");
  return {
    lines: lines.split("\n").filter((line) => line !== ""),
    oracle: oracleSchema.parse(JSON.parse(oracle)),
    truth: harvestTruth.parse(truth),
  };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "harvest-"));
  [classic, xwing] = [await staged("x25519"), await staged("xwing")];
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Evidence in memory: what an attack gets of it, and no more. */
function evidenceOf(files: { wire?: string; oracle?: string }): Evidence {
  const artefacts = (["wire", "oracle"] as const).flatMap((kind): Artefact[] => {
    if (files[kind] === undefined) return [];
    const file = { path: kind, bytes: 0, sha256: "" };
    return [{ id: kind, kind, actor: null, at: "", note: "", files: [file] }];
  });
  return {
    manifest: null as never,
    artefacts: (kind) => artefacts.filter((each) => each.kind === kind),
    read: async (path) => utf8(files[path as "wire" | "oracle"] ?? ""),
    openDatabase: () => Promise.reject(new Error("no database")),
  };
}

const budget = { trials: 1, params: { thinned: [], rounds: 1 } };

async function reading({ lines, oracle }: Pick<Captured, "lines" | "oracle">) {
  const files = { wire: `${lines.join("\n")}\n`, oracle: JSON.stringify(oracle) };
  const findings = await attack(evidenceOf(files), budget, () => {});
  const ids = new Set(findings.read.map(({ id }) => id));
  return { findings, claims: harvestClaims.parse(findings.claims), read: ids.size };
}

/** The same line with one bit of its bytes changed. */
function flipped(line: string): string {
  const parsed = JSON.parse(line);
  const bytes = unbase64url(parsed.bytes)?.slice() ?? new Uint8Array(1);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] as number) ^ 1;
  return JSON.stringify({ ...parsed, bytes: base64url(bytes) });
}

describe("the long memory", () => {
  test("reads every text of an X25519 channel, with its author and epoch", async () => {
    const { findings, claims } = await reading(classic);
    const texts = findings.read.map(({ text }) => text);
    expect(texts).toEqual(classic.truth.texts.map(({ text }) => text));
    expect(new Set(findings.read.map(({ from }) => from))).toEqual(
      new Set(["Slate", "Heron", "Otter"]),
    );
    expect(claims.doors).toEqual({ seen: 2, opened: 2, entered: 2, half: 0 });
    expect(claims.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("of X-Wing's it opens the joins and not one Welcome", async () => {
    const { claims, read, findings } = await reading(xwing);
    expect(claims.doors).toEqual({ seen: 2, opened: 2, entered: 0, half: 2 });
    expect(read).toBe(0);
    expect(findings.labels).toEqual(["Heron", "Otter"]);
  });

  test.each<readonly [string, (oracle: OracleFile) => OracleFile]>([
    ["no logarithm of a join", (oracle) => ({ ...oracle, ristretto255: [] })],
    ["no key of a KEM", (oracle) => ({ ...oracle, x25519: [] })],
    [
      "each key's secret beside another's public part",
      (oracle) => ({
        ...oracle,
        x25519: oracle.x25519.map((each, at) => ({
          public: each.public,
          secret: (oracle.x25519.at(at - 1) ?? each).secret,
        })),
      }),
    ],
  ])("with %s nothing is read", async (_, change) => {
    const { read } = await reading({ ...classic, oracle: change(classic.oracle) });
    expect(read).toBe(0);
  });

  test("a missing line or logarithm never gives more, and what is read was said", async () => {
    const said = new Map(classic.truth.texts.map(({ id, text }) => [id, text]));
    let closed = 0;
    for (const [at] of classic.lines.entries()) {
      const lines = classic.lines.filter((_, index) => index !== at);
      const { read, findings } = await reading({ ...classic, lines });
      expect(read).toBeLessThanOrEqual(said.size);
      if (read < said.size - 1) closed += 1;
      for (const { id, text } of findings.read) expect(said.get(id ?? "")).toBe(text);
    }
    // Some lines carry more than their own text: joins and commits.
    expect(closed).toBeGreaterThan(3);
    const without = classic.oracle.x25519.slice(1);
    const { read } = await reading({ ...classic, oracle: { ...classic.oracle, x25519: without } });
    expect(read).toBeLessThanOrEqual(said.size);
  });

  test("a line with a changed bit is closed, and never reads as something else", async () => {
    const said = new Map(classic.truth.texts.map(({ id, text }) => [id, text]));
    for (const [at, line] of classic.lines.entries()) {
      const lines = classic.lines.with(at, flipped(line));
      const { findings } = await reading({ ...classic, lines });
      for (const { id, text } of findings.read) expect(said.get(id ?? "")).toBe(text);
    }
  });

  test("frames of others, and the same frame twice, change nothing", async () => {
    const [frame] = classic.lines.filter((line) => line.includes('"frame"'));
    const { mailbox } = JSON.parse(frame ?? "{}");
    const noise = { what: "frame", atMs: 0, mailbox, bytes: base64url(new Uint8Array(1_024)) };
    const lines = [JSON.stringify(noise), ...classic.lines, ...classic.lines];
    const { findings } = await reading({ ...classic, lines });
    expect(findings.read).toHaveLength(classic.truth.texts.length);
  });

  test("nothing at all is nothing, and no fault", async () => {
    const findings = await attack(evidenceOf({}), budget, () => {});
    expect(findings.read).toEqual([]);
    expect(harvestClaims.parse(findings.claims).doors.seen).toBe(0);
  });
});

const said = { what: "said", atMs: 0, nameplate: "482913", side: "sponsor", index: 0, bytes: "AA" };
const frame = { what: "frame", atMs: 0, mailbox: "00".repeat(32), bytes: "AA" };

describe("a recording that is none is refused at its line", () => {
  test.each<readonly [string, string]>([
    ["no JSON", "{"],
    ["no object", "7"],
    ["another kind of line", JSON.stringify({ ...frame, what: "heard" })],
    ["a mailbox that is no key", JSON.stringify({ ...frame, mailbox: "ZZ".repeat(32) })],
    ["bytes that are not base64url", JSON.stringify({ ...frame, bytes: "a+/=" })],
    ["a column too many", JSON.stringify({ ...frame, secret: 1 })],
    ["a nameplate that is none", JSON.stringify({ ...said, nameplate: "48291" })],
    ["a third side", JSON.stringify({ ...said, side: "relay" })],
    ["an index below zero", JSON.stringify({ ...said, index: -1 })],
    ["more than any frame holds", JSON.stringify({ ...frame, bytes: "A".repeat(1_500_000) })],
  ])("%s", async (_, line) => {
    const wire = `${JSON.stringify(said)}\n${line}\n`;
    await expect(attack(evidenceOf({ wire }), budget, () => {})).rejects.toMatchObject({
      code: "malformed",
      message: expect.stringContaining("wire:2"),
    });
  });

  test("a join of garbage is a join that does not open", async () => {
    const lines = ["sponsor", "newcomer"].flatMap((side) => {
      return [0, 1, 2, 3].map((index) => JSON.stringify({ ...said, side, index }));
    });
    const { claims } = await reading({ ...classic, lines });
    expect(claims.doors).toEqual({ seen: 1, opened: 0, entered: 0, half: 0 });
  });
});

test.each<readonly [string, string]>([
  ["no JSON", "{"],
  ["another version", JSON.stringify({ v: 2, x25519: [], ristretto255: [], xwing: [] })],
  ["a list that is missing", JSON.stringify({ v: 1, x25519: [], xwing: [] })],
  [
    "a key of another length",
    JSON.stringify({
      ...{ v: 1, ristretto255: [], xwing: [] },
      x25519: [{ public: "00", secret: "00" }],
    }),
  ],
])("an oracle with %s is refused", async (_, oracle) => {
  await expect(attack(evidenceOf({ oracle }), budget, () => {})).rejects.toMatchObject({
    code: "malformed",
  });
});
