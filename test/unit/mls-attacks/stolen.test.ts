import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import {
  decodeGroup,
  encodeEpoch,
  encodeRatchets,
  encodeSecretTree,
  type Group,
  retire,
} from "#client/mls/group.ts";
import {
  allBytes,
  cast,
  change,
  follow,
  groupOf,
  hear,
  holds,
  refused,
  rules,
  savedBytes,
  say,
} from "./cast.ts";

beforeAll(ready);

/** What a thief of the device's files has: the state that was saved last, and nothing else. */
function steal(group: Group): Group {
  return decodeGroup(
    {
      epoch: encodeEpoch(group),
      secretTree: encodeSecretTree(group),
      ratchets: encodeRatchets(group),
    },
    rules,
  );
}

/** The secret from which a speaker's own next message key comes. */
function chainOf(group: Group): Uint8Array {
  const chain = group.chains.application.get(group.ownLeaf);
  if (chain === undefined) throw new Error("has not spoken yet");
  return chain.secret.slice();
}

const texts = Array.from({ length: 10 }, (_, at) => `line ${at}`);

describe("a state stolen after one message was dropped", () => {
  const scene = () => {
    const all = cast(["Heron", "Slate"]);
    const chains: Uint8Array[] = [];
    const messages: Uint8Array[] = [];
    let heron = groupOf(all, "Heron");
    for (const text of texts) {
      const said = say(heron, [text], all.random);
      heron = said.speaker;
      messages.push(...said.messages);
      chains.push(chainOf(heron));
    }
    let slate = groupOf(all, "Slate");
    for (const [at, message] of messages.entries()) {
      if (at !== 1) slate = hear(slate, message).reader;
    }
    return { messages, chains, slate };
  };

  test("opens the message that was dropped and none that was read", () => {
    const { messages, slate } = scene();
    const thief = steal(slate);
    for (const [at, message] of messages.entries()) {
      if (at === 1) expect(hear(thief, message).text).toBe("line 1");
      else refused(() => hear(thief, message), ["refused"], thief);
    }
  });

  test("holds no ratchet secret that leads to a message already read", () => {
    const { chains, slate } = scene();
    const saved = savedBytes(slate);
    // chains[g] is the secret that gives generation g + 1; the last one is where the ratchet stands.
    for (const [at, secret] of chains.entries()) {
      const current = at === chains.length - 1;
      expect(holds(saved, secret), `the secret of generation ${at + 1}`).toBe(current);
      const found = allBytes(slate).some(({ bytes }) => holds(bytes, secret));
      expect(found, `the secret of generation ${at + 1} in memory`).toBe(current);
    }
  });

  test("forgets the dropped message too once it has arrived", () => {
    const { messages, slate } = scene();
    const thief = steal(hear(slate, messages[1] as Uint8Array).reader);
    refused(() => hear(thief, messages[1] as Uint8Array), ["refused"], thief);
  });
});

describe("a state stolen in the middle of a life", () => {
  test("reads on whoever else rotates, and no further than the victim's own update", () => {
    let all = cast(["Heron", "Slate", "Finch"]);
    let thief = steal(groupOf(all, "Slate"));

    const others = change(all, "Heron", { newSignatureKey: true });
    thief = follow(thief, others.message);
    all = others.after;
    const overheard = say(groupOf(all, "Finch"), ["still open"], all.random).messages[0];
    expect(hear(thief, overheard as Uint8Array).text).toBe("still open");

    const victims = change(all, "Slate", {});
    refused(() => follow(thief, victims.message), ["integrity", "refused"], thief);
    all = victims.after;
    const healed = say(groupOf(all, "Finch"), ["closed"], all.random).messages[0];
    refused(() => hear(thief, healed as Uint8Array), ["refused", "integrity"], thief);
    const next = change(all, "Heron", {});
    refused(() => follow(thief, next.message), ["refused", "integrity"], thief);
  });

  test("gives nothing of an epoch that has been given up", () => {
    const all = cast(["Heron", "Slate"]);
    const message = say(groupOf(all, "Heron"), ["of yesterday"], all.random)
      .messages[0] as Uint8Array;
    const { after } = change(all, "Heron", {});
    const thief = steal(groupOf(after, "Slate"));
    refused(() => hear(thief, message), ["refused"], thief);
    const old = groupOf(all, "Slate").state.secrets;
    for (const { path, bytes } of allBytes(old)) {
      expect(holds(savedBytes(thief), bytes), path).toBe(false);
    }
  });
});

describe("what is kept of a past epoch", () => {
  test("reads its late messages", () => {
    const all = cast(["Heron", "Slate"]);
    const message = say(groupOf(all, "Heron"), ["late"], all.random).messages[0] as Uint8Array;
    expect(hear(retire(groupOf(all, "Slate")), message).text).toBe("late");
  });

  test("holds no secret that could do more than read them", () => {
    const all = cast(["Heron", "Slate", "Finch"]);
    const spoken = say(groupOf(all, "Heron"), ["one", "two"], all.random);
    const slate = hear(groupOf(all, "Slate"), spoken.messages[0] as Uint8Array).reader;
    const past = retire(slate);
    const { secrets, signatureSecret, pathKeys } = slate.state;
    const { senderData: _kept, ...gone } = secrets;
    const forbidden = allBytes({
      gone,
      signatureSecret,
      pathKeys,
      handshake: slate.secretTree.handshake,
    });
    expect(forbidden.length).toBeGreaterThan(5);
    const kept = [savedBytes(past), ...allBytes(past).map(({ bytes }) => bytes)];
    for (const { path, bytes } of forbidden) {
      expect(
        kept.some((one) => holds(one, bytes)),
        path,
      ).toBe(false);
    }
  });
});
