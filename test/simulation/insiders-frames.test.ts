import { describe, expect, test } from "vitest";
import { encodeApprovals } from "#client/core/approval.ts";
import { sealedCipher } from "#client/core/cipher.ts";
import { commit, protect } from "#client/mls/group.ts";
import { utf8 } from "#shared/bytes.ts";
import { channelName as channel, codeOf, createWorld, type Seat, soon } from "./cast.ts";
import { plantState, stateOf, takeApart } from "./insider.ts";
import { quiet, seededRandom } from "./kit.ts";

const say = (seat: Seat, text: string) => seat.client.send({ channel, text });
const alarms = (seat: Seat) => seat.client.status(channel).alarms.map(({ code }) => code);
const random = seededRandom(4242);

describe("an insider", () => {
  test("who repeats another's message in a new frame is noticed, and it is shown once", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    await soon(say(slate!, "I agree"));
    await world.settle(slate!, heron!, otter!);
    const insider = await takeApart(world, otter!);
    const { keys } = insider.channel;
    const message = sealedCipher.open(keys, insider.frames.at(-1) as Uint8Array);
    await insider.append(sealedCipher.seal(keys, message, random));
    expect(await heron!.texts()).toEqual(["I agree"]);
    expect(alarms(heron!)).toEqual(["replay"]);
  });

  test("who appends the very same frame again is noticed too", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    await soon(say(slate!, "I agree"));
    await world.settle(slate!, heron!, otter!);
    const insider = await takeApart(world, otter!);
    await insider.append(insider.frames.at(-1) as Uint8Array);
    expect(await heron!.texts()).toEqual(["I agree"]);
    expect(alarms(heron!)).toEqual(["replay"]);
    expect(alarms(slate!)).toEqual(["replay"]);
  });

  test.each([
    ["rubbish", (size: number) => new Uint8Array(size).fill(7), "frame: version 7"],
    ["a truncated frame", (size: number) => new Uint8Array(size - 1).fill(1), "frame: 1023 octets"],
  ])("who appends %s leaves a named gap and stops nobody", async (_what, make, detail) => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    const insider = await takeApart(world, otter!);
    await insider.append(make(1024));
    await soon(say(slate!, "and on"));
    expect(await heron!.texts()).toEqual(["and on"]);
    expect(heron!.client.status(channel).gaps[0]?.detail).toContain(detail);
    expect(alarms(heron!)).toEqual([]);
  });

  test("whose body is no body leaves a gap in his own name", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    const insider = await takeApart(world, otter!);
    const { group, keys } = insider.channel;
    const { message } = protect(group, utf8("not CBOR"), new Uint8Array(0), random);
    await insider.append(sealedCipher.seal(keys, message, random));
    await world.settle(slate!, heron!);
    expect(heron!.client.status(channel).gaps).toMatchObject([{ from: "Otter", missing: 1 }]);
  });

  test("who removes somebody without approval commits nothing, for anybody", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    const insider = await takeApart(world, otter!);
    const { group, keys } = insider.channel;
    const authenticatedData = encodeApprovals([]);
    const made = commit(group, { remove: [0], authenticatedData, random });
    await insider.append(sealedCipher.seal(keys, made.message, random));
    expect(slate!.client.status(channel)).toMatchObject({ state: "open", epoch: 2 });
    expect(heron!.client.status(channel).gaps[0]?.detail).toContain("0 of 1 approvals");
    await soon(heron!.client.rotate({ channel }));
    expect(slate!.client.status(channel).epoch).toBe(3);
  });

  test("whose commit one seat cannot follow makes it halt, name him and complain", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    // What a half-good commit does to Heron: the public part holds, his own path secret does not open.
    const state = await stateOf(heron!);
    const pathKeys = new Map([...state.group.state.pathKeys].map(([node]) => [node, random(32)]));
    const group = { ...state.group, state: { ...state.group.state, pathKeys } };
    await plantState(heron!, { ...state, group });
    await world.settle(heron!);
    await soon(otter!.client.rotate({ channel }));
    await world.clock.advance(5_000);
    expect(heron!.client.status(channel)).toMatchObject({ state: "halted", epoch: 2 });
    expect(heron!.client.status(channel).alarms).toMatchObject([{ code: "halted", from: "Otter" }]);
    expect(slate!.heard("alarm")).toMatchObject([{ code: "complaint", from: "Heron" }]);
    expect(slate!.heard("alarm")[0]?.detail).toContain("Otter");
    expect(await codeOf(say(heron!, "hello?"))).toBe("halted");
    await soon(slate!.client.remove({ channel, label: "Heron" }));
    expect(otter!.client.status(channel).epoch).toBe(4);
  });

  test("who was removed is not read behind the commit that removed him", async () => {
    const world = await createWorld();
    const [slate, heron, otter] = await world.gather(["Slate", "Heron", "Otter"]);
    heron!.wire.fromRelay = () => null;
    await soon(slate!.client.remove({ channel, label: "Heron" }));
    say(heron!, "from outside").catch(() => {});
    await quiet();
    expect(await otter!.texts()).toEqual([]);
    expect(otter!.client.status(channel).gaps[0]?.detail).toBe("its author had been removed");
  });
});
