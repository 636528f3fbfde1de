import { expect, test } from "vitest";
import { limits } from "#shared/limits.ts";
import { channelName as channel, codeOf, createWorld, relayAddress } from "./cast.ts";

test.each([
  ["a timer", { timerMs: limits.spanMsMax + 1 }],
  ["a timer of half a millisecond", { timerMs: 0.5 }],
  ["a sunset", { sunsetMs: limits.sunsetAtMax }],
  ["a span between updates", { update: { afterMessages: null, afterMs: limits.spanMsMax + 1 } }],
  ["a number of approvals", { approvals: limits.seatsMax + 1 }],
])("a channel with %s out of bounds is refused, and nothing is saved", async (_what, wanted) => {
  const world = await createWorld();
  const { client, store } = await world.seat();
  const common = { name: channel, relay: relayAddress, label: "Slate", approvals: 1 };
  expect(await codeOf(client.openChannel({ ...common, ...wanted }))).toBe("usage");
  expect([...store.records.keys()]).toEqual([]);
});

test("a timer out of bounds is refused, and the client opens again", async () => {
  const world = await createWorld();
  const [slate] = await world.gather(["Slate", "Heron"]);
  const timerMs = Number.MAX_SAFE_INTEGER;
  expect(await codeOf(slate!.client.setTimer({ channel, timerMs }))).toBe("usage");
  await slate!.reopen();
  expect(slate!.client.status(channel)).toMatchObject({ timerMs: null, state: "open" });
});

test.each([0, -1, 0.5, Number.NaN, limits.nameplateMsMax + 1])(
  "an invitation that expires in %d ms is refused, and the client opens again",
  async (expiresMs) => {
    const world = await createWorld();
    const [slate] = await world.gather(["Slate"]);
    const invited = slate!.client.invite({ channel, label: "Heron", expiresMs });
    expect(await codeOf(invited)).toBe("usage");
    await slate!.reopen();
    expect(slate!.client.status(channel).state).toBe("open");
  },
);
