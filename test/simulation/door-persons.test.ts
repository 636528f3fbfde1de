import { describe, expect, test } from "vitest";
import { channelName as channel, come, reach, relayAddress, type Seat } from "./cast.ts";
import { atTheDoor, channelOf, createPerson, endOf, sees } from "./door-cast.ts";

describe("persons and seats", () => {
  test("a further seat of a person shares its id, and two seats are one voice", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    const phone = await world.seat();
    const person = createPerson();
    const options = { channel, expiresMs: 600_000 };
    const { id, code, done } = await come(
      slate.client.invite({ ...options, label: "Slate's phone", personOf: "Slate" }),
    );
    const joined = phone.client.join({
      code,
      relay: relayAddress,
      name: channel,
      ask: person.ask,
    });
    joined.catch(() => {});
    await reach(() => heron.client.pending(channel).length > 0);
    // Who seconds it sees whose seat it is to be, and so whom to ask.
    expect(heron.client.pending(channel)).toMatchObject([{ otherSeats: ["Slate"] }]);
    expect(await endOf(slate.client.check({ channel, id }))).toBe("usage");
    const { say } = await come(heron.client.check({ channel, id }));
    const question = await person.question();
    question.type(say);
    await come(heron.client.approve({ channel, id, words: question.say }));
    await come(Promise.all([joined, done]));
    const [one, , two] = slate.client.who(channel);
    expect(two?.person).toBe(one?.person);
    const listed = heron.client.who(channel).map(({ label, otherSeats }) => [label, otherSeats]);
    expect(listed).toEqual([
      ["Slate", ["Slate's phone"]],
      ["Heron", []],
      ["Slate's phone", ["Slate"]],
    ]);

    // What Slate moves, Slate's phone cannot second.
    const otter = await world.seat();
    const next = await come(slate.client.invite({ ...options, label: "Otter" }));
    const waiting = otter.client.join({ code: next.code, relay: relayAddress, name: channel });
    waiting.catch(() => {});
    next.done.catch(() => {});
    await reach(() => phone.client.pending(channel).some((motion) => motion.id === next.id));
    expect(heron.client.pending(channel).at(-1)).toMatchObject({ label: "Otter", otherSeats: [] });
    expect(await endOf(phone.client.check({ channel, id: next.id }))).toBe("usage");
    const words = ["acid", "acid", "acid"];
    expect(await endOf(phone.client.approve({ channel, id: next.id, words }))).toBe("usage");
  });

  test("nobody has a seat given to a person who is not there", async () => {
    const { seats } = await channelOf(["Slate"]);
    const options = { channel, label: "Phone", expiresMs: 600_000, personOf: "Heron" };
    expect(await endOf((seats[0] as Seat).client.invite(options))).toBe("not-found");
  });

  test("a label that can be mistaken for a member's stops each sponsor's own approval", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    const options = { channel, label: "Her0n", expiresMs: 600_000 };
    expect(await endOf(slate.client.invite(options))).toBe("look-alike");
    const { id, code, done } = await come(slate.client.invite({ ...options, despite: true }));
    const newcomer = await world.seat();
    const joined = newcomer.client.join({ code, relay: relayAddress, name: channel });
    joined.catch(() => {});
    done.catch(() => {});
    await reach(() => heron.client.pending(channel).length > 0);
    expect(heron.client.pending(channel)).toMatchObject([{ lookAlike: "Heron", ended: null }]);
    expect(heron.heard("alarm")).toMatchObject([{ code: "look-alike", from: "Her0n" }]);
    expect(await endOf(heron.client.check({ channel, id }))).toBe("look-alike");
    const { say } = await come(heron.client.check({ channel, id, despite: true }));
    expect(say).toHaveLength(3);
    const words = ["acid", "acid", "acid"];
    expect(await endOf(heron.client.approve({ channel, id, words }))).toBe("look-alike");
  });

  test("the second of a lone founder's newcomers needs the first one's approval", async () => {
    const { world, seats } = await channelOf(["Slate"]);
    const [slate] = seats as [Seat];
    const [heron, otter] = [await world.seat(), await world.seat()];
    const expiresMs = 600_000;
    const two = ["Heron", "Otter"].map((label) => {
      return come(slate.client.invite({ channel, label, expiresMs }));
    });
    const [one, other] = await Promise.all(two);
    const person = createPerson();
    const { ask } = person;
    const join = (seat: Seat, code: string) => {
      return seat.client.join({ code, relay: relayAddress, name: channel, ask });
    };
    expect(await come(join(heron, one!.code))).toMatchObject({ epoch: 1 });
    await come(one!.done);
    const joined = join(otter, other!.code);
    joined.catch(() => {});
    await reach(() => heron.client.pending(channel).length > 0);
    expect(sees(heron, "Otter")).toBe(false);
    const { id } = other!;
    const { say } = await come(heron.client.check({ channel, id }));
    const question = await person.question();
    question.type(say);
    await come(heron.client.approve({ channel, id, words: question.say }));
    expect(await come(joined)).toMatchObject({ label: "Otter", epoch: 2 });
  });

  test("a member who begins a check and goes away does not keep the newcomer from another's", async () => {
    const { heron, seats, id, person, joined } = await atTheDoor({
      labels: ["Slate", "Heron", "Gull"],
    });
    await come((seats[2] as Seat).client.check({ channel, id }));
    expect((await person.question(0)).by).toBe("Gull");
    const { say } = await come(heron.client.check({ channel, id }));
    const question = await person.question(1);
    expect(question.by).toBe("Heron");
    question.type(say);
    await come(heron.client.approve({ channel, id, words: question.say }));
    expect(await come(joined)).toMatchObject({
      admittedBy: [
        { label: "Slate", check: "code" },
        { label: "Heron", check: "words" },
      ],
    });
  });
});
