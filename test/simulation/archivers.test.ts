import { describe, expect, test } from "vitest";
import { encodeApprovals } from "#client/core/approval.ts";
import { encodeDeclaration } from "#client/core/declaration.ts";
import { commit } from "#client/mls/group.ts";
import {
  channelName as channel,
  codeOf,
  come,
  reach,
  relayAddress,
  type Seat,
  soon,
} from "./cast.ts";
import { channelOf, endOf, sees } from "./door-cast.ts";
import { takeApart } from "./insider.ts";
import { quiet, seededRandom } from "./kit.ts";

const expiresMs = 600_000;

/** Slate and, where more than one must approve, Heron; and Otter, whose client keeps copies and says so. */
async function archiverAtTheDoor(archivers: "shown" | "refused", approvals = 1) {
  const labels = approvals === 1 ? ["Slate"] : ["Slate", "Heron"];
  const { world, seats } = await channelOf(labels, { channel: { archivers, approvals } });
  const [slate, heron = slate] = seats as [Seat, Seat?];
  const otter = await world.seat();
  const { id, code, done } = await come(
    slate.client.invite({ channel, label: "Otter", expiresMs }),
  );
  done.catch(() => {});
  const joining = { code, relay: relayAddress, name: channel, archives: true } as const;
  const joined = otter.client.join(joining);
  joined.catch(() => {});
  return { world, slate, heron, otter, id, done, joined };
}

const archivesOf = (seat: Seat) =>
  seat.client
    .who(channel)
    .filter(({ archives }) => archives)
    .map(({ label }) => label);

describe("an archiver at the door", () => {
  test("is shown to everybody from its admission on", async () => {
    const { world, slate, otter, joined } = await archiverAtTheDoor("shown");
    await come(joined);
    await world.settle(slate, otter);
    expect(archivesOf(slate)).toEqual(["Otter"]);
    expect(archivesOf(otter)).toEqual(["Otter"]);
    const [notice] = slate.heard("epoch").filter(({ joined: in_ }) => in_.length > 0);
    expect(notice?.declared).toEqual([{ label: "Otter", archives: true }]);
  });

  test("is shown to a second sponsor before anything is approved", async () => {
    const { heron, id } = await archiverAtTheDoor("shown", 2);
    await reach(() => heron.client.pending(channel).some((motion) => motion.id === id));
    expect(heron.client.pending(channel)).toMatchObject([{ label: "Otter", archives: true }]);
  });

  test.each([1, 2])(
    "is refused by name on both sides where the channel says so, %i approving",
    async (persons) => {
      const { slate, heron, done, joined } = await archiverAtTheDoor("refused", persons);
      expect(await endOf(joined)).toBe("archiver");
      expect(await endOf(done)).toBe("archiver");
      expect(sees(slate, "Otter")).toBe(false);
      expect(heron.client.pending(channel)).toEqual([]);
    },
  );

  test("is told nothing about archives when it says nothing: a lie is let in", async () => {
    const { world, seats } = await channelOf(["Slate"], {
      channel: { archivers: "refused", approvals: 1 },
    });
    const [slate, otter] = [seats[0] as Seat, await world.seat()];
    await world.admit(slate, otter, "Otter");
    expect(sees(slate, "Otter")).toBe(true);
    expect(archivesOf(slate)).toEqual([]);
  });
});

describe("a member that begins to keep copies", () => {
  test("is seen by the others, until it says that it has stopped", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    await soon(heron.client.declare({ channel, archives: true }));
    await world.settle(slate, heron);
    expect(archivesOf(slate)).toEqual(["Heron"]);
    // Renewed keys say the same, and another vault session too.
    await soon(heron.client.rotate({ channel }));
    await heron.reopen();
    await world.settle(slate, heron);
    expect(archivesOf(slate)).toEqual(["Heron"]);
    await soon(heron.client.declare({ channel, archives: false }));
    await world.settle(slate, heron);
    expect(archivesOf(slate)).toEqual([]);
    const said = slate.heard("epoch").flatMap(({ declared }) => declared);
    expect(said).toEqual([
      { label: "Heron", archives: true },
      { label: "Heron", archives: false },
    ]);
  });

  test("is refused by its own client where the channel refuses it, and in its founding", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"], {
      channel: { archivers: "refused" },
    });
    const heron = seats[1] as Seat;
    expect(await codeOf(heron.client.declare({ channel, archives: true }))).toBe("archiver");
    const founder = await world.seat();
    const wanted = { name: channel, relay: relayAddress, label: "Wren", approvals: 1 } as const;
    const own = founder.client.openChannel({ ...wanted, archives: true, archivers: "refused" });
    expect(await codeOf(own)).toBe("archiver");
  });

  test("makes no epoch by force: its commit counts for nobody, and is named", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"], {
      channel: { archivers: "refused" },
    });
    const [slate, heron] = seats as [Seat, Seat];
    const insider = await takeApart(world, heron);
    const made = commit(insider.channel.group, {
      authenticatedData: encodeApprovals([]),
      leafExtensions: encodeDeclaration({ archives: true }),
      random: seededRandom(91),
    });
    await insider.post(made.message);
    await quiet(24);
    const { epoch, gaps } = slate.client.status(channel);
    expect(epoch).toBe(1);
    expect(gaps.map(({ detail }) => detail)).toEqual([
      expect.stringContaining("Heron: its client keeps copies"),
    ]);
  });
});

describe("a channel that begins to refuse archivers", () => {
  test("does so by as many as an admission needs, and goes back by all", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"]);
    const [slate, heron] = seats as [Seat, Seat];
    const moved = await soon(slate.client.setPolicy({ channel, archivers: "refused" }));
    expect(moved.epoch).toBeNull();
    await reach(() => heron.client.pending(channel).length > 0);
    expect(heron.client.pending(channel)).toMatchObject([{ change: { archivers: "refused" } }]);
    await come(heron.client.approve({ channel, id: moved.id }));
    await world.settle(slate, heron);
    expect(slate.client.status(channel).archivers).toBe("refused");
    expect(await codeOf(heron.client.declare({ channel, archives: true }))).toBe("archiver");
  });

  test("cannot while one sits in it", async () => {
    const { world, seats } = await channelOf(["Slate", "Heron"], { channel: { approvals: 1 } });
    const [slate, heron] = seats as [Seat, Seat];
    await soon(heron.client.declare({ channel, archives: true }));
    await world.settle(slate, heron);
    expect(await codeOf(slate.client.setPolicy({ channel, archivers: "refused" }))).toBe(
      "archiver",
    );
    expect(slate.client.status(channel).archivers).toBe("shown");
  });
});
