import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  admit,
  type JsonLine,
  passphrase,
  person,
  printed,
  startRelay,
  type TestPerson,
  testFolder,
} from "./cli-process.ts";

/** Ids, codes, words, times and addresses differ in every run: their form is what a golden line holds. */
function normal(line: JsonLine | undefined): unknown {
  return JSON.parse(
    JSON.stringify(line)
      .replace(/"[0-9a-f]{32}"/g, '"<id>"')
      .replace(/"\d{4}-\d\d-\d\dT[0-9:.]+Z"/g, '"<time>"')
      .replace(/"127\.0\.0\.1:\d+"/g, '"<relay>"')
      .replace(/"\d{6}(-[a-z-]+){3}"/g, '"<code>"')
      .replace(/"words":\[("[a-z-]+",?){12}\]/g, '"words":"<twelve>"'),
  );
}

const byCode = [{ label: "Slate", check: "code" }];

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

// One talk from the first verb to the last; each test goes on where the one before has ended.
describe("a talk by the command line", () => {
  test("open makes a vault and a channel of one seat", async () => {
    const { exit, lines } = await slate.run(
      ...["open", "north-line", "--as", "Slate", "--approvals", "1"],
    );
    expect(exit).toBe(0);
    expect(lines.map(normal)).toEqual([
      {
        v: 1,
        type: "channel",
        name: "north-line",
        label: "Slate",
        epoch: 0,
        approvals: 1,
        relay: "<relay>",
        state: "open",
        members: 1,
        unread: 0,
        timerMs: null,
        sunsetAt: null,
        current: true,
      },
    ]);
  });

  test("a newcomer joins by the code that the sponsor says", async () => {
    const { joined, invited } = await admit(slate, heron, "Heron", "north");
    expect(invited.exit).toBe(0);
    expect(invited.lines.map(normal)).toEqual([
      {
        v: 1,
        type: "invite",
        channel: "north-line",
        label: "Heron",
        code: "<code>",
        relay: "<relay>",
        expiresAt: "<time>",
        needed: 1,
        check: "words",
        second: false,
      },
      {
        v: 1,
        type: "joined",
        channel: "north-line",
        label: "Heron",
        epoch: 1,
        admittedBy: ["Slate"],
        sponsors: byCode,
      },
    ]);
    expect(joined.exit).toBe(0);
    expect(joined.lines.map(normal)).toEqual([
      {
        v: 1,
        type: "joined",
        channel: "north",
        label: "Heron",
        epoch: 1,
        admittedBy: ["Slate"],
        sponsors: byCode,
      },
    ]);
  });

  test("what one sends, the other receives once, and then nothing is new", async () => {
    const sent = await heron.run("send", "They will move on item four.");
    expect(sent.exit).toBe(0);
    expect(sent.lines.map(normal)).toEqual([
      { v: 1, type: "sent", channel: "north", id: "<id>", epoch: 1, seq: expect.any(Number) },
    ]);
    const received = await slate.run("recv");
    expect(received.exit).toBe(0);
    expect(received.lines.map(normal)).toEqual([
      {
        v: 1,
        type: "message",
        channel: "north-line",
        id: "<id>",
        from: "Heron",
        epoch: 1,
        seq: sent.lines[0]?.seq,
        body: "They will move on item four.",
        cursor: expect.any(String),
        receivedAt: "<time>",
      },
    ]);
    expect(received.lines[0]?.id).toBe(sent.lines[0]?.id);
    const again = await slate.run("recv");
    expect(again.exit).toBe(9);
    expect(again.lines).toEqual([
      {
        v: 1,
        type: "error",
        code: "empty",
        exit: 9,
        message: "nothing new: north-line.",
        hint: "`recv --follow` tells what comes",
        retryAfterMs: null,
      },
    ]);
  });

  test("manual acknowledgement leaves a message new until its cursor is given", async () => {
    expect((await heron.type("Read from\nstdin.\n", "send", "-")).exit).toBe(0);
    const first = await slate.run("recv", "--ack", "manual");
    const second = await slate.run("recv", "--ack", "manual");
    expect(second.lines.map(normal)).toEqual(first.lines.map(normal));
    expect(first.lines[0]?.body).toBe("Read from\nstdin.");
    const acknowledged = await slate.run("recv", "--ack", String(first.lines[0]?.cursor));
    expect(acknowledged.exit).toBe(9);
  });

  test("while one process follows, the others' verbs go through it", async () => {
    const following = slate.start("recv", "--follow");
    await following.line("connection");
    const sent = await slate.run("send", "Then park the annex.");
    expect(sent.exit).toBe(0);
    expect((await heron.run("send", "Not drop it.")).exit).toBe(0);
    expect(await following.line("message")).toMatchObject({ from: "Heron", body: "Not drop it." });
    following.kill("SIGINT");
    expect((await following.ended).exit).toBe(130);
    const heard = await heron.run("recv");
    expect(heard.lines.map((line) => line.body)).toEqual(["Then park the annex."]);
    expect(existsSync(join(slate.home, "socket"))).toBe(false);
  });

  test("a follower goes on by itself when the process that held the vault ends", async () => {
    const holder = slate.start("recv", "--follow");
    await holder.line("connection");
    const following = slate.start("recv", "--follow");
    // Its lines come through the holder: it prints what the holder's vault receives.
    expect((await heron.run("send", "Before.")).exit).toBe(0);
    await Promise.race([following.line("message"), holder.line("message")]);
    holder.kill("SIGINT");
    await holder.ended;
    expect((await heron.run("send", "After.")).exit).toBe(0);
    await following.line("message", ({ body }) => body === "After.");
    following.kill("SIGINT");
    expect((await following.ended).exit).toBe(130);
  });

  test("who names the members and who admitted them", async () => {
    const { lines } = await slate.run("who");
    expect(lines.map(normal)).toEqual([
      {
        v: 1,
        type: "member",
        channel: "north-line",
        label: "Slate",
        self: true,
        archives: false,
        seat: 0,
        person: "<id>",
        otherSeats: [],
        admittedBy: [],
        sponsors: [],
        admittedAt: "<time>",
        admittedEpoch: 0,
        heard: true,
        lastHeardEpoch: null,
        receipt: null,
      },
      {
        v: 1,
        type: "member",
        channel: "north-line",
        label: "Heron",
        self: false,
        archives: false,
        seat: 1,
        person: "<id>",
        otherSeats: [],
        admittedBy: ["Slate"],
        sponsors: byCode,
        admittedAt: "<time>",
        admittedEpoch: 1,
        heard: true,
        lastHeardEpoch: 1,
        receipt: null,
      },
    ]);
  });

  test("both sides see the same twelve words", async () => {
    const mine = (await slate.run("status")).lines[0];
    const yours = (await heron.run("status")).lines[0];
    expect(mine?.words).toHaveLength(12);
    expect(mine?.words).toEqual(yours?.words);
    expect(normal(mine)).toEqual({
      v: 1,
      type: "status",
      channel: "north-line",
      label: "Slate",
      relay: "<relay>",
      connected: true,
      caughtUp: true,
      state: "open",
      epoch: 1,
      members: 2,
      approvals: 1,
      check: "words",
      archivers: "shown",
      archiving: [],
      pending: 0,
      receipts: false,
      slotMs: null,
      deniable: true,
      late: { epochs: 1, windowMs: 120_000, kept: expect.any(Array) },
      formerKeys: { released: 0, unreleased: 0 },
      frozen: null,
      words: "<twelve>",
      heardFrom: ["Heron"],
      silent: [],
      gaps: [],
      alarms: [],
      outbox: 0,
      unread: 0,
      timerMs: null,
      sunsetAt: null,
      updateDueAt: "<time>",
    });
  });

  test("receipts are off until somebody turns them on, and anything but on and off is refused", async () => {
    expect((await heron.run("status")).lines[0]?.receipts).toBe(false);
    const { lines } = await heron.run("receipts", "on");
    expect(lines).toEqual([{ v: 1, type: "receipts", channel: "north", on: true }]);
    expect((await heron.run("status")).lines[0]?.receipts).toBe(true);
    await heron.run("receipts", "off");
    expect((await heron.run("status")).lines[0]?.receipts).toBe(false);
    expect((await heron.run("receipts", "maybe")).exit).toBe(2);
  });

  test("slots are off until somebody turns them on, a text waits for one, and what is no length is refused", async () => {
    expect((await heron.run("status")).lines[0]?.slotMs).toBe(null);
    const { lines } = await heron.run("slots", "on", "--every", "1s");
    expect(lines).toEqual([{ v: 1, type: "slots", channel: "north", everyMs: 1_000 }]);
    expect((await heron.run("status")).lines[0]?.slotMs).toBe(1_000);
    const sent = await heron.run("send", "in its slot");
    expect(sent).toMatchObject({ exit: 0, lines: [{ type: "sent" }] });
    expect((await heron.run("send", "x".repeat(641))).exit).toBe(2);
    for (const wrong of ["999", "0s", "11m", "never"]) {
      expect((await heron.run("slots", "on", "--every", wrong)).exit).toBe(2);
    }
    expect((await heron.run("slots", "off", "--every", "1s")).exit).toBe(2);
    expect((await heron.run("slots", "maybe")).exit).toBe(2);
    expect((await heron.run("status")).lines[0]?.slotMs).toBe(1_000);
    await heron.run("slots", "off");
    expect((await heron.run("status")).lines[0]?.slotMs).toBe(null);
  });

  test("rotate begins an epoch with other words", async () => {
    const before = (await slate.run("status")).lines[0]?.words;
    const { lines } = await slate.run("rotate");
    expect(lines).toEqual([{ v: 1, type: "rotated", channel: "north-line", epoch: 2 }]);
    expect((await slate.run("status")).lines[0]?.words).not.toEqual(before);
  });

  test("a removed member is told so and reads nothing more", async () => {
    await admit(slate, wren, "Wren", "line", "--one-sponsor");
    const removed = await slate.run("remove", "Wren");
    expect(removed.lines).toEqual([
      { v: 1, type: "removed", channel: "north-line", label: "Wren", epoch: 4 },
    ]);
    expect((await slate.run("send", "Without Wren.")).exit).toBe(0);
    await wren.run("recv");
    const refused = await wren.run("send", "Still here?");
    expect(refused.exit).toBe(6);
    expect(refused.lines.at(-1)).toMatchObject({ type: "error", code: "removed", exit: 6 });
    expect(JSON.stringify(refused.lines)).not.toContain("Without Wren.");
  });

  test("timer, use and channels say what they changed", async () => {
    expect((await slate.run("timer", "24h")).lines).toEqual([
      { v: 1, type: "timer", channel: "north-line", timerMs: 86_400_000, epoch: 5 },
    ]);
    await slate.run("open", "second", "--as", "Slate");
    expect((await slate.run("use", "north-line")).lines).toEqual([
      { v: 1, type: "using", channel: "north-line" },
    ]);
    const { lines } = await slate.run("channels");
    const shown = lines.map(({ name, current, timerMs }) => ({ name, current, timerMs }));
    expect(shown).toHaveLength(2);
    expect(shown).toContainEqual({ name: "north-line", current: true, timerMs: 86_400_000 });
    expect(shown).toContainEqual({ name: "second", current: false, timerMs: null });
  });

  test("who leaves can send no more, and the next change takes the seat away", async () => {
    expect((await heron.run("leave")).lines).toEqual([{ v: 1, type: "left", channel: "north" }]);
    expect((await slate.run("rotate")).exit).toBe(0);
    const { lines } = await slate.run("who");
    expect(lines.map((line) => line.label)).toEqual(["Slate"]);
    expect((await heron.run("send", "One more thing")).exit).toBe(6);
  });

  test("inspect shows what a relay's database and a vault give away, and no more", async () => {
    const database = await slate.run("inspect", join(folder, "relay", "relay.sqlite"));
    expect(database.exit).toBe(0);
    expect(database.lines).toContainEqual(
      expect.objectContaining({ kind: "relay database", name: "mailboxes" }),
    );
    const vault = await slate.run("inspect", join(slate.home, "vault.sqlite"));
    expect(vault.lines).toContainEqual(
      expect.objectContaining({ kind: "vault", name: "Argon2id passes" }),
    );
    const slot = await slate.run("inspect", join(slate.home, "keyslot"));
    expect(slot.lines.map((line) => line.kind)).toEqual(["vault key slot", "vault key slot"]);
    const nothing = await slate.run("inspect", join(folder, "slate.txt"));
    expect(nothing.exit).toBe(8);
  });

  test("no name, label or text lies readable in the vaults or at the relay", () => {
    const clear = ["north-line", "Heron", "item four", "park the annex", passphrase];
    const files = [slate.home, heron.home, wren.home, join(folder, "relay")].flatMap((dir) =>
      readdirSync(dir).map((name) => join(dir, name)),
    );
    expect(files.length).toBeGreaterThan(6);
    for (const file of files) {
      const bytes = readFileSync(file);
      expect(clear.filter((text) => bytes.includes(text))).toEqual([]);
    }
  });

  test("wipe forgets one channel, then the whole vault", async () => {
    expect((await slate.run("wipe", "second")).exit).toBe(2);
    const one = await slate.run("wipe", "second", "--yes");
    expect(one.lines).toEqual([{ v: 1, type: "wiped", channel: "second" }]);
    expect((await slate.run("channels")).lines).toHaveLength(1);
    const all = await slate.run("wipe", "--yes");
    expect(all.lines).toEqual([{ v: 1, type: "wiped", channel: null }]);
    expect(readdirSync(slate.home)).toEqual([]);
    expect((await slate.run("channels")).exit).toBe(2);
  });

  test("nothing that was printed holds the passphrase", () => {
    expect(printed.length).toBeGreaterThan(40);
    expect(printed.filter((text) => text.includes(passphrase))).toEqual([]);
  });
});
