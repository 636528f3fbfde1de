import { describe, expect, test } from "vitest";
import { channelName as channel, relayAddress } from "./cast.ts";
import { quiet } from "./kit.ts";
import { checkConvergence, dieEverywhere, makeMortal, revive, stage } from "./mortal.ts";

describe("a client that is killed", () => {
  test("at any step of a send loses no accepted text and says none twice", {
    timeout: 300_000,
  }, async () => {
    let kept = 0;
    const moments = await dieEverywhere(async (at) => {
      const scene = await stage();
      const fuse = await makeMortal(scene, at);
      const saves = fuse.saves;
      const texts = ["first", "second"];
      for (const text of texts) scene.victim.client.send({ channel, text }).catch(() => {});
      await quiet(24);
      const isAccepted = !fuse.isDead || fuse.saves > saves;
      if (fuse.isDead) await revive(scene);
      await checkConvergence(scene);
      const expected = isAccepted ? texts : [];
      expect(await scene.observer.texts()).toEqual(expected);
      expect(await scene.victim.texts()).toEqual(expected);
      expect(scene.observer.heard("message")).toHaveLength(expected.length);
      kept += expected.length;
      return fuse;
    });
    console.log(
      `send: killed at each of ${moments} moments, ${kept} accepted texts, none lost or doubled`,
    );
    expect(moments).toBeGreaterThan(8);
  });

  test("at any step of a commit ends in one epoch with everybody", {
    timeout: 300_000,
  }, async () => {
    const moments = await dieEverywhere(async (at) => {
      const scene = await stage();
      const fuse = await makeMortal(scene, at);
      scene.victim.client.rotate({ channel }).catch(() => {});
      scene.observer.client.rotate({ channel }).catch(() => {});
      scene.victim.client.send({ channel, text: "meanwhile" }).catch(() => {});
      await quiet(48);
      if (fuse.isDead) await revive(scene);
      await checkConvergence(scene);
      const texts = await scene.observer.texts();
      expect(texts.length).toBeLessThanOrEqual(1);
      expect(await scene.victim.texts()).toEqual(texts);
      if (!fuse.isDead) expect(texts).toEqual(["meanwhile"]);
      return fuse;
    });
    console.log(`commit: killed at each of ${moments} moments`);
    expect(moments).toBeGreaterThan(8);
  });

  test("at any step of an invitation lets the newcomer in by the same code", {
    timeout: 300_000,
  }, async () => {
    let admitted = 0;
    const moments = await dieEverywhere(async (at) => {
      const scene = await stage();
      const { world, victim, observer } = scene;
      const newcomer = await world.seat();
      const fuse = await makeMortal(scene, at);
      const invited = victim.client.invite({ channel, label: "Otter", expiresMs: 600_000 });
      const invitation = await Promise.race([invited, quiet(24).then(() => null)]);
      if (invitation === null) {
        // Killed before the code was known to anybody: nothing has happened.
        expect(fuse.isDead).toBe(true);
        await revive(scene);
        await checkConvergence(scene);
        return fuse;
      }
      invitation.done.catch(() => {});
      const { code } = invitation;
      const joined = newcomer.client.join({
        code,
        relay: relayAddress,
        name: channel,
        sponsors: 1,
      });
      await quiet(48);
      if (fuse.isDead) await revive(scene);
      await world.clock.advance(40_000);
      expect(await joined).toMatchObject({
        label: "Otter",
        admittedBy: [{ label: "Slate", check: "code" }],
      });
      admitted++;
      await checkConvergence(scene);
      await world.settle(newcomer);
      expect(newcomer.client.status(channel).words).toEqual(observer.client.status(channel).words);
      return fuse;
    });
    console.log(`invite: killed at each of ${moments} moments, ${admitted} newcomers let in`);
    expect(moments).toBeGreaterThan(16);
  });

  test("at any step of a join is let in by the same code, or by none", {
    timeout: 300_000,
  }, async () => {
    const moments = await dieEverywhere(async (at) => {
      const scene = await stage();
      const { world, victim } = scene;
      const newcomer = await world.seat();
      const invited = victim.client.invite({ channel, label: "Otter", expiresMs: 600_000 });
      await quiet();
      const { code, done } = await invited;
      const dying = { ...scene, victim: newcomer };
      const fuse = await makeMortal(dying, at);
      const relay = relayAddress;
      newcomer.client.join({ code, relay, name: channel, sponsors: 1 }).catch(() => {});
      await quiet(48);
      if (fuse.isDead) {
        await revive(dying);
        const isIn = newcomer.client.channels().length > 0;
        const isBegun = (await newcomer.store.read("join")) !== null;
        const again = { code, relay, name: channel, sponsors: 1 } as const;
        if (!isIn) {
          const resumed = newcomer.client.join(isBegun ? { resume: true } : again);
          await world.clock.advance(40_000);
          expect(await resumed).toMatchObject({ label: "Otter" });
        }
      }
      await world.clock.advance(40_000);
      expect(await done).toMatchObject({ label: "Otter" });
      await checkConvergence(scene);
      await world.settle(newcomer);
      const { words } = newcomer.client.status(channel);
      expect(words).toEqual(victim.client.status(channel).words);
      return fuse;
    });
    console.log(`join: killed at each of ${moments} moments, let in every time`);
    expect(moments).toBeGreaterThan(12);
  });
});
