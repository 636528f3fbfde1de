import { describe, expect, test } from "vitest";
import { channelName as channel, come, reach, relayAddress, type Seat } from "./cast.ts";
import { channelOf, endOf, sees } from "./door-cast.ts";
import { stateOf } from "./insider.ts";
import { quiet } from "./kit.ts";

const expiresMs = 600_000;
const relay = relayAddress;

/** Slate has given out the first code, and Heron the second one for it. */
async function twoCodes() {
  const { world, seats } = await channelOf(["Slate", "Heron"], {
    channel: { check: "two-codes" },
  });
  const [slate, heron] = seats as [Seat, Seat];
  const otter = await world.seat();
  const first = await come(slate.client.invite({ channel, label: "Otter", expiresMs }));
  first.done.catch(() => {});
  await reach(() => heron.client.pending(channel).some(({ id }) => id === first.id));
  const second = await come(heron.client.secondCode({ channel, id: first.id, expiresMs }));
  second.done.catch(() => {});
  const join = (seat: Seat, code: string, other: string) => {
    const joined = seat.client.join({ code, second: other, relay, name: channel });
    joined.catch(() => {});
    return joined;
  };
  return { world, slate, heron, otter, first, second, join };
}

/** A code whose last word is another one. */
function wrong(code: string): string {
  const parts = code.split("-");
  return [...parts.slice(0, 3), code.includes("acid") ? "tulip" : "acid"].join("-");
}

describe("admission by two codes", () => {
  test("lets in who has used the codes of two persons", async () => {
    const { world, slate, heron, otter, first, second, join } = await twoCodes();
    const joined = await come(join(otter, first.code, second.code));
    const admittedBy = [
      { label: "Slate", check: "code" },
      { label: "Heron", check: "code" },
    ];
    expect(joined).toEqual({ channel, label: "Otter", epoch: 2, admittedBy });
    expect(await come(first.done)).toEqual({ label: "Otter", epoch: 2 });
    expect(await come(second.done)).toEqual({ label: "Otter", epoch: 2 });
    await world.settle(slate, heron, otter);
    for (const seat of [slate, heron]) {
      expect(seat.client.who(channel)[2]).toMatchObject({ label: "Otter", admittedBy });
      expect(seat.client.pending(channel)).toMatchObject([{ granted: 2 }]);
      expect([...seat.store.records.keys()].filter((key) => key.startsWith("invite/"))).toEqual([]);
    }
  });

  test("shows no KeyPackage to the first sponsor before the second has answered", async () => {
    const { world, slate, heron, otter, first, second, join } = await twoCodes();
    heron.wire.isUp = false;
    heron.wire.hangUp();
    const joined = join(otter, first.code, second.code);
    await quiet(60);
    const [motion] = (await stateOf(slate)).plans.motions;
    expect(motion).toMatchObject({ change: { op: "admit", keyPackage: null }, approvals: [] });
    heron.wire.isUp = true;
    await world.clock.advance(1_000);
    expect(await come(joined)).toMatchObject({ label: "Otter" });
  });

  test("does not ask for words, and words do not count", async () => {
    const { heron, first } = await twoCodes();
    const { id } = first;
    const words = ["acid", "acid", "acid"];
    expect(await endOf(heron.client.check({ channel, id }))).toBe("usage");
    expect(await endOf(heron.client.approve({ channel, id, words }))).toBe("usage");
  });

  test("is over when the newcomer has but one code", async () => {
    const { otter, first, heron } = await twoCodes();
    const joined = otter.client.join({ code: first.code, relay, name: channel });
    expect(await endOf(joined)).toBe("usage");
    expect(await endOf(first.done)).toBe("refused");
    expect(sees(heron, "Otter")).toBe(false);
  });

  test("refuses one code twice before anything is sent", async () => {
    const { otter, first, second, join } = await twoCodes();
    expect(await endOf(join(otter, first.code, first.code))).toBe("usage");
    expect(await come(join(otter, first.code, second.code))).toMatchObject({ label: "Otter" });
  });

  test.each(["first", "second"] as const)(
    "ends for everybody when the %s code is missed",
    async (missed) => {
      const { world, slate, heron, otter, first, second, join } = await twoCodes();
      const codes = { first: first.code, second: second.code };
      codes[missed] = wrong(codes[missed]);
      expect(await endOf(join(otter, codes.first, codes.second))).toBe("auth");
      expect(await endOf(first.done)).toBe("auth");
      expect(await endOf(second.done)).toBe("auth");
      await world.settle(slate, heron);
      expect(heron.client.pending(channel)).toMatchObject([{ ended: "code" }]);
      expect(sees(slate, "Otter")).toBe(false);
    },
  );

  test("a code of one admission does not serve another one", async () => {
    const { world, slate, heron, second } = await twoCodes();
    const gull = await world.seat();
    const other = await come(slate.client.invite({ channel, label: "Gull", expiresMs }));
    other.done.catch(() => {});
    const { code } = other;
    const crossed = gull.client.join({ code, second: second.code, relay, name: channel });
    expect(await endOf(crossed)).toBe("auth");
    expect(await endOf(second.done)).toBe("auth");
    await world.settle(slate, heron);
    expect(sees(slate, "Gull") || sees(slate, "Otter")).toBe(false);
  });

  test("goes on by one person where there is only one", async () => {
    const { world, seats } = await channelOf(["Slate"], { channel: { check: "two-codes" } });
    const [slate] = seats as [Seat];
    const heron = await world.seat();
    const { code, done } = await come(slate.client.invite({ channel, label: "Heron", expiresMs }));
    const joined = heron.client.join({ code, relay, name: channel });
    expect(await come(joined)).toMatchObject({ label: "Heron", epoch: 1 });
    await come(done);
  });

  test("gives out no second code where nothing asks for one", async () => {
    const { slate, heron, otter, first, second, join } = await twoCodes();
    const id = first.id;
    expect(await endOf(slate.client.secondCode({ channel, id, expiresMs }))).toBe("usage");
    const unknown = "00".repeat(16);
    expect(await endOf(heron.client.secondCode({ channel, id: unknown, expiresMs }))).toBe(
      "not-found",
    );
    await come(join(otter, first.code, second.code));
    await come(second.done);
    expect(await endOf(heron.client.secondCode({ channel, id, expiresMs }))).toBe("usage");
  });

  test("a second code that nobody used leaves the motion as it was", async () => {
    const { world, slate, heron, otter, first, second, join } = await twoCodes();
    await come(second.cancel());
    expect(await endOf(second.done)).toBe("interrupted");
    await world.settle(slate, heron);
    expect(heron.client.pending(channel)).toMatchObject([{ ended: null }]);
    const again = await come(heron.client.secondCode({ channel, id: first.id, expiresMs }));
    expect(await come(join(otter, first.code, again.code))).toMatchObject({ label: "Otter" });
  });

  test.each(["slate", "heron", "otter"] as const)(
    "goes on after %s was closed, whenever that was",
    async (who) => {
      for (let turns = 1; turns <= 12; turns++) {
        const door = await twoCodes();
        const { otter, heron, slate, first, second, join } = door;
        const joined = join(otter, first.code, second.code);
        await quiet(turns);
        await door[who].reopen();
        const isIn = otter.client.channels().length > 0;
        const isStopped = who === "otter" && !isIn;
        if (!isIn) await come(isStopped ? otter.client.join({ resume: true }) : joined);
        await door.world.settle(slate, heron, otter);
        for (const seat of [slate, heron, otter]) expect(sees(seat, "Otter")).toBe(true);
      }
    },
  );
});
