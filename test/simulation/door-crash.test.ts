import { describe, expect, test } from "vitest";
import { channelName as channel, relayAddress, type Seat } from "./cast.ts";
import { channelOf } from "./door-cast.ts";
import { stateOf } from "./insider.ts";
import { quiet } from "./kit.ts";
import { dieEverywhere, type Fuse, makeMortal, revive, watchKeys } from "./mortal.ts";

type Role = "slate" | "heron" | "otter";
type Words = readonly string[];

/**
 * An admission by two, in which each person does what is next for it again and again, as people do whose
 * program has died: the sponsor checks and approves, the newcomer joins and types.
 */
function persevere(seats: Record<Role, Seat>, invitation: { id: string; code: string }) {
  const { id, code } = invitation;
  const said: { heron: Words | null; otter: Words | null } = { heron: null, otter: null };
  let checking = false;
  let joining = false;
  /** Calls of a client that has died since never come back. */
  const restart = (): void => {
    checking = false;
    joining = false;
  };
  const over = (role: "checking" | "joining") => () => {
    if (role === "checking") checking = false;
    else joining = false;
  };
  const second = (): void => {
    const { client } = seats.heron;
    const motion = client.pending(channel).find((one) => one.id === id);
    if (motion === undefined || motion.granted !== null || checking) return;
    const { otter: words } = said;
    checking = true;
    const call =
      said.heron === null || words === null
        ? client.check({ channel, id }).then(({ say }) => {
            said.heron = say;
          })
        : client.approve({ channel, id, words });
    call.then(over("checking"), over("checking"));
  };
  const newcomer = async (): Promise<void> => {
    const { client, store } = seats.otter;
    if (joining || client.channels().length > 0) return;
    joining = true;
    const isBegun = (await store.read("join")) !== null;
    const ask = async ({ say }: { readonly say: Words }): Promise<Words> => {
      said.otter = say;
      while (said.heron === null) await quiet(1);
      return said.heron;
    };
    const options = isBegun
      ? { resume: true as const, ask }
      : { code, relay: relayAddress, name: channel, ask };
    client.join(options).then(over("joining"), over("joining"));
  };
  return {
    restart,
    async push(): Promise<void> {
      second();
      await newcomer();
    },
  };
}

async function admit(role: Role, at: number): Promise<Fuse> {
  const { world, seats } = await channelOf(["Slate", "Heron"]);
  const [slate, heron] = seats as [Seat, Seat];
  const keys = watchKeys();
  const cast = { slate, heron, otter: await world.seat() };
  const scene = { world, victim: cast[role], observer: slate, keys };
  // The first sponsor's code must be known before anything can be tried again.
  const early = role === "slate" ? await makeMortal(scene, at) : null;
  const invited = slate.client.invite({ channel, label: "Otter", expiresMs: 600_000 });
  invited.catch(() => {});
  const invitation = await Promise.race([invited, quiet(24).then(() => null)]);
  if (invitation === null) {
    expect(early?.isDead).toBe(true);
    await revive(scene);
    return early as Fuse;
  }
  invitation.done.catch(() => {});
  const fuse = early ?? (await makeMortal(scene, at));
  const persons = persevere(cast, invitation);
  let isRevived = false;
  for (let round = 0; round < 60; round++) {
    if (fuse.isDead && !isRevived) {
      isRevived = true;
      await revive(scene);
      persons.restart();
    }
    await persons.push();
    await quiet(8);
    await world.clock.advance(500);
    const isIn = cast.otter.client.channels().length > 0;
    if (isIn && slate.client.who(channel).length === 3 && (!fuse.isDead || isRevived)) break;
  }
  await world.clock.advance(40_000);
  await world.settle(...Object.values(cast));
  const status = Object.values(cast).map(({ client }) => client.status(channel));
  expect(new Set(status.map(({ words }) => words.join(" "))).size).toBe(1);
  for (const one of status) expect(one).toMatchObject({ gaps: [], alarms: [], outbox: 0 });
  for (const { client } of Object.values(cast)) {
    expect(client.who(channel).at(-1)).toMatchObject({
      label: "Otter",
      admittedBy: expect.arrayContaining([
        { label: "Slate", check: "code" },
        { label: "Heron", check: "words" },
      ]),
    });
  }
  // Nothing is left that would hold a key still or go on asking.
  for (const seat of Object.values(cast)) {
    const left = [...seat.store.records.keys()].filter((key) => /^(invite|join)/.test(key));
    expect(left).toEqual([]);
    expect((await stateOf(seat)).plans).toMatchObject({ holds: [], grants: [], wishes: [] });
  }
  return fuse;
}

describe("an admission by two, in which a program is killed", {
  timeout: 300_000,
}, () => {
  test.each(["slate", "heron", "otter"] as const)(
    "%s's, at any step: it goes on and lets the newcomer in",
    async (role) => {
      const moments = await dieEverywhere((at) => admit(role, at));
      console.log(`admission by two: ${role} killed at each of ${moments} moments`);
      expect(moments).toBeGreaterThan(16);
    },
  );
});
