import { describe, expect, test } from "vitest";
import { channelName as channel, createWorld } from "./cast.ts";

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
  });
});
