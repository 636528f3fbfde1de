import { describe, expect, test } from "vitest";
import { channelName as channel, codeOf, createWorld, soon } from "./cast.ts";
import { quiet } from "./kit.ts";

const say = (seat: { client: import("#client/core/client.ts").Client }, text: string) =>
  seat.client.send({ channel, text });

describe("a channel", () => {
  test("carries texts between three seats that compare the same twelve words", async () => {
    const world = await createWorld();
    const seats = await world.gather(["Slate", "Heron", "Otter"]);
    const [slate, heron, otter] = seats;
    await soon(say(slate!, "one"));
    await soon(say(heron!, "two"));
    await soon(say(otter!, "three"));
    await world.settle(...seats);
    for (const seat of seats)
      expect((await seat.texts()).slice(-3)).toEqual(["one", "two", "three"]);
    const words = seats.map(({ client }) => client.status(channel).words.join(" "));
    expect(new Set(words).size).toBe(1);
    for (const { client } of seats) {
      expect(client.status(channel)).toMatchObject({ silent: [], gaps: [], alarms: [], epoch: 2 });
    }
  });

  test("two seats that commit at once both get their change, one after the other", async () => {
    const world = await createWorld();
    const seats = await world.gather(["Slate", "Heron", "Otter"]);
    const rotated = seats.map(({ client }) => client.rotate({ channel }));
    await quiet(80);
    await Promise.all(rotated);
    await world.settle(...seats);
    const epochs = seats.map(({ client }) => client.status(channel).epoch);
    expect(epochs).toEqual([5, 5, 5]);
    for (const { client } of seats) expect(client.status(channel).gaps).toEqual([]);
  });

  test("a text that lost the race against a commit is sent again and shown once", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"]);
    // Heron's append is held back until Slate's commit is in the log.
    const held: (string | Uint8Array)[] = [];
    heron!.wire.fromRelay = (data) => {
      held.push(data);
      return null;
    };
    await soon(slate!.client.rotate({ channel }));
    const sent = say(heron!, "crossing");
    await quiet();
    heron!.wire.fromRelay = null;
    heron!.wire.hangUp();
    await world.clock.advance(1_000);
    await soon(sent);
    await world.settle(slate!, heron!);
    expect(await slate!.texts()).toEqual(["crossing"]);
    expect(slate!.heard("message")).toHaveLength(1);
    expect(slate!.client.status(channel).gaps).toEqual([]);
  });

  test("a removed member reads nothing of the next epoch and its mailbox is not his", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    await soon(slate!.client.remove({ channel, label: "Heron" }));
    await soon(say(slate!, "among ourselves"));
    await world.settle(slate!, otter!);
    expect(heron!.client.status(channel).state).toBe("removed");
    expect(await heron!.texts()).toEqual([]);
    expect(await otter!.texts()).toEqual(["among ourselves"]);
    expect(await codeOf(say(heron!, "still here"))).toBe("removed");
  });

  test("an admission that needs two persons is refused to one and splits nobody", async () => {
    const world = await createWorld();
    const [slate, heron] = await world.gather(["Slate", "Heron"], { approvals: 2 });
    const otter = await world.seat();
    const invitation = await soon(
      slate!.client.invite({ channel, label: "Otter", expiresMs: 60_000 }),
    );
    const { code } = invitation;
    const joined = otter.client.join({ code, relay: "relay.test", name: channel });
    joined.catch(() => {});
    await quiet(40);
    await world.clock.advance(60_001);
    expect(await codeOf(joined)).toBe("pending");
    expect(await codeOf(invitation.done)).toBe("pending");
    await world.settle(slate!, heron!);
    expect(slate!.client.status(channel).epoch).toBe(1);
    expect(heron!.client.status(channel)).toMatchObject({ epoch: 1, gaps: [] });
  });

  test("a leave is carried out by another member", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    await soon(heron!.client.leave({ channel }));
    await world.clock.advance(20_000);
    await world.settle(slate!, otter!);
    expect(heron!.client.status(channel).state).toBe("left");
    expect(slate!.client.who(channel).map(({ label }) => label)).toEqual(["Slate", "Otter"]);
    expect(otter!.client.status(channel).epoch).toBe(3);
  });
});
