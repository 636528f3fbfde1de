import { beforeAll, describe, expect, test } from "vitest";
import { approve, encodeApprovals, seatId } from "#client/core/approval.ts";
import { sealedCipher } from "#client/core/cipher.ts";
import { adoptOwn, isOwnCommit, readCommit, rollBack } from "#client/core/commit.ts";
import { batchedReceipts } from "#client/core/receipt.ts";
import { showMembers } from "#client/core/show.ts";
import type { Channel } from "#client/core/state.ts";
import type { Turn } from "#client/core/turn.ts";
import { ready } from "#client/crypto/sodium.ts";
import { commit, type Group, members } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { seededRandom } from "#test/simulation/kit.ts";
import { type Node, notices, seatAll } from "./steps.ts";

beforeAll(ready);

const random = seededRandom(31);
const none = encodeApprovals([]);

function newTurn(): Turn {
  return {
    now: 5_000_000,
    random,
    cipher: sealedCipher,
    receiptTimes: batchedReceipts,
    effects: [],
    spent: [],
  };
}

const noticesOf = ({ effects }: Turn) =>
  effects.flatMap((effect) => (effect.type === "notice" ? [effect.notice] : []));

/** A commit as that seat would make it, which it does not know of afterwards. */
function commitOf({ channel }: Node, change: Partial<Parameters<typeof commit>[1]> = {}) {
  return commit(channel.group, { authenticatedData: none, random, ...change }).message;
}

/** A seat whose primitives fail in one place. */
function failing(channel: Channel, part: "verify" | "decapsulate", error: Error): Channel {
  const { suite } = channel.group;
  const fail = (): never => {
    throw error;
  };
  const broken =
    part === "verify"
      ? { ...suite, signature: { ...suite.signature, verify: fail } }
      : { ...suite, kem: { ...suite.kem, decapsulate: fail } };
  return { ...channel, group: { ...channel.group, suite: broken } };
}

function removal(group: Group, leaf: number) {
  const seat = members(group).find((one) => one.leaf === leaf)!;
  const untilEpoch = Number(group.epoch);
  const given = { operation: "remove", target: seatId(seat), check: "none", untilEpoch } as const;
  return encodeApprovals([approve(group, given)]);
}

const three = () => {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  return { table, slate, heron, otter };
};

describe("a commit whose public part is valid", () => {
  test("ends the epoch: who made it and whether its key is new is told", () => {
    const { slate, heron } = three();
    for (const newSignatureKey of [false, true]) {
      const turn = newTurn();
      const { channel } = heron;
      const next = readCommit(turn, channel, commitOf(slate, { newSignatureKey }));
      expect(next.group.epoch).toBe(channel.group.epoch + 1n);
      expect(next.reports.gaps).toEqual([]);
      expect(noticesOf(turn)).toMatchObject([
        { type: "epoch", committer: "Slate", rotated: newSignatureKey, removed: [], joined: [] },
      ]);
      expect(turn.spent.length).toBeGreaterThan(0);
    }
  });

  test("that removes this seat stops it, and goes on without it elsewhere", () => {
    const { slate, heron, otter } = three();
    const authenticatedData = removal(slate.channel.group, 1);
    const message = commitOf(slate, { remove: [1], authenticatedData });
    const turn = newTurn();
    const removed = readCommit(turn, heron.channel, message);
    expect(removed.session.state).toBe("removed");
    expect(removed.group.epoch).toBe(heron.channel.group.epoch);
    expect(noticesOf(turn)).toMatchObject([{ type: "state", state: "removed" }]);
    const other = newTurn();
    const next = readCommit(other, otter.channel, message);
    expect(next.session.state).toBe("open");
    expect(noticesOf(other)).toMatchObject([{ type: "epoch", removed: ["Heron"] }]);
  });

  test("by this very seat, which knows nothing of it, means that the vault is an old copy", () => {
    const { slate } = three();
    const turn = newTurn();
    const back = readCommit(turn, slate.channel, commitOf(slate));
    expect(back.session.state).toBe("rolled-back");
    expect(back.group.epoch).toBe(slate.channel.group.epoch);
    const { epoch } = slate.channel.group;
    expect(noticesOf(turn)).toMatchObject([
      {
        type: "alarm",
        code: "rolled-back",
        epoch: Number(epoch),
        from: "Slate",
        detail: "the log holds what this seat has sent and this vault does not know",
      },
      { type: "state", state: "rolled-back" },
    ]);
    expect(rollBack(newTurn(), slate.channel).reports.alarms).toEqual(back.reports.alarms);
  });
});

describe("a commit whose public part is not valid", () => {
  test("counts for nobody and is a gap that says why", () => {
    const { slate, heron } = three();
    const message = commitOf(slate, { remove: [2] });
    for (const { channel } of [slate, heron]) {
      const turn = newTurn();
      const next = readCommit(turn, channel, message);
      expect(next.group).toBe(channel.group);
      expect(next.session).toBe(channel.session);
      expect(next.reports.gaps).toEqual([
        {
          from: null,
          epoch: Number(channel.group.epoch),
          seq: channel.session.log.chain.position,
          missing: 1,
          detail: "a commit that does not count: commit: a removal with 0 of 1 approvals",
        },
      ]);
      expect(turn.spent).toEqual([]);
    }
  });

  test("is no place to hide a fault of this program: that stops the step", () => {
    const { slate, heron } = three();
    const message = commitOf(slate);
    const fault = new TypeError("undefined is not a function");
    const invariant = new Failure("internal", "a broken invariant");
    const read = (error: Error) => () =>
      readCommit(newTurn(), failing(heron.channel, "verify", error), message);
    expect(read(fault)).toThrow(fault);
    expect(read(invariant)).toThrow(invariant);
    const gap = read(new Failure("integrity", "bent"))();
    expect(gap.reports.gaps).toMatchObject([{ detail: "a commit that does not count: bent" }]);
  });
});

describe("a commit that is valid in public and cannot be followed in private", () => {
  const bent = new Failure("integrity", "no secret for this seat");

  test("halts this seat, which names the committer, says so to the others and nothing else", () => {
    const { table, slate, heron } = three();
    heron.isHeld = true;
    const text = { kind: "text", text: "in the outbox" } as const;
    table.do(heron, { type: "say", id: table.random(16), content: text });
    const turn = newTurn();
    const { channel } = heron;
    const halted = readCommit(turn, failing(channel, "decapsulate", bent), commitOf(slate));
    const { position } = channel.session.log.chain;
    expect(halted.session.state).toBe("halted");
    expect(halted.group.epoch).toBe(channel.group.epoch);
    expect(noticesOf(turn)).toMatchObject([
      {
        type: "alarm",
        code: "halted",
        epoch: Number(channel.group.epoch),
        from: "Slate",
        detail: `its commit at position ${position} cannot be followed: no secret for this seat`,
      },
      { type: "state", state: "halted" },
    ]);
    expect([...halted.contents.values()].at(-1)).toEqual({
      kind: "complaint",
      position,
      committer: 0,
    });
    // What waited is given up; the complaint alone goes out, into the epoch that the others have left.
    const { outbox } = halted.session;
    expect(outbox).toHaveLength(1);
    expect(halted.frames.has(hex(outbox[0]?.frameId as Uint8Array))).toBe(true);
  });

  test("halts for no fault of this program: that stops the step", () => {
    const { slate, heron } = three();
    const message = commitOf(slate);
    const fault = new TypeError("undefined is not a function");
    const invariant = new Failure("internal", "a broken invariant");
    for (const error of [fault, invariant]) {
      const broken = failing(heron.channel, "decapsulate", error);
      expect(() => readCommit(newTurn(), broken, message)).toThrow(error);
    }
  });
});

describe("the own commit", () => {
  const rotating = () => {
    const { table, slate, heron } = three();
    slate.isHeld = true;
    table.do(slate, { type: "wish", wish: { kind: "rotate", id: "rotate" } });
    const { channel } = slate;
    const frame = channel.frames.get(hex(channel.pending?.meta.frameId as Uint8Array));
    const message = sealedCipher.open(channel.keys, frame as Uint8Array);
    return { table, slate, heron, channel, message };
  };

  test("is known by its message, whatever frame it came in", () => {
    const { slate, heron, channel, message } = rotating();
    const turn = newTurn();
    expect(isOwnCommit(turn, channel, message)).toBe(true);
    expect(isOwnCommit(turn, channel, commitOf(slate))).toBe(false);
    expect(isOwnCommit(turn, channel, message.subarray(1))).toBe(false);
    expect(isOwnCommit(turn, heron.channel, message)).toBe(false);
    expect(isOwnCommit(turn, { ...channel, frames: new Map() }, message)).toBe(false);
  });

  test("begins its epoch, with the new key", () => {
    const { channel } = rotating();
    const turn = newTurn();
    const next = adoptOwn(turn, channel);
    expect(next.group.epoch).toBe(channel.group.epoch + 1n);
    expect(next.pending).toBeNull();
    expect(turn.spent.length).toBeGreaterThan(0);
    expect(noticesOf(turn)).toMatchObject([{ type: "epoch", committer: "Slate", rotated: true }]);
    const key = (of: Channel) => members(of.group)[0]?.signatureKey;
    expect(key(next)).not.toEqual(key(channel));
  });

  test("keeps the key while an invitation needs it, and is not told as a rotation", () => {
    const { table, slate } = three();
    table.do(slate, { type: "hold", invite: "i", on: true });
    slate.isHeld = true;
    table.do(slate, { type: "wish", wish: { kind: "rotate", id: "rotate" } });
    const turn = newTurn();
    const next = adoptOwn(turn, slate.channel);
    const key = (of: Channel) => members(of.group)[0]?.signatureKey;
    expect(key(next)).toEqual(key(slate.channel));
    expect(noticesOf(turn)).toMatchObject([{ type: "epoch", rotated: false }]);
  });

  test("changes nothing when there is none", () => {
    const { heron } = three();
    const turn = newTurn();
    expect(adoptOwn(turn, heron.channel)).toBe(heron.channel);
    expect(turn.effects).toEqual([]);
  });

  test("of nobody's seat breaks an invariant by name", () => {
    const { channel } = rotating();
    const group = { ...channel.group, ownLeaf: 40 };
    expect(() => adoptOwn(newTurn(), { ...channel, group })).toThrow("whoever commits has a seat");
  });

  test("says who vouched for whom it lets in, here as at the others", () => {
    const { slate, heron } = three();
    const admitted = [slate, heron].map(({ channel }) =>
      showMembers(channel).map(({ label, admittedBy }) => [label, admittedBy]),
    );
    const bySlate = [{ label: "Slate", check: "code" }];
    expect(admitted[0]).toEqual([
      ["Slate", []],
      ["Heron", bySlate],
      ["Otter", bySlate],
    ]);
    expect(admitted[1]?.[2]).toEqual(["Otter", bySlate]);
    expect(notices(slate).filter(({ type }) => type === "gap")).toEqual([]);
  });
});
