import { describe, expect, test } from "vitest";
import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { channelName as channel, createWorld, relayAddress, type Seat, soon } from "./cast.ts";

const say = (seat: Seat, text: string) => soon(seat.client.send({ channel, text }));

describe("a frame over which the program fails", () => {
  test("is a gap that the person sees, and what comes after it is read", async () => {
    let isBroken = false;
    const cipher: Cipher = {
      ...sealedCipher,
      unprotect(reader, message) {
        if (isBroken) throw new TypeError("undefined is not a function");
        return sealedCipher.unprotect(reader, message);
      },
    };
    const world = await createWorld();
    const slate = await world.seat();
    const heron = await world.seat({ cipher });
    const relay = relayAddress;
    await slate.client.openChannel({ name: channel, label: "Slate", relay, approvals: 1 });
    await world.admit(slate, heron, "Heron");
    await world.settle(slate, heron);
    await say(slate, "one");
    isBroken = true;
    await say(slate, "two");
    isBroken = false;
    await say(slate, "three");
    await world.settle(slate, heron);
    expect(await heron.texts()).toEqual(["one", "three"]);
    const seen = heron.heard("gap").map(({ detail }) => detail);
    expect(seen).toContainEqual("could not be taken in here: a fault of this program");
    expect(heron.client.status(channel)).toMatchObject({ state: "open", outbox: 0 });
  });
});
