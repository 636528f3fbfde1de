import { afterEach, describe, expect, test } from "vitest";
import { createNameplates } from "#server/nameplates.ts";
import type { Relay } from "#server/relay.ts";
import { systemRandom } from "#server/system.ts";
import { utf8 } from "#shared/bytes.ts";
import { limits } from "#shared/limits.ts";
import {
  type RendezvousReply,
  type RendezvousRequest,
  rendezvousReply,
  rendezvousRequest,
} from "#shared/rendezvous.ts";
import { composeControl, parseControl } from "#shared/wire.ts";
import { connectBare, type HandClock, handClock, settle, stageRelay } from "./kit.ts";

let relays: Relay[] = [];
afterEach(async () => {
  for (const relay of relays) await relay.close();
  relays = [];
});

async function stage(): Promise<{ relay: Relay; clock: HandClock }> {
  const staged = await stageRelay();
  relays.push(staged.relay);
  return staged;
}

const token = () => Uint8Array.from(systemRandom(16));
const range = (count: number) => Array.from({ length: count }, (_, at) => at);

type Said = RendezvousRequest extends infer R ? (R extends unknown ? Omit<R, "v"> : never) : never;

/** One side of a rendezvous: says things, and everything it heard by now. */
function side(relay: Relay) {
  const bare = connectBare(relay, "rendezvous");
  const heard = (): RendezvousReply[] =>
    bare.heard.map((text) => parseControl(rendezvousReply, text as string));
  return {
    ...bare,
    replies: heard,
    async say(message: Said): Promise<RendezvousReply> {
      const before = bare.heard.length;
      bare.send(composeControl(rendezvousRequest, { v: 1, ...message } as RendezvousRequest));
      await settle();
      return heard()[before] as RendezvousReply;
    },
  };
}

async function claim(relay: Relay, owner = token(), expiresMs = 60_000) {
  const sponsor = side(relay);
  const reply = await sponsor.say({ type: "claim", side: owner, expiresMs });
  if (reply.type !== "claimed") throw new Error(reply.type);
  return { sponsor, owner, nameplate: reply.nameplate, expiresAt: reply.expiresAt };
}

const messages = (replies: readonly RendezvousReply[]) =>
  replies.flatMap((reply) => (reply.type === "message" ? [reply.index] : []));

describe("a rendezvous", () => {
  test("carries messages both ways, in order, to a side that comes later too", async () => {
    const { relay, clock } = await stage();
    const { sponsor, nameplate, expiresAt } = await claim(relay);
    expect(nameplate).toMatch(/^[0-9]{6}$/);
    expect(expiresAt).toBe(clock.now() + 60_000);
    expect(await sponsor.say({ type: "post", index: 0, body: utf8("share a") })).toMatchObject({
      type: "posted",
      index: 0,
    });
    const newcomer = side(relay);
    expect((await newcomer.say({ type: "join", side: token(), nameplate })).type).toBe("joined");
    await newcomer.say({ type: "post", index: 0, body: utf8("share b") });
    await sponsor.say({ type: "post", index: 1, body: utf8("welcome") });
    expect(newcomer.replies()).toMatchObject([
      { type: "joined" },
      { type: "message", index: 0, body: utf8("share a") },
      { type: "posted", index: 0 },
      { type: "message", index: 1, body: utf8("welcome") },
    ]);
    expect(messages(sponsor.replies())).toEqual([0]);
  });

  test("goes on after either side has lost its connection, and a repeated post is posted once", async () => {
    const { relay } = await stage();
    const { sponsor, owner, nameplate } = await claim(relay);
    const guest = token();
    const newcomer = side(relay);
    await newcomer.say({ type: "join", side: guest, nameplate });
    await newcomer.say({ type: "post", index: 0, body: utf8("b0") });
    sponsor.close();
    await settle();
    await newcomer.say({ type: "post", index: 1, body: utf8("b1") });
    const again = await claim(relay, owner);
    expect(again.nameplate).toBe(nameplate);
    expect(messages(again.sponsor.replies())).toEqual([0, 1]);
    newcomer.close();
    await settle();
    const back = side(relay);
    expect((await back.say({ type: "join", side: guest, nameplate })).type).toBe("joined");
    expect((await back.say({ type: "post", index: 1, body: utf8("b1") })).type).toBe("posted");
    expect(messages(again.sponsor.replies())).toEqual([0, 1]);
  });

  test("ends for both sides with its mood, which is counted and nothing else is kept", async () => {
    const { relay } = await stage();
    const { sponsor, nameplate } = await claim(relay);
    const guest = token();
    const newcomer = side(relay);
    await newcomer.say({ type: "join", side: guest, nameplate });
    expect(await newcomer.say({ type: "finish", mood: "scary" })).toMatchObject({ mood: "scary" });
    expect(sponsor.replies().at(-1)).toMatchObject({ type: "finished", mood: "scary" });
    expect(relay.stats().moods).toEqual({ happy: 0, lonely: 0, scary: 1, errory: 0 });
    expect(await sponsor.say({ type: "post", index: 0, body: utf8("late") })).toMatchObject({
      code: "nameplate-unknown",
    });
  });

  test("tells a side that was away how it ended, and is burned for everybody else", async () => {
    const { relay } = await stage();
    const { sponsor, owner, nameplate } = await claim(relay);
    sponsor.close();
    const newcomer = side(relay);
    await newcomer.say({ type: "join", side: token(), nameplate });
    await newcomer.say({ type: "finish", mood: "errory" });
    const back = await claim(relay, owner);
    expect(back.sponsor.replies().at(-1)).toMatchObject({ type: "finished", mood: "errory" });
    const stranger = side(relay);
    expect(await stranger.say({ type: "join", side: token(), nameplate })).toMatchObject({
      code: "nameplate-unknown",
    });
  });

  test("expires: both sides hear `lonely`, and the number is unknown from then on", async () => {
    const { relay, clock } = await stage();
    const { sponsor, nameplate } = await claim(relay);
    clock.advance(60_000);
    await settle();
    expect(sponsor.replies().at(-1)).toMatchObject({ type: "finished", mood: "lonely" });
    const newcomer = side(relay);
    expect(await newcomer.say({ type: "join", side: token(), nameplate })).toMatchObject({
      type: "error",
      code: "nameplate-unknown",
    });
    expect(relay.stats()).toMatchObject({ nameplates: 0, moods: { lonely: 1 } });
  });

  test("numbers are spread over the whole range and never given twice at a time", async () => {
    const { relay } = await stage();
    const plates: string[] = [];
    for (const _ of range(300)) plates.push((await claim(relay)).nameplate);
    expect(new Set(plates).size).toBe(300);
    // Of 300 uniform draws all ten first digits are missed with probability below 1e-12.
    expect(new Set(plates.map((plate) => plate[0])).size).toBe(10);
  });
});

describe("a rendezvous refuses by name", () => {
  test("a third side: nameplate-taken, and the two are not disturbed", async () => {
    const { relay } = await stage();
    const { sponsor, nameplate } = await claim(relay);
    const newcomer = side(relay);
    await newcomer.say({ type: "join", side: token(), nameplate });
    const third = side(relay);
    expect(await third.say({ type: "join", side: token(), nameplate })).toMatchObject({
      code: "nameplate-taken",
    });
    await newcomer.say({ type: "post", index: 0, body: utf8("b") });
    expect(messages(sponsor.replies())).toEqual([0]);
    expect(third.replies().length).toBe(1);
  });

  test("guesses, after a few: rate-limited, even for the right number", async () => {
    const { relay, clock } = await stage();
    const { nameplate } = await claim(relay);
    const wrong = nameplate === "000000" ? "000001" : "000000";
    const guesser = side(relay);
    for (const _ of range(limits.wrongJoinsMax + 1)) {
      expect(await guesser.say({ type: "join", side: token(), nameplate: wrong })).toMatchObject({
        code: "nameplate-unknown",
      });
    }
    const refused = await guesser.say({ type: "join", side: token(), nameplate });
    expect(refused).toMatchObject({ code: "rate-limited" });
    clock.advance((refused as { retryAfterMs: number }).retryAfterMs);
    expect((await guesser.say({ type: "join", side: token(), nameplate })).type).toBe("joined");
  });

  test("posting before claiming, out of order, other bytes under one index, and too many", async () => {
    const { relay } = await stage();
    const early = side(relay);
    const body = utf8("x");
    expect(await early.say({ type: "post", index: 0, body })).toMatchObject({
      code: "bad-message",
    });
    const { sponsor } = await claim(relay);
    expect(await sponsor.say({ type: "post", index: 1, body })).toMatchObject({
      code: "bad-message",
    });
    for (const index of range(limits.rendezvousMessagesMax)) {
      expect((await sponsor.say({ type: "post", index, body })).type).toBe("posted");
    }
    const index = limits.rendezvousMessagesMax;
    expect(await sponsor.say({ type: "post", index, body })).toMatchObject({ code: "too-many" });
    expect(await sponsor.say({ type: "post", index: 0, body: utf8("y") })).toMatchObject({
      code: "bad-message",
    });
  });

  test("more than the relay holds in memory: relay-full, and room again after a burn", () => {
    const events = { message: () => {}, finished: () => {}, replaced: () => {} };
    const parts = { clock: handClock(), random: systemRandom, ended: () => {} };
    const nameplates = createNameplates(parts);
    const body = new Uint8Array(limits.rendezvousBodyBytesMax);
    const perSide = limits.rendezvousMessagesMax;
    const sides = range(limits.rendezvousBytesMax / body.length / perSide).map(() =>
      nameplates.claim(token(), 1_000, events),
    );
    for (const hold of sides) for (const index of range(perSide)) hold.post(index, body);
    const late = nameplates.claim(token(), 1_000, events);
    expect(() => late.post(0, body)).toThrow(expect.objectContaining({ code: "relay-full" }));
    sides[0]?.finish("happy");
    late.post(0, body);
  });

  test("a second connection of one side ends the first", async () => {
    const { relay } = await stage();
    const { sponsor, owner } = await claim(relay);
    await claim(relay, owner);
    expect(sponsor.state.closed).toBe("nameplate-taken");
  });

  test.each([
    ["binary", new Uint8Array([1]), "bad-message"],
    ["another version", '{"v":2,"type":"finish","mood":"happy"}', "version"],
    ["an unknown mood", '{"v":1,"type":"finish","mood":"bored"}', "bad-message"],
    [
      "a nameplate of five digits",
      `{"v":1,"type":"join","side":"${"A".repeat(22)}","nameplate":"12345"}`,
      "bad-message",
    ],
    [
      "a life longer than a day",
      `{"v":1,"type":"claim","side":"${"A".repeat(22)}","expiresMs":86400001}`,
      "bad-message",
    ],
    ["a request to list", '{"v":1,"type":"list"}', "bad-message"],
  ])("%s ends the connection", async (_name, data, code) => {
    const { relay } = await stage();
    const stranger = side(relay);
    stranger.send(data);
    await stranger.until(() => stranger.state.closed !== null);
    expect(stranger.state.closed).toBe(code);
    expect(stranger.replies()).toMatchObject([{ type: "error", code }]);
    expect(relay.stats().nameplates).toBe(0);
  });
});
