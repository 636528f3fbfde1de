import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeLetter, encodeLetter } from "#client/core/letter.ts";
import { start, testFolder } from "./cli-process.ts";

const folder = testFolder();
const at = (name: string) => join(folder, name);
const run = (args: readonly string[], input = "") => start(["letter", ...args], { input }).ended;
const sealed = at("talk.letter");

beforeAll(async () => {
  for (const name of ["ada", "bor", "eno"]) {
    expect((await run(["key", at(name), "--json"])).exit).toBe(0);
  }
  const to = ["--to", at("ada.pub"), at("bor.pub")];
  expect((await run(["seal", sealed, ...to], "They accept it.\n")).exit).toBe(0);
});

describe("a letter by the command line", () => {
  test("is read by both readers, with one digest", async () => {
    const [ada, bor] = await Promise.all(
      ["ada", "bor"].map((name) => run(["open", sealed, "--key", at(name), "--json"])),
    );
    expect(ada?.lines).toMatchObject([{ type: "letter", text: "They accept it." }]);
    expect(bor?.lines).toEqual(ada?.lines);
    const plain = await run(["open", sealed, "--key", at("ada")]);
    expect(plain.stdout).toBe("They accept it.\n");
    expect(plain.stderr).toContain(String(ada?.lines[0]?.digest));
  });

  test("is closed to the envoy: exit 4", async () => {
    expect((await run(["open", sealed, "--key", at("eno"), "--json"])).exit).toBe(4);
  });

  test("that was changed stops its reader: exit 8", async () => {
    const letter = decodeLetter(new Uint8Array(readFileSync(sealed)));
    const box = letter.box.slice();
    box[40] = (box[40] as number) ^ 1;
    writeFileSync(at("changed"), encodeLetter({ ...letter, box }));
    writeFileSync(at("short"), readFileSync(sealed).subarray(0, 100));
    for (const name of ["changed", "short"]) {
      expect((await run(["open", at(name), "--key", at("ada"), "--json"])).exit).toBe(8);
    }
  });

  test("cannot steer a terminal", async () => {
    const to = ["--to", at("ada.pub")];
    await run(["seal", at("steer"), ...to], "a\u001b[2Jb\u202ec");
    const opened = await run(["open", at("steer"), "--key", at("ada")]);
    expect(opened.stdout).toBe("a·[2Jb·c\n");
  });

  test.each([
    ["over a file that exists", ["seal", sealed, "--to", at("ada.pub")]],
    ["for a secret key", ["seal", at("new"), "--to", at("ada")]],
    ["for nobody", ["seal", at("new")]],
    ["for a file that is not there", ["seal", at("new"), "--to", at("nobody")]],
    ["over a key that exists", ["key", at("ada")]],
  ])("is not made %s: exit 2", async (_, args) => {
    expect((await run(args, "Yes.")).exit).toBe(2);
  });

  test("has a secret key file that only its owner reads", () => {
    expect(statSync(at("ada")).mode & 0o777).toBe(0o600);
  });
});
