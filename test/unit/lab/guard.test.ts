import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "#client/lab/attack-program.ts";
import { writeBundle } from "#client/lab/bundle.ts";
import { runAttackProcess } from "#client/lab/run-attack.ts";

let root: string;
let program: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "guard-test-"));
  program = await buildProgram(new URL("./planted-attacks.ts", import.meta.url).pathname);
  await writeBundle({
    folder: join(root, "evidence"),
    bundle: "0".repeat(32),
    scenario: "planted",
    title: "Planted",
    attack: { algorithm: "planted", trials: 1, wallMs: 1_000, params: {} },
    captures: [],
  });
  await writeFile(join(root, "truth.json"), "what really happened");
});

afterAll(() => rm(root, { recursive: true, force: true }));

const run = (attack: string, wallMs = 30_000) =>
  runAttackProcess({ program, attack, bundle: join(root, "evidence"), wallMs });

describe("an attack process", () => {
  test("runs an attack that reaches for nothing, so that the refusals below mean something", async () => {
    expect((await run("nothing")).notes).toEqual(["got nothing"]);
  });

  test.each(["socket", "secure", "http", "names", "datagram", "fetch", "websocket"])(
    "has no network: %s",
    async (attack) => {
      await expect(run(attack)).rejects.toMatchObject({
        code: "refused",
        message: expect.stringContaining("is closed"),
      });
    },
  );

  test.each(["process", "thread"])("starts no other: %s", async (attack) => {
    await expect(run(attack)).rejects.toThrow(/is closed/);
  });

  test("cannot read the ground truth beside its bundle", async () => {
    await expect(run("truth")).rejects.toThrow(/restricted.*truth\.json/s);
  });

  test("cannot read the machine's files", async () => {
    await expect(run("passwords")).rejects.toThrow(/restricted/);
  });

  test.each(["own-link", "hard-link"])(
    "cannot make itself a way to the truth: %s",
    async (attack) => {
      await expect(run(attack)).rejects.toThrow(/restricted|requires full/);
    },
  );

  test("is not started on a bundle that holds a link, listed or not", async () => {
    // Node's permission model follows links, so one in the bundle would lead out of it.
    const link = join(root, "evidence", "link");
    await symlink(join(root, "truth.json"), link);
    await expect(run("link")).rejects.toMatchObject({
      code: "malformed",
      message: expect.stringContaining("link: neither a file nor a folder"),
    });
    await rm(link);
  });

  test.each(["write", "outside"])(
    "cannot write into its bundle or beside it: %s",
    async (attack) => {
      await expect(run(attack)).rejects.toThrow(/restricted/);
    },
  );

  test("can write into its scratch folder", async () => {
    expect((await run("scratch")).notes).toEqual(["got undefined"]);
  });

  test("gets no environment", async () => {
    expect((await run("environment")).notes).toEqual(["got "]);
  });

  test("is ended when its time is over", async () => {
    await expect(run("nothing", 1)).rejects.toMatchObject({ code: "expired" });
  });

  test("an attack that does not exist is named", async () => {
    await expect(run("magic")).rejects.toMatchObject({ code: "not-found" });
  });

  test("a bundle that does not exist is named", async () => {
    const plan = { program, attack: "nothing", bundle: join(root, "none"), wallMs: 30_000 };
    await expect(runAttackProcess(plan)).rejects.toMatchObject({ code: "not-found" });
  });
});
