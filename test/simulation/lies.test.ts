import { describe, expect, test } from "vitest";
import { channelName as channel, codeOf, createWorld, relayAddress, type Seat } from "./cast.ts";
import { stateOf } from "./insider.ts";
import { quiet } from "./kit.ts";

const happy = JSON.stringify({ v: 1, type: "finished", mood: "happy" });

/** Slate invites Otter, and the relay says "done, all well" in place of the message of this number. */
async function inviteAt(lying: number) {
  const world = await createWorld();
  const [slate] = (await world.gather(["Slate", "Heron"])) as [Seat, Seat];
  let messages = 0;
  slate.wire.fromRelay = (data) => {
    if (typeof data !== "string") return data;
    const { type } = JSON.parse(data);
    const isCounted = type === "claimed" || (type === "message" && messages > 0);
    return isCounted && messages++ === lying ? happy : data;
  };
  const invited = slate.client.invite({ channel, label: "Otter", expiresMs: 600_000 });
  invited.catch(() => {});
  await quiet(24);
  return { world, slate, invited };
}

describe("a relay that says an invitation is over, all well", () => {
  test("before the code was given out ends it as failed", async () => {
    const { slate, invited } = await inviteAt(0);
    expect(await codeOf(invited)).toBe("refused");
    expect((await stateOf(slate)).plans).toMatchObject({ wishes: [], holds: [], grants: [] });
  });

  for (const lying of [1, 2, 3]) {
    test(`before message ${lying} of the newcomer was heard lets nobody in`, async () => {
      const { world, slate, invited } = await inviteAt(lying);
      const { code, done } = await invited;
      const otter = await world.seat();
      const joined = otter.client.join({ code, relay: relayAddress, name: channel });
      joined.catch(() => {});
      expect(await codeOf(done)).toBe("refused");
      expect(await codeOf(joined)).not.toBe(null);
      expect(slate.client.who(channel).map(({ label }) => label)).toEqual(["Slate", "Heron"]);
      expect((await stateOf(slate)).plans).toMatchObject({ wishes: [], holds: [], grants: [] });
      expect([...slate.store.records.keys()].filter((key) => key.startsWith("invite/"))).toEqual(
        [],
      );
    });
  }
});
