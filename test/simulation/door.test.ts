import { describe, expect, test } from "vitest";
import { channelName as channel, come, createWorld, reach, soon } from "./cast.ts";
import { atTheDoor, atTheWords, channelOf, endOf, otherWords, sees } from "./door-cast.ts";
import { quiet } from "./kit.ts";

describe("two-person admission by words", () => {
  test("lets a third in whom two persons have authenticated", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"], { approvals: 2 });
    const otter = await world.seat();
    await world.admitByTwo(slate!, heron!, otter, "Otter");
    const admittedBy = [
      { label: "Slate", check: "code" },
      { label: "Heron", check: "words" },
    ];
    for (const seat of [slate!, heron!, otter]) {
      expect(seat.client.who(channel).find(({ label }) => label === "Otter")).toMatchObject({
        admittedBy,
      });
    }
    await soon(otter.client.send({ channel, text: "good evening" }));
    await world.settle(slate!, heron!, otter);
    expect(await slate!.texts()).toEqual(["good evening"]);
    expect(await heron!.texts()).toEqual(["good evening"]);
  });

  test("asks both persons for the words that the other one has", async () => {
    const { say, question, heron, id, joined, done } = await atTheWords();
    expect(question.by).toBe("Heron");
    expect(say).toHaveLength(3);
    expect(question.say).toHaveLength(3);
    expect(question.say).not.toEqual(say);
    const approved = heron.client.approve({ channel, id, words: question.say });
    question.type(say);
    expect(await come(approved)).toEqual({ epoch: 2 });
    expect(await come(joined)).toMatchObject({ label: "Otter", epoch: 2 });
    expect(await come(done)).toEqual({ label: "Otter", epoch: 2 });
  });

  test("takes the two persons' words in either order", async () => {
    const { say, question, heron, id, joined } = await atTheWords();
    question.type(say);
    await quiet(40);
    expect(sees(heron, "Otter")).toBe(false);
    await come(heron.client.approve({ channel, id, words: question.say }));
    await come(joined);
    expect(sees(heron, "Otter")).toBe(true);
  });

  test("is not reached by one sponsor alone, however long it waits", async () => {
    const { world, slate, heron, id, joined, done } = await atTheDoor();
    const words = ["acid", "acid", "acid"];
    expect(await come(slate.client.approve({ channel, id, words }))).toEqual({ epoch: null });
    expect(await endOf(slate.client.check({ channel, id }))).toBe("usage");
    await world.clock.advance(600_001);
    expect(await endOf(done)).toBe("pending");
    expect(await endOf(joined)).toBe("pending");
    expect(sees(slate, "Otter")).toBe(false);
    await world.settle(slate, heron);
    expect(heron.client.pending(channel)).toMatchObject([{ id, ended: "expired" }]);
  });

  test("needs the check first: an approval without words is refused", async () => {
    const { heron, id } = await atTheDoor();
    expect(await endOf(heron.client.approve({ channel, id }))).toBe("usage");
    const words = ["acid", "acid", "acid"];
    expect(await endOf(heron.client.approve({ channel, id, words }))).toBe("usage");
    expect(heron.client.pending(channel)).toMatchObject([{ id, ended: null, approved: false }]);
  });

  test("ends on all sides at the sponsor's wrong word", async () => {
    const { world, slate, heron, otter, id, question, joined, done } = await atTheWords();
    const words = otherWords(question.say);
    expect(await endOf(heron.client.approve({ channel, id, words }))).toBe("auth");
    expect(await endOf(joined)).toBe("auth");
    expect(await endOf(done)).toBe("auth");
    expect(await endOf(heron.client.approve({ channel, id, words: question.say }))).toBe("auth");
    await world.settle(slate, heron);
    for (const seat of [slate, heron]) {
      expect(seat.client.pending(channel)).toMatchObject([{ ended: "words", endedBy: "Heron" }]);
      expect(sees(seat, "Otter")).toBe(false);
    }
    expect([...otter.store.records.keys()]).toEqual([]);
  });

  test("ends on all sides at the newcomer's wrong word, though the sponsor's were right", async () => {
    const { world, slate, heron, otter, id, say, question, joined, done } = await atTheWords();
    const approved = heron.client.approve({ channel, id, words: question.say });
    approved.catch(() => {});
    question.type(otherWords(say));
    expect(await endOf(joined)).toBe("auth");
    expect(await endOf(done)).toBe("auth");
    expect(await endOf(approved)).toBe("auth");
    await world.settle(slate, heron);
    expect(sees(heron, "Otter")).toBe(false);
    expect([...otter.store.records.keys()]).toEqual([]);
    expect(world.relay.stats().moods).toMatchObject({ scary: 1 });
  });

  test("spends nothing on words that are none, on either side", async () => {
    const { heron, otter, id, say, question, joined } = await atTheWords();
    const typo = heron.client.approve({ channel, id, words: ["acid", "qqq", "acid"] });
    expect(await endOf(typo)).toBe("code-typo");
    question.type(["qqq", "acid", "acid"]);
    expect(await endOf(joined)).toBe("code-typo");
    const again = otter.client.join({ resume: true, words: say });
    await come(heron.client.approve({ channel, id, words: question.say }));
    expect(await come(again)).toMatchObject({ label: "Otter" });
  });

  test("waits for words that come later: the join is saved and goes on", async () => {
    const { heron, otter, id, say, question, joined } = await atTheWords();
    question.hangUp();
    expect(await endOf(joined)).toBe("pending");
    expect(await endOf(otter.client.join({ resume: true }))).toBe("pending");
    const typo = otter.client.join({ resume: true, words: ["qqq", "acid", "acid"] });
    expect(await endOf(typo)).toBe("code-typo");
    const again = otter.client.join({ resume: true, words: say });
    again.catch(() => {});
    await come(heron.client.approve({ channel, id, words: question.say }));
    expect(await come(again)).toMatchObject({ label: "Otter", epoch: 2 });
  });

  test("takes no words for a check that has not begun", async () => {
    const { otter, joined, world } = await atTheDoor();
    await otter.reopen();
    expect(await endOf(joined)).toBe("interrupted");
    const words = ["acid", "acid", "acid"];
    expect(await endOf(otter.client.join({ resume: true, words }))).toBe("usage");
    expect(world.relay.stats().moods).toMatchObject({ scary: 0 });
  });

  test("ends when a sponsor whose check has begun says no", async () => {
    const { world, slate, heron, id, joined, done } = await atTheWords();
    await come(heron.client.deny({ channel, id }));
    expect(await endOf(joined)).toBe("denied");
    expect(await endOf(done)).toBe("denied");
    await world.settle(slate, heron);
    expect(slate.client.pending(channel)).toMatchObject([{ ended: "denied", endedBy: "Heron" }]);
  });

  test("is not ended by the no of a member who takes no part in it", async () => {
    const { heron, seats, id, joined } = await atTheDoor({ labels: ["Slate", "Heron", "Gull"] });
    const gull = seats[2]!;
    await come(gull.client.deny({ channel, id }));
    await reach(() => heron.client.pending(channel).at(-1)?.against.length === 1);
    expect(heron.client.pending(channel).at(-1)).toMatchObject({ ended: null, against: ["Gull"] });
    const { say } = await come(heron.client.check({ channel, id }));
    expect(say).toHaveLength(3);
    joined.catch(() => {});
  });

  test("is withdrawn by the first sponsor, for everybody", async () => {
    const { world, slate, heron, id, joined, done } = await atTheDoor();
    await come(slate.client.deny({ channel, id }));
    expect(await endOf(joined)).toBe("denied");
    expect(await endOf(done)).toBe("denied");
    await world.settle(slate, heron);
    expect(await endOf(heron.client.check({ channel, id }))).toBe("denied");
  });

  test("tells the second sponsor when the newcomer does not answer", async () => {
    const { world, heron, otter, joined, id } = await atTheDoor();
    otter.wire.isUp = false;
    otter.wire.hangUp();
    const checked = heron.client.check({ channel, id });
    checked.catch(() => {});
    await quiet(40);
    await world.clock.advance(120_001);
    expect(await endOf(checked)).toBe("pending");
    otter.wire.isUp = true;
    await world.clock.advance(60_000);
    // Begun again it goes on where it was.
    expect((await come(heron.client.check({ channel, id }))).say).toHaveLength(3);
    joined.catch(() => {});
  });
});

describe("the commit of an admission", () => {
  test("is made again by itself when another one was first", async () => {
    const { world, slate, heron, id, say, question, joined } = await atTheWords();
    question.type(say);
    await quiet(40);
    // Slate's commit is in the log before Heron's, which has not read it.
    heron.wire.fromRelay = (data) => (typeof data === "string" ? data : null);
    await come(slate.client.rotate({ channel }));
    const approved = heron.client.approve({ channel, id, words: question.say });
    await quiet(40);
    expect(sees(slate, "Otter")).toBe(false);
    heron.wire.fromRelay = null;
    heron.wire.hangUp();
    await world.clock.advance(1_000);
    expect(await come(approved)).toEqual({ epoch: 3 });
    expect(await come(joined)).toMatchObject({ label: "Otter", epoch: 3 });
    await world.settle(slate, heron);
    expect(slate.client.who(channel)).toHaveLength(3);
  });

  test("finds both sponsors' keys as they were, though everybody rotates meanwhile", async () => {
    const { world, slate, heron, id, say, question, joined } = await atTheWords();
    await come(slate.client.rotate({ channel }));
    await come(heron.client.rotate({ channel }));
    await come(slate.client.rotate({ channel }));
    question.type(say);
    await come(heron.client.approve({ channel, id, words: question.say }));
    expect(await come(joined)).toMatchObject({ label: "Otter" });
    await world.settle(slate, heron);
    // What was promised is free again.
    const rotated = heron.client.rotate({ channel });
    await come(rotated);
    await world.settle(slate, heron);
    expect(slate.heard("epoch").at(-1)).toMatchObject({ committer: "Heron", rotated: true });
  });

  test("holds the second sponsor's key still from the check on, and no longer", async () => {
    const { world, slate, heron, id } = await atTheDoor();
    await come(heron.client.rotate({ channel }));
    await come(heron.client.check({ channel, id }));
    await come(heron.client.rotate({ channel }));
    await come(heron.client.deny({ channel, id }));
    await come(heron.client.rotate({ channel }));
    await world.settle(slate, heron);
    const epochs = slate.heard("epoch").slice(-3);
    expect(epochs.map(({ rotated }) => rotated)).toEqual([true, false, true]);
  });
});

describe("admission by three", () => {
  test("asks the newcomer for the words of each further sponsor", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron", "Gull"], {
      channel: { approvals: 3 },
    });
    const otter = await world.seat();
    await world.admitBy(seats, otter, "Otter");
    await world.settle(...seats, otter);
    const by = [
      { label: "Slate", check: "code" },
      { label: "Heron", check: "words" },
      { label: "Gull", check: "words" },
    ];
    for (const seat of [...seats, otter]) {
      const member = seat.client.who(channel).find(({ label }) => label === "Otter");
      expect(member?.admittedBy).toHaveLength(3);
      expect(member?.admittedBy).toEqual(expect.arrayContaining(by));
    }
  });

  test("says that another one is needed after the second", async () => {
    const { heron, id, seats, person, joined } = await atTheDoor({
      labels: ["Slate", "Heron", "Gull"],
      channel: { approvals: 3 },
    });
    const { say } = await come(heron.client.check({ channel, id }));
    const question = await person.question();
    question.type(say);
    const approved = heron.client.approve({ channel, id, words: question.say });
    expect(await come(approved)).toEqual({ epoch: null });
    const gull = seats[2]!;
    await reach(() => gull.client.pending(channel).at(-1)?.given.length === 2);
    expect(gull.client.pending(channel).at(-1)).toMatchObject({
      given: ["Slate", "Heron"],
      needed: 3,
    });
    expect(sees(gull, "Otter")).toBe(false);
    joined.catch(() => {});
  });
});
