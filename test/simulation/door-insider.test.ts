import { describe, expect, test } from "vitest";
import { approve, encodeApproval } from "#client/core/approval.ts";
import { commitTo } from "#client/core/check.ts";
import { type Cipher, sealedCipher } from "#client/core/cipher.ts";
import { encodeIdentity } from "#client/core/identity.ts";
import { type Content, composeBody, parseBody } from "#client/core/message.ts";
import { channelExtensions, channelGroupRules } from "#client/core/rules.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import {
  createKeyPackage,
  type Group,
  member,
  type OwnKeyPackage,
  readKeyPackage,
} from "#client/mls/group.ts";
import { channelName as channel, come, reach, relayAddress, type Seat } from "./cast.ts";
import {
  atTheDoor,
  atTheWords,
  channelOf,
  createPerson,
  endOf,
  otherWords,
  sees,
} from "./door-cast.ts";
import { quiet, seededRandom } from "./kit.ts";

/** A client whose words in the channel are changed on their way out, under its own good signature. */
function lying(change: (content: Content, group: Group) => Content | null): Cipher {
  return {
    ...sealedCipher,
    protect(group, data, random) {
      const body = parseBody(data);
      const changed = change(body.content, group);
      const said = changed === null ? data : composeBody({ ...body, content: changed });
      return sealedCipher.protect(group, said, random);
    },
  };
}

/**
 * The first sponsor has a newcomer of its own make, under the label and person of the one at the door,
 * and puts it into that one's place; with `isConsistent` into the commitment and its opening too.
 */
function swapping(isConsistent: boolean): Cipher {
  const random = seededRandom(666);
  const nonce = random(32);
  let own: OwnKeyPackage | null = null;
  const refOf = ({ keyPackage }: OwnKeyPackage) => {
    return readKeyPackage(xwingSuite, keyPackage, channelGroupRules).ref;
  };
  return lying((content, group) => {
    if (content.kind === "motion" && content.change.op === "admit") {
      const { label, person, keyPackage } = content.change;
      if (keyPackage === null) return null;
      const identity = encodeIdentity({ label, person });
      const extensionTypes = channelExtensions;
      own = createKeyPackage({ suite: xwingSuite, identity, extensionTypes, random });
      const approval = approve(group, {
        operation: "admit",
        target: refOf(own),
        check: "code",
        untilEpoch: Number(group.epoch) + 100,
      });
      const change = { ...content.change, keyPackage: own.keyPackage };
      return { ...content, change, approval: encodeApproval(approval) };
    }
    if (content.kind !== "check" || !isConsistent || own === null) return null;
    const { step } = content;
    if (step.name === "commit") {
      const sponsorKey = member(group, step.to)?.signatureKey as Uint8Array;
      const subject = { group: group.groupId, keyPackage: refOf(own), sponsorKey };
      return { ...content, step: { ...step, commitment: commitTo(subject, nonce) } };
    }
    return step.name === "reveal" ? { ...content, step: { ...step, nonce } } : null;
  });
}

describe("a first sponsor that swaps the KeyPackage", () => {
  test("after the newcomer has committed is caught by the commitment, before any word is read", async () => {
    const { slate, heron, id, joined, done } = await atTheDoor({ cipher: swapping(false) });
    expect(await endOf(heron.client.check({ channel, id }))).toBe("auth");
    expect(await endOf(joined)).toBe("auth");
    expect(await endOf(done)).toBe("auth");
    expect(sees(heron, "Otter") || sees(slate, "Otter")).toBe(false);
    expect(heron.client.pending(channel)).toMatchObject([{ ended: "words", endedBy: "Heron" }]);
  });

  test("and commits to it as well is caught by what the newcomer reads out", async () => {
    const { heron, id, say, question, joined } = await atTheWords({ cipher: swapping(true) });
    const approved = heron.client.approve({ channel, id, words: question.say });
    expect(await endOf(approved)).toBe("auth");
    question.type(say);
    expect(await endOf(joined)).toBe("auth");
    expect(sees(heron, "Otter")).toBe(false);
  });

  test("and commits to it as well is caught by what the second sponsor reads out", async () => {
    const { world, slate, heron, otter, say, question, joined } = await atTheWords({
      cipher: swapping(true),
    });
    question.type(say);
    expect(await endOf(joined)).toBe("auth");
    await world.settle(slate, heron);
    expect(heron.client.pending(channel)).toMatchObject([{ ended: "words" }]);
    expect(sees(heron, "Otter")).toBe(false);
    expect([...otter.store.records.keys()]).toEqual([]);
  });

  test("under two codes is caught by the second sponsor, who has it from the newcomer itself", async () => {
    const { seats, world } = await channelOf(["Slate", "Heron"], {
      cipher: swapping(false),
      channel: { check: "two-codes" },
    });
    const [slate, heron] = seats as [Seat, Seat];
    const otter = await world.seat();
    const expiresMs = 600_000;
    const first = await come(slate.client.invite({ channel, label: "Otter", expiresMs }));
    first.done.catch(() => {});
    await reach(() => heron.client.pending(channel).length > 0);
    const second = await come(heron.client.secondCode({ channel, id: first.id, expiresMs }));
    const joined = otter.client.join({
      code: first.code,
      second: second.code,
      relay: relayAddress,
      name: channel,
    });
    expect(await endOf(joined)).toBe("auth");
    expect(await endOf(second.done)).toBe("auth");
    expect(heron.client.pending(channel)).toMatchObject([{ ended: "code", endedBy: "Heron" }]);
    expect(sees(heron, "Otter")).toBe(false);
  });
});

describe("a first sponsor that puts the newcomer into a false channel", () => {
  async function falseChannel(approvals: 1 | 2) {
    // Slate sits on every seat of it, Heron's too; the real Heron knows of nothing.
    const { world, seats } = await channelOf(["Slate", "Heron"], { channel: { approvals } });
    const [slate, heron] = seats as [Seat, Seat];
    const otter = await world.seat();
    const person = createPerson();
    const options = { channel, label: "Otter", expiresMs: 600_000 };
    const { id, code, done } = await come(slate.client.invite(options));
    done.catch(() => {});
    const { ask } = person;
    const joined = otter.client.join({ code, relay: relayAddress, name: channel, ask });
    joined.catch(() => {});
    if (approvals === 2) await reach(() => heron.client.pending(channel).length > 0);
    return { world, heron, otter, person, id, joined };
  }

  test("gets nowhere alone: the newcomer expects two sponsors", async () => {
    const { otter, joined } = await falseChannel(1);
    expect(await endOf(joined)).toBe("refused");
    expect(otter.client.channels()).toEqual([]);
  });

  test("gets nowhere with an invented second one: the real one has no words to read out", async () => {
    const { heron, otter, person, id, joined } = await falseChannel(2);
    const { say } = await come(heron.client.check({ channel, id }));
    const question = await person.question();
    heron.client.approve({ channel, id, words: question.say }).catch(() => {});
    // The newcomer's person calls the real Heron, who has nothing to say that could be right.
    question.type(otherWords(say));
    expect(await endOf(joined)).toBe("auth");
    expect(otter.client.channels()).toEqual([]);
  });

  test("gets nowhere while the newcomer's person types nothing", async () => {
    const { world, heron, otter, person, id, joined } = await falseChannel(2);
    await come(heron.client.check({ channel, id }));
    const question = await person.question();
    heron.client.approve({ channel, id, words: question.say }).catch(() => {});
    await quiet(60);
    expect(otter.client.channels()).toEqual([]);
    await world.clock.advance(600_001);
    expect(await endOf(joined)).toBe("pending");
    expect(otter.client.channels()).toEqual([]);
  });
});

describe("a second sponsor", () => {
  test("whose program approves without any word lets nobody in: the newcomer asks for its key", async () => {
    const { heron, otter, id, question, joined } = await atTheWords();
    const approved = heron.client.approve({ channel, id, words: question.say });
    approved.catch(() => {});
    await quiet(60);
    // Its consent alone makes no commit either: the newcomer has not agreed.
    expect(sees(heron, "Otter")).toBe(false);
    expect(otter.client.channels()).toEqual([]);
    question.hangUp();
    expect(await endOf(joined)).toBe("pending");
  });
});
