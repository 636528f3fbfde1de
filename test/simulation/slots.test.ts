import { describe, expect, test } from "vitest";
import { limits } from "#shared/limits.ts";
import { decodeBatch } from "#shared/records.ts";
import { channelName as channel, codeOf, createWorld, type Seat, soon } from "./cast.ts";
import { quiet } from "./kit.ts";
import { checkConvergence, dieEverywhere, makeMortal, revive, stage } from "./mortal.ts";

const everyMs = 10_000;
const slots = 40;

/** What crosses one seat's line: when, by slot and milliseconds into it, which way, how large. */
interface Crossing {
  readonly slot: number;
  readonly lateMs: number;
  readonly way: "up" | "down";
  readonly bytes: number;
}

function tap(seat: Seat, now: () => number): Crossing[] {
  const crossings: Crossing[] = [];
  const note = (way: "up" | "down", data: string | Uint8Array): void => {
    const [slot, lateMs] = [Math.floor(now() / everyMs), now() % everyMs];
    if (typeof data === "string") crossings.push({ slot, lateMs, way, bytes: data.length });
    else {
      // What the relay packs into one message is a matter of its moments; TCP shows the sum of it.
      for (const record of decodeBatch(data)) {
        const bytes = record.kind === "ack" ? 0 : record.frame.length;
        crossings.push({ slot, lateMs, way, bytes });
      }
    }
  };
  seat.wire.toRelay = (data) => {
    note("up", data);
    return data;
  };
  seat.wire.fromRelay = (data) => {
    note("down", data);
    return data;
  };
  return crossings;
}

/** Three seats with slots; the first two talk, or nobody does. */
async function watch(isTalk: boolean): Promise<{
  readonly crossings: readonly (readonly Crossing[])[];
  readonly seats: readonly Seat[];
}> {
  const world = await createWorld();
  const { clock } = world;
  const seats = await world.gather(["Slate", "Heron", "Otter"]);
  const [slate, heron] = seats as [Seat, Seat];
  for (const { client } of seats) await soon(client.setSlots({ channel, everyMs }));
  if (isTalk) await soon(heron.client.setReceipts({ channel, on: true }));
  const crossings = seats.map((seat) => tap(seat, () => clock.now()));
  await clock.advance(3_217);
  for (let slot = 0; slot < slots; slot++) {
    if (isTalk && slot % 5 === 1) {
      void slate.client.send({ channel, text: `line ${slot}` });
      void slate.client.send({ channel, text: "x".repeat(limits.slotTextBytesMax) });
      await quiet(24);
    }
    await clock.advance(4_321);
    if (isTalk && slot % 7 === 2) {
      void heron.client.send({ channel, text: "yes" });
      await quiet(24);
    }
    await clock.advance(everyMs - 4_321);
  }
  return { crossings, seats };
}

/** In the order of time; what happens at one moment has no order of its own. */
function sorted(crossings: readonly Crossing[]): string[] {
  return crossings.map((one) => Object.values(one).join(" ")).toSorted();
}

describe("constant slots", () => {
  test("make the traffic of a seat that talks and of one that is silent the same, slot by slot and octet by octet", async () => {
    const [talk, silence] = [await watch(true), await watch(false)];
    expect(await talk.seats[2]?.texts()).toHaveLength(22);
    expect(await silence.seats[2]?.texts()).toEqual([]);
    for (const [at, crossings] of talk.crossings.entries()) {
      expect(sorted(crossings)).toEqual(sorted(silence.crossings[at] ?? []));
    }
    const [slate, heron] = talk.crossings.map((crossings) => {
      return crossings
        .filter(({ way, bytes }) => way === "up" && bytes >= limits.frameBytesMin)
        .map(({ slot, bytes }) => ({ slot, bytes }));
    });
    expect(slate).toHaveLength(slots);
    expect(heron).toEqual(slate);
    expect(new Set(slate?.map(({ bytes }) => bytes))).toEqual(new Set([limits.frameBytesMin]));
    expect(new Set(slate?.map(({ slot }) => slot)).size).toBe(slots);
    for (const { lateMs } of talk.crossings.flat()) expect(lateMs).toBe(0);
    for (const { client } of talk.seats) {
      expect(client.status(channel)).toMatchObject({ gaps: [], alarms: [], outbox: 0 });
    }
  });

  test("switched off show who talks: the same comparison tells them apart", async () => {
    const world = await createWorld();
    const seats = (await world.gather(["Slate", "Heron"])) as [Seat, Seat];
    const [one, other] = seats.map((seat) => tap(seat, () => world.clock.now()));
    await world.clock.advance(3_217);
    await soon(seats[0].client.send({ channel, text: "seen" }));
    const up = ({ way }: Crossing) => way === "up";
    expect(one?.filter(up)).toHaveLength(1);
    expect(other?.filter(up)).toHaveLength(0);
  });

  test("do not burst after hours without the relay, and say what has waited, once", async () => {
    const world = await createWorld();
    const [slate, heron] = (await world.gather(["Slate", "Heron"])) as [Seat, Seat];
    await soon(slate.client.setSlots({ channel, everyMs }));
    await world.clock.advance(3 * everyMs);
    slate.wire.isUp = false;
    slate.wire.hangUp();
    for (const text of ["one", "two", "three"])
      slate.client.send({ channel, text }).catch(() => {});
    await world.clock.advance(6 * 3_600_000);
    const crossings = tap(slate, () => world.clock.now());
    slate.wire.isUp = true;
    await world.clock.advance(31_000 + 5 * everyMs);
    const frames = crossings.filter(({ way, bytes }) => way === "up" && bytes >= 1_024);
    const perSlot = new Map(frames.map(({ slot }) => [slot, 0]));
    for (const { slot } of frames) perSlot.set(slot, (perSlot.get(slot) ?? 0) + 1);
    expect(perSlot.size).toBeGreaterThan(3);
    expect(new Set(perSlot.values())).toEqual(new Set([1]));
    expect(await heron.texts()).toEqual(["one", "two", "three"]);
    expect(heron.client.status(channel)).toMatchObject({ gaps: [], alarms: [] });
  });

  test("let a text wait for the whole of a slot before they call the relay silent", async () => {
    const world = await createWorld();
    const [slate] = (await world.gather(["Slate", "Heron"])) as [Seat, Seat];
    await soon(slate.client.setSlots({ channel, everyMs: limits.slotMsMax }));
    const sent = slate.client.send({ channel, text: "patience" });
    await world.clock.advance(limits.slotMsMax);
    expect(await soon(sent)).toMatchObject({ epoch: 1 });
    slate.wire.isUp = false;
    slate.wire.hangUp();
    const late = slate.client.send({ channel, text: "nobody there" });
    late.catch(() => {});
    await world.clock.advance(11_000);
    expect(await codeOf(late)).toBe("network");
  });

  test("refuse lengths out of bounds, longer texts and seats that are gone", async () => {
    const world = await createWorld();
    const [slate, heron] = (await world.gather(["Slate", "Heron"])) as [Seat, Seat];
    for (const wrong of [0, 999, 600_001, 1.5]) {
      expect(await codeOf(slate.client.setSlots({ channel, everyMs: wrong }))).toBe("usage");
    }
    await soon(slate.client.setSlots({ channel, everyMs }));
    const text = "x".repeat(limits.slotTextBytesMax + 1);
    expect(await codeOf(slate.client.send({ channel, text }))).toBe("too-large");
    expect(slate.client.status(channel).slotMs).toBe(everyMs);
    await soon(slate.client.remove({ channel, label: "Heron" }));
    expect(await codeOf(heron.client.setSlots({ channel, everyMs }))).toBe("removed");
  });

  test("survive a death at any step of a slot: no text is lost or said twice", {
    timeout: 300_000,
  }, async () => {
    const moments = await dieEverywhere(async (at) => {
      const scene = await stage();
      const { clock } = scene.world;
      await soon(scene.victim.client.setSlots({ channel, everyMs }));
      const fuse = await makeMortal(scene, at);
      const { saves } = fuse;
      const texts = ["first", "second"];
      for (const text of texts) scene.victim.client.send({ channel, text }).catch(() => {});
      await quiet(24);
      const isAccepted = !fuse.isDead || fuse.saves > saves;
      await clock.advance(2 * everyMs);
      // Whoever is still alive is closed: the moments of what follows are not counted.
      if (!fuse.isDead) await scene.victim.client.close();
      await revive(scene);
      await checkConvergence(scene);
      const expected = isAccepted ? texts : [];
      expect(await scene.observer.texts()).toEqual(expected);
      expect(await scene.victim.texts()).toEqual(expected);
      expect(scene.observer.heard("message")).toHaveLength(expected.length);
      return fuse;
    });
    expect(moments).toBeGreaterThan(8);
  });
});
