import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openVault } from "#client/node/vault.ts";
import {
  admit,
  passphrase,
  person,
  start,
  startRelay,
  type TestPerson,
  testFolder,
} from "./cli-process.ts";

const folder = testFolder();
let relay: Awaited<ReturnType<typeof startRelay>>;
let slate: TestPerson;

beforeAll(async () => {
  relay = await startRelay(folder);
  slate = person(folder, "slate", relay.address);
  await slate.run("open", "north-line", "--as", "Slate");
});

afterAll(async () => {
  relay.kill("SIGTERM");
  await relay.ended;
});

/** The code with another last word, each of whose letters begins a word of the list. */
function withWrongWord(code: string): string {
  // The list has one word with a hyphen of its own: a code is not four parts between hyphens.
  return code.replace(/(yo-yo|[a-z]+)$/, (last) => (last === "tulip" ? "banana" : "tulip"));
}

describe("usage", () => {
  test.each([
    ["a verb that does not exist", ["shout"]],
    ["a flag that does not exist", ["status", "--loud"]],
    ["a missing label", ["open", "x"]],
    ["a length of time without a unit", ["recv", "--timeout", "5"]],
    ["no text at all", ["send"]],
    ["a channel that is not here", ["send", "hello", "--channel", "nowhere"]],
    ["an address that is none", ["join", "482913-crawfish-bamboo-tulip", "--relay", "a b"]],
    ["a code with a typing error", ["join", "482913-crawfish-bamboo-tulpi"]],
    ["a code with two words", ["join", "482913-crawfish-bamboo"]],
    ["words that nobody can have read", ["join", "--words", "one two three"]],
    ["two words", ["approve", "3f2a", "--words", "crawfish bamboo"]],
    ["an id that is none", ["approve", "xyz"]],
    ["a check that does not exist", ["policy", "--check", "handshake"]],
    ["removing somebody who is not there", ["remove", "Nobody"]],
  ])("%s ends with 2", async (_, args) => {
    expect((await slate.run(...args)).exit).toBe(2);
  });

  test("without a terminal and a passphrase file, nothing is asked and nothing is made", async () => {
    const env = { BACKCHANNEL_HOME: join(folder, "none"), BACKCHANNEL_RELAY: relay.address };
    const { exit, lines } = await start(["open", "x", "--as", "A", "--json"], { env }).ended;
    expect(exit).toBe(2);
    expect(lines[0]).toMatchObject({ type: "error", code: "usage" });
  });

  test("every error is one object on stdout and says what to do next", async () => {
    const { stdout, lines } = await slate.run("send", "hello", "--channel", "nowhere");
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(lines[0]).toEqual({
      v: 1,
      type: "error",
      code: "no-channel",
      exit: 2,
      message: 'no such channel in this vault: "nowhere". Nothing was sent.',
      hint: "`backchannel channels` lists them; `use NAME` or `--channel NAME` chooses one",
      retryAfterMs: null,
    });
  });
});

describe("joining", () => {
  test("a wrong word burns the code on both sides", async () => {
    const heron = person(folder, "wrong-word", relay.address);
    const inviting = slate.start("invite", "--as", "Heron");
    const code = String((await inviting.line("invite")).code);
    const wrong = await heron.run("join", withWrongWord(code));
    expect(wrong.exit).toBe(4);
    expect(wrong.lines[0]).toMatchObject({
      type: "error",
      code: "auth",
      hint: expect.stringContaining("begin with a new code"),
    });
    const sponsor = await inviting.ended;
    expect(sponsor.exit).toBe(4);
    expect(sponsor.lines.at(-1)).toMatchObject({ type: "error", code: "auth" });
    const late = await heron.run("join", code);
    expect(late.exit).toBe(11);
  });

  test("a typing error leaves the code good", async () => {
    const heron = person(folder, "typing-error", relay.address);
    const inviting = slate.start("invite", "--as", "Typist");
    const code = String((await inviting.line("invite")).code);
    expect((await heron.run("join", `${code.slice(0, -1)}q`)).exit).toBe(2);
    expect((await heron.run("join", code)).exit).toBe(0);
    expect((await inviting.ended).exit).toBe(0);
    await slate.run("remove", "Typist");
  });

  test("three letters of each word are enough", async () => {
    const heron = person(folder, "short", relay.address);
    const inviting = slate.start("invite", "--as", "Short");
    const code = String((await inviting.line("invite")).code);
    const [nameplate, ...words] = code.split("-");
    // `yo-yo` is the one word of the list that its first three letters do not survive the hyphen of.
    const short = words.length === 3 ? words.map((word) => word.slice(0, 3)) : words;
    expect((await heron.run("join", [nameplate, ...short].join("-"))).exit).toBe(0);
    await inviting.ended;
    await slate.run("remove", "Short");
  });

  test("a number under which nobody waits is stale", async () => {
    const heron = person(folder, "stale", relay.address);
    const { exit, lines } = await heron.run("join", "482913-crawfish-bamboo-tulip");
    expect(exit).toBe(11);
    expect(lines[0]).toMatchObject({ type: "error", code: "nameplate-unknown" });
  });

  test("Ctrl-C burns the code", async () => {
    const heron = person(folder, "interrupted", relay.address);
    const inviting = slate.start("invite", "--as", "Heron");
    const code = String((await inviting.line("invite")).code);
    inviting.kill("SIGINT");
    expect((await inviting.ended).exit).toBe(130);
    expect((await heron.run("join", code)).exit).toBe(11);
  });
});

describe("the vault", () => {
  test("a wrong passphrase ends with 10 and changes nothing", async () => {
    const wrong = join(folder, "wrong.txt");
    writeFileSync(wrong, "something else\n", { mode: 0o600 });
    const { exit, lines } = await slate.run("status", "--passphrase-file", wrong);
    expect(exit).toBe(10);
    expect(lines[0]).toMatchObject({ type: "error", code: "passphrase" });
    expect((await slate.run("status")).exit).toBe(0);
  });

  test("a vault that another process holds ends with 10", async () => {
    const held = await openVault(slate.home, passphrase);
    try {
      const { exit, lines } = await slate.run("status");
      expect(exit).toBe(10);
      expect(lines[0]).toMatchObject({ type: "error", code: "locked" });
    } finally {
      held.close();
    }
    expect((await slate.run("status")).exit).toBe(0);
  });

  test("a passphrase file that others can read is warned about", async () => {
    const open = join(folder, "open.txt");
    writeFileSync(open, `${passphrase}\n`, { mode: 0o644 });
    const { stderr, exit } = await slate.say("channels", "--passphrase-file", open);
    expect(exit).toBe(0);
    expect(stderr).toContain("can be read by others");
  });
});

describe("a relay that stops", () => {
  test("what was said is kept, and goes out once when the relay is back", async () => {
    const own = testFolder();
    const first = await startRelay(own);
    const ada = person(own, "ada", first.address);
    const bor = person(own, "bor", first.address);
    await ada.run("open", "line", "--as", "Ada");
    await admit(ada, bor, "Bor", "line");
    first.kill("SIGKILL");
    await first.ended;

    const [cut, people] = await Promise.all([
      ada.run("send", "Said while the relay was down."),
      bor.say("send", "And this by Bor."),
    ]);
    expect(cut.exit).toBe(3);
    expect(cut.lines.at(-1)).toMatchObject({
      type: "error",
      code: "network",
      message: expect.stringContaining("Nothing was lost"),
      hint: "it goes out, in order and once, by the next verb that connects",
    });
    expect(people.exit).toBe(3);
    expect(people.stderr).toContain("Nothing was lost");
    expect(people.stdout).toBe("");

    const second = await startRelay(own, first.address.split(":")[1]);
    expect((await ada.run("status")).lines[0]).toMatchObject({ outbox: 0 });
    const heard = await bor.run("recv");
    expect(heard.lines.map((line) => line.body)).toEqual(["Said while the relay was down."]);
    expect((await bor.run("recv")).exit).toBe(9);
    expect((await ada.run("recv")).lines.map((line) => line.body)).toEqual(["And this by Bor."]);
    second.kill("SIGTERM");
    await second.ended;
  });
});
