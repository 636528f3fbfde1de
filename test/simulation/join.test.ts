import { describe, expect, test } from "vitest";
import { words } from "#client/core/words.ts";
import { utf8 } from "#shared/bytes.ts";
import { rendezvousReply } from "#shared/rendezvous.ts";
import { parseControl } from "#shared/wire.ts";
import { channelName as channel, codeOf, createWorld, relayAddress, soon } from "./cast.ts";
import { quiet } from "./kit.ts";

async function invited() {
  const world = await createWorld();
  const sponsor = await world.seat();
  const newcomer = await world.seat();
  const relay = relayAddress;
  await sponsor.client.openChannel({ name: channel, label: "Slate", relay, approvals: 1 });
  const invitation = await soon(
    sponsor.client.invite({ channel, label: "Heron", expiresMs: 600_000 }),
  );
  invitation.done.catch(() => {});
  const join = (code: string) => newcomer.client.join({ code, relay, name: channel, sponsors: 1 });
  return { world, sponsor, newcomer, invitation, join };
}

/** The code with its last word replaced by another one of the list. */
function wrong(code: string): string {
  const parts = code.split("-");
  const other = words.find((word) => !code.includes(word)) as string;
  return [...parts.slice(0, 3), other].join("-");
}

describe("joining by voice", () => {
  test("takes a code of six digits and three words, in any case, cut off after three letters", async () => {
    const { invitation, join, sponsor } = await invited();
    expect(invitation.code).toMatch(/^\d{6}(-[a-z-]+){3}$/);
    const [digits, ...rest] = invitation.code.replace("yo-yo", "yoyo").split("-");
    const typed = [digits, ...rest.map((word) => word.slice(0, 3).toUpperCase())].join(" ");
    const joined = await soon(join(typed.replace("YOY", "yo-yo")));
    expect(joined).toMatchObject({
      label: "Heron",
      epoch: 1,
      admittedBy: [{ label: "Slate", check: "code" }],
    });
    expect(await invitation.done).toEqual({ label: "Heron", epoch: 1 });
    const [, heron] = sponsor.client.who(channel);
    expect(heron).toMatchObject({
      label: "Heron",
      admittedBy: [{ label: "Slate", check: "code" }],
      self: false,
    });
  });

  test("notices a typing error before the one guess is spent", async () => {
    const { invitation, join } = await invited();
    const parts = invitation.code.split("-");
    for (const typo of [
      `${parts[0]}-zzz-${parts.slice(2).join("-")}`,
      `${parts[0]}-${parts[1]}x-${parts.slice(2).join("-")}`,
      `${parts[0]}-${parts[1]?.slice(0, 2)}-${parts.slice(2).join("-")}`,
      parts.slice(0, 3).join("-"),
      `12345-${parts.slice(1).join("-")}`,
    ]) {
      expect(await codeOf(join(typo))).toBe("code-typo");
    }
    expect(await soon(join(invitation.code))).toMatchObject({ label: "Heron" });
  });

  test("burns the code at one wrong guess, and shows it on both sides", async () => {
    const { world, invitation, join, sponsor, newcomer } = await invited();
    expect(await codeOf(join(wrong(invitation.code)))).toBe("auth");
    expect(await codeOf(invitation.done)).toBe("auth");
    expect(await codeOf(join(invitation.code))).toBe("nameplate-unknown");
    expect(sponsor.client.who(channel)).toHaveLength(1);
    expect([...newcomer.store.records.keys()]).toEqual([]);
    expect([...sponsor.store.records.keys()].filter((key) => key.startsWith("invite/"))).toEqual(
      [],
    );
    expect(world.relay.stats().moods).toMatchObject({ scary: 1 });
  });

  test("lets a third one who knows the nameplate in on nothing", async () => {
    const { world, invitation, join } = await invited();
    expect(await soon(join(invitation.code))).toMatchObject({ label: "Heron" });
    const third = await world.seat();
    const late = third.client.join({ code: invitation.code, relay: relayAddress, name: channel });
    expect(await codeOf(late)).toBe("nameplate-unknown");
  });

  test("shows the relay neither label nor group nor key", async () => {
    const world = await createWorld();
    const [sponsor] = await world.gather(["Slate"]);
    const newcomer = await world.seat();
    const seen: Uint8Array[] = [];
    for (const seat of [sponsor!, newcomer]) {
      seat.wire.fromRelay = (data) => {
        if (typeof data === "string" && data.includes('"message"')) {
          const reply = parseControl(rendezvousReply, data);
          if (reply.type === "message") seen.push(reply.body);
        }
        return data;
      };
    }
    await world.admit(sponsor!, newcomer, "Heron");
    expect(seen).toHaveLength(7);
    const all = Buffer.concat(seen);
    expect(all.includes(Buffer.from(utf8("Heron")))).toBe(false);
    const sealed = seen.filter((body) => body.length >= 1024);
    expect(sealed).toHaveLength(3);
    for (const body of sealed) expect(Math.log2(body.length) % 1).toBe(0);
  });

  test("fails on both sides when the relay changes a message", async () => {
    const { invitation, join, newcomer } = await invited();
    newcomer.wire.fromRelay = (data) => {
      if (typeof data !== "string" || !data.includes('"message","index":1')) return data;
      const message = JSON.parse(data) as { body: string };
      const body = Buffer.from(message.body, "base64url");
      body[body.length - 1] = (body.at(-1) as number) ^ 1;
      return JSON.stringify({ ...message, body: body.toString("base64url") });
    };
    expect(await codeOf(join(invitation.code))).not.toBeNull();
    expect(await codeOf(invitation.done)).not.toBeNull();
  });

  test("expires by the sponsor's clock, and says so", async () => {
    const { world, invitation, join } = await invited();
    await world.clock.advance(600_001);
    expect(await codeOf(invitation.done)).toBe("expired");
    expect(await codeOf(join(invitation.code))).toBe("nameplate-unknown");
  });

  test("is withdrawn by the sponsor", async () => {
    const { invitation, join } = await invited();
    await soon(invitation.cancel());
    expect(await codeOf(invitation.done)).toBe("interrupted");
    expect(await codeOf(join(invitation.code))).toBe("nameplate-unknown");
  });

  test("keeps its word although the sponsor rotates in the middle", async () => {
    const { sponsor, invitation, join } = await invited();
    const joined = join(invitation.code);
    for (let turn = 0; turn < 6; turn++) {
      sponsor.client.rotate({ channel }).catch(() => {});
      await quiet(1);
    }
    expect(await soon(joined)).toMatchObject({ label: "Heron" });
  });

  test("two newcomers at once are both let in", async () => {
    const { world, sponsor, invitation, join } = await invited();
    const other = await soon(sponsor.client.invite({ channel, label: "Otter", expiresMs: 60_000 }));
    const third = await world.seat();
    const { code } = other;
    const joins = [
      join(invitation.code),
      third.client.join({ code, relay: relayAddress, name: channel, sponsors: 1 }),
    ];
    await quiet(80);
    const labels = (await Promise.all(joins)).map(({ label }) => label);
    expect(labels.sort()).toEqual(["Heron", "Otter"]);
    expect(sponsor.client.who(channel)).toHaveLength(3);
  });

  test("a label that is taken is refused before any code is given out", async () => {
    const { sponsor, invitation, join } = await invited();
    await soon(join(invitation.code));
    const again = sponsor.client.invite({ channel, label: "Heron", expiresMs: 60_000 });
    expect(await codeOf(again)).toBe("usage");
  });

  test("without a relay no code is given out", async () => {
    const world = await createWorld();
    const [sponsor] = await world.gather(["Slate"]);
    sponsor!.wire.isUp = false;
    const invitation = sponsor!.client.invite({ channel, label: "Heron", expiresMs: 60_000 });
    invitation.catch(() => {});
    await quiet();
    await world.clock.advance(11_000);
    expect(await codeOf(invitation)).toBe("network");
    const newcomer = await world.seat();
    newcomer.wire.isUp = false;
    const code = "482913-aardvark-abandoned-abbreviate";
    const joined = newcomer.client.join({ code, relay: relayAddress, name: channel });
    joined.catch(() => {});
    await quiet();
    await world.clock.advance(11_000);
    expect(await codeOf(joined)).toBe("network");
  });
});
