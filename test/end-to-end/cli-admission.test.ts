import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  admit,
  check,
  findMotion,
  person,
  startRelay,
  type TestPerson,
  testFolder,
} from "./cli-process.ts";

const folder = testFolder();
let relay: Awaited<ReturnType<typeof startRelay>>;
let slate: TestPerson;
let heron: TestPerson;
let wren: TestPerson;

beforeAll(async () => {
  relay = await startRelay(folder);
  slate = person(folder, "slate", relay.address);
  heron = person(folder, "heron", relay.address);
  wren = person(folder, "wren", relay.address);
});

afterAll(async () => {
  relay.kill("SIGTERM");
  await relay.ended;
});

/** The same words with another first one. */
function withWrongWord(words: readonly string[]): string {
  return [words[0] === "tulip" ? "banana" : "tulip", ...words.slice(1)].join(" ");
}

const labelsOf = async (member: TestPerson): Promise<unknown[]> =>
  (await member.run("who")).lines.map((line) => line.label);

const fresh = (name: string): TestPerson => person(folder, name, relay.address);

// One channel from the first verb to the last; each test goes on where the one before has ended.
describe("admission by two persons", () => {
  test("the founder alone admits the second person", async () => {
    const opened = await slate.run("open", "north-line", "--as", "Slate");
    expect(opened.lines[0]).toMatchObject({ type: "channel", approvals: 2 });
    const { joined, invited } = await admit(slate, heron, "Heron", "line");
    expect(joined.exit).toBe(0);
    expect(invited.lines[0]).toMatchObject({ type: "invite", needed: 1, check: "words" });
    expect(invited.lines.at(-1)).toMatchObject({
      type: "joined",
      admittedBy: ["Slate"],
      sponsors: [{ label: "Slate", check: "code" }],
    });
  });

  test("one sponsor alone admits nobody: both sides end with 7", async () => {
    const guest = fresh("nobody-came");
    const inviting = slate.start("invite", "--as", "Guest", "--expires", "8s");
    const { code, needed } = await inviting.line("invite");
    expect(needed).toBe(2);
    const [joined, invited] = await Promise.all([guest.run("join", String(code)), inviting.ended]);
    expect(invited.exit).toBe(7);
    expect(invited.lines.at(-1)).toMatchObject({ type: "error", code: "pending", exit: 7 });
    expect(joined.exit).toBe(7);
    expect(await labelsOf(slate)).toEqual(["Slate", "Heron"]);
  });

  test("a wrong word at the second sponsor ends the attempt on every side with 4", async () => {
    const guest = fresh("wrong-at-second");
    const { id, inviting, joined, checked, newcomerReads, secondReads } = await check(
      { sponsor: slate, second: heron, newcomer: guest },
      "Wren",
    );
    expect(joined.exit).toBe(7);
    expect(joined.lines.at(-1)).toMatchObject({
      type: "error",
      code: "pending",
      hint: 'backchannel join --words "WORD WORD WORD"',
    });
    expect(checked.exit).toBe(7);
    expect(checked.lines.at(-1)).toMatchObject({
      type: "error",
      code: "pending",
      hint: `backchannel approve ${id.slice(0, 4)} --words "WORD WORD WORD"`,
    });
    expect(newcomerReads).toHaveLength(3);
    expect(secondReads).toHaveLength(3);
    const wrong = await heron.run("approve", id, "--words", withWrongWord(newcomerReads));
    expect(wrong.exit).toBe(4);
    expect(wrong.lines.at(-1)).toMatchObject({ type: "error", code: "auth" });
    expect((await inviting.ended).exit).toBe(4);
    expect((await guest.run("join", "--words", secondReads.join(" "))).exit).toBe(4);
    // One try: the right words come too late.
    const late = await heron.run("approve", id, "--words", newcomerReads.join(" "));
    expect([4, 7]).toContain(late.exit);
    expect(await labelsOf(heron)).toEqual(["Slate", "Heron"]);
  });

  test("a wrong word at the newcomer ends the attempt on every side with 4", async () => {
    const guest = fresh("wrong-at-newcomer");
    const { id, inviting, newcomerReads, secondReads } = await check(
      { sponsor: slate, second: heron, newcomer: guest },
      "Wren",
    );
    const wrong = await guest.run("join", "--words", withWrongWord(secondReads));
    expect(wrong.exit).toBe(4);
    expect((await inviting.ended).exit).toBe(4);
    const late = await heron.run("approve", id, "--words", newcomerReads.join(" "));
    expect([4, 7]).toContain(late.exit);
    expect(await labelsOf(slate)).toEqual(["Slate", "Heron"]);
  });

  test("a typing error costs no try, and the right words admit", async () => {
    const { id, inviting, newcomerReads, secondReads } = await check(
      { sponsor: slate, second: heron, newcomer: wren },
      "Wren",
    );
    expect((await heron.run("approve", id, "--words", "one two three")).exit).toBe(2);
    const [approved, joined] = await Promise.all([
      heron.run("approve", id, "--words", newcomerReads.join(" ")),
      wren.run("join", "--words", secondReads.map((word) => word.toUpperCase()).join(" ")),
    ]);
    expect(joined.exit).toBe(0);
    expect(approved.exit).toBe(0);
    expect(approved.lines.at(-1)).toMatchObject({ type: "approved", op: "admit", label: "Wren" });
    const invited = await inviting.ended;
    expect(invited.exit).toBe(0);
    const sponsors = [
      { label: "Slate", check: "code" },
      { label: "Heron", check: "words" },
    ];
    expect(invited.lines.at(-1)).toMatchObject({ type: "joined", label: "Wren", sponsors });
    expect(joined.lines.at(-1)).toMatchObject({ type: "joined", label: "Wren" });
    for (const member of [slate, heron, wren]) {
      const { lines } = await member.run("who");
      expect(lines.find((line) => line.label === "Wren")).toMatchObject({
        admittedBy: ["Slate", "Heron"],
        sponsors,
      });
    }
  });

  test("the words of the epoch are the same for all three, and texts arrive", async () => {
    const words = await Promise.all(
      [slate, heron, wren].map(async (each) => (await each.run("status")).lines[0]?.words),
    );
    expect(words[1]).toEqual(words[0]);
    expect(words[2]).toEqual(words[0]);
    expect((await wren.run("send", "I am in.")).exit).toBe(0);
    expect((await slate.run("recv")).lines[0]).toMatchObject({ from: "Wren", body: "I am in." });
  });

  test("through the sockets of vaults that other processes hold, it goes the same way", async () => {
    const guest = fresh("held");
    const followers = [slate, heron].map((each) => each.start("recv", "--follow"));
    await Promise.all(followers.map((each) => each.line("connection")));
    const { id, inviting, newcomerReads, secondReads } = await check(
      { sponsor: slate, second: heron, newcomer: guest },
      "Curlew",
    );
    const [approved, joined] = await Promise.all([
      heron.run("approve", id, "--words", newcomerReads.join(" ")),
      guest.run("join", "--words", secondReads.join(" ")),
    ]);
    expect([approved.exit, joined.exit, (await inviting.ended).exit]).toEqual([0, 0, 0]);
    for (const each of followers) {
      await each.line("motion", ({ label, state }) => label === "Curlew" && state === "moved");
      await each.line("epoch", ({ joined: labels }) => String(labels) === "Curlew");
      each.kill("SIGINT");
      await each.ended;
    }
  });

  test("who is denied does not come in: both sides end with 7 and say so", async () => {
    const guest = fresh("denied");
    const inviting = slate.start("invite", "--as", "Plover");
    const { code } = await inviting.line("invite");
    const joining = guest.run("join", String(code));
    await inviting.line("motion", ({ state }) => state === "moved");
    const id = await findMotion(heron, "Plover");
    await heron.run("approve", id);
    const denied = await heron.run("deny", id);
    expect(denied.exit).toBe(0);
    expect(denied.lines[0]).toMatchObject({ type: "denied", op: "admit", label: "Plover" });
    const invited = await inviting.ended;
    expect(invited.exit).toBe(7);
    expect(invited.lines.at(-1)).toMatchObject({ type: "error", code: "denied", exit: 7 });
    expect((await joining).exit).toBe(7);
    expect((await heron.run("approve", id)).exit).toBe(7);
  });

  test("a label that looks like another stops one's own approval until it is said twice", async () => {
    const guest = fresh("look-alike");
    const label = "Wrеn"; // a Cyrillic letter in the middle
    const refused = await slate.run("invite", "--as", label);
    expect(refused.exit).toBe(7);
    expect(refused.lines.at(-1)).toMatchObject({ type: "error", code: "look-alike" });
    const inviting = slate.start("invite", "--as", label, "--despite-look-alike");
    const { code } = await inviting.line("invite");
    const joining = guest.run("join", String(code));
    await inviting.line("motion", ({ state }) => state === "moved");
    const id = await findMotion(heron, label);
    const stopped = await heron.run("approve", id);
    expect(stopped.exit).toBe(7);
    expect(stopped.lines.at(-1)).toMatchObject({ type: "error", code: "look-alike" });
    expect((await wren.run("pending")).lines[0]).toMatchObject({ lookAlike: "Wren" });
    const opened = await heron.run("approve", id, "--despite-look-alike");
    expect(opened.lines.at(-1)).toMatchObject({ code: "pending" });
    await heron.run("deny", id);
    expect((await inviting.ended).exit).toBe(7);
    expect((await joining).exit).toBe(7);
  });
});

describe("what several decide together", () => {
  test("a removal waits for a second person, and names what to type", async () => {
    const moved = await slate.run("remove", "Curlew");
    expect(moved.exit).toBe(7);
    const [pending, error] = moved.lines;
    expect(pending).toMatchObject({ type: "pending", op: "remove", label: "Curlew", needed: 2 });
    const id = String(pending?.id);
    expect(error?.hint).toContain(`backchannel approve ${id.slice(0, 4)}`);
    expect((await slate.run("approve", id)).exit).toBe(7); // the same person twice is one person
    const seconded = await wren.run("approve", id);
    expect(seconded.exit).toBe(0);
    expect(seconded.lines.at(-1)).toMatchObject({ type: "approved", op: "remove" });
    expect(await labelsOf(slate)).toEqual(["Slate", "Heron", "Wren"]);
    expect((await person(folder, "held", relay.address).run("send", "Hello?")).exit).toBe(6);
  });

  test("the policy is raised by two and lowered only by all", async () => {
    const raised = await slate.run("policy", "--approvals", "3");
    expect(raised.exit).toBe(7);
    expect((await heron.run("approve", String(raised.lines[0]?.id))).exit).toBe(0);
    expect((await wren.run("policy")).lines[0]).toMatchObject({ type: "policy", approvals: 3 });
    const lowered = await wren.run("policy", "--approvals", "2");
    expect(lowered.exit).toBe(7);
    const id = String(lowered.lines[0]?.id);
    expect(lowered.lines[0]).toMatchObject({ op: "policy", needed: 3 });
    expect((await heron.run("approve", id)).exit).toBe(7);
    expect((await heron.run("policy")).lines[0]).toMatchObject({ approvals: 3 });
    expect((await slate.run("approve", id)).exit).toBe(0);
    expect((await heron.run("policy")).lines[0]).toMatchObject({ approvals: 2 });
  });

  test("a freeze stops texts until it is lifted; a second one needs two others", async () => {
    expect((await wren.run("freeze")).lines[0]).toMatchObject({ type: "freeze", on: true });
    const refused = await heron.run("send", "Anything?");
    expect(refused.exit).toBe(7);
    expect(refused.lines.at(-1)).toMatchObject({ type: "error", code: "frozen" });
    expect((await heron.run("status")).lines[0]).toMatchObject({ frozen: { by: "Wren" } });
    expect((await heron.run("rotate")).exit).toBe(0);
    expect((await wren.run("freeze", "--lift")).exit).toBe(0);
    expect((await heron.run("send", "Again.")).exit).toBe(0);
    expect((await wren.run("freeze")).exit).not.toBe(0);
    const renewing = await slate.run("renew", "Wren");
    expect(renewing.exit).toBe(7);
    expect((await heron.run("approve", String(renewing.lines[0]?.id))).exit).toBe(0);
    expect((await wren.run("freeze")).exit).toBe(0);
    expect((await wren.run("freeze", "--lift")).exit).toBe(0);
  });
});

describe("admission by two codes", () => {
  test("the newcomer needs a code of each sponsor, and both vouch by code", async () => {
    const [ada, bor, cy] = ["ada", "bor", "cy"].map(fresh) as [TestPerson, TestPerson, TestPerson];
    await ada.run("open", "strict", "--as", "Ada", "--check", "two-codes");
    await admit(ada, bor, "Bor", "strict");
    const inviting = ada.start("invite", "--as", "Cy");
    const first = await inviting.line("invite");
    expect(first).toMatchObject({ check: "two-codes", needed: 2, second: false });
    const id = await findMotion(bor, "Cy");
    const seconding = bor.start("approve", id, "--code");
    const second = await seconding.line("invite");
    expect(second).toMatchObject({ second: true });
    const joined = await cy.run("join", String(first.code), "--second", String(second.code));
    expect(joined.exit).toBe(0);
    expect((await inviting.ended).exit).toBe(0);
    expect((await seconding.ended).exit).toBe(0);
    const { lines } = await bor.run("who");
    expect(lines.find((line) => line.label === "Cy")).toMatchObject({
      sponsors: [
        { label: "Ada", check: "code" },
        { label: "Bor", check: "code" },
      ],
    });
  });

  test("one code alone admits nobody there", async () => {
    const [ada, bor, dee] = ["ada", "bor", "dee"].map(fresh) as [
      TestPerson,
      TestPerson,
      TestPerson,
    ];
    const inviting = ada.start("invite", "--as", "Dee", "--expires", "8s");
    const { code } = await inviting.line("invite");
    const joined = await dee.run("join", String(code));
    expect(joined.exit).toBe(2);
    expect(joined.lines.at(-1)).toMatchObject({ type: "error", code: "usage" });
    const invited = await inviting.ended;
    expect(invited.lines.at(-1)).toMatchObject({
      type: "error",
      message: expect.stringContaining("the other side gave up"),
    });
    expect(await labelsOf(bor)).toEqual(["Ada", "Bor", "Cy"]);
  });
});
