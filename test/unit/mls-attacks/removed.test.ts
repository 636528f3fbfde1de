import { beforeAll, describe, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { applyCommit, checkCommit, type Group, joinGroup } from "#client/mls/group.ts";
import {
  admit,
  allBytes,
  cast,
  change,
  follow,
  groupOf,
  hear,
  newPackage,
  refused,
  say,
} from "./cast.ts";

beforeAll(ready);

const out = ["integrity", "refused", "removed"] as const;

describe("a removed member with everything he had", () => {
  const scene = () => {
    const before = cast(["Heron", "Slate", "Finch", "Mallory"]);
    const { after, message } = change(before, "Heron", { remove: ["Mallory"] });
    return { before, after, message, mallory: groupOf(before, "Mallory") };
  };

  test("cannot follow the commit that removes him, though he sees that it is valid", () => {
    const { mallory, message, before } = scene();
    const checked = checkCommit(mallory, message);
    expect(checked.removes).toEqual([mallory.ownLeaf]);
    refused(() => applyCommit(mallory, checked), out, mallory, groupOf(before, "Heron"));
  });

  test("cannot open the next message", () => {
    const { after, mallory } = scene();
    const { messages } = say(groupOf(after, "Slate"), ["he is gone"], after.random);
    refused(() => hear(mallory, messages[0] as Uint8Array), out, mallory);
    expect(hear(groupOf(after, "Finch"), messages[0] as Uint8Array).text).toBe("he is gone");
  });

  test("cannot open it by taking the next epoch for his own", () => {
    const { after, mallory } = scene();
    const { messages } = say(groupOf(after, "Slate"), ["he is gone"], after.random);
    // He knows the next GroupContext in full; what he lacks is the epoch's secrets.
    const { context, encodedContext, tree } = groupOf(after, "Slate").state;
    const posing: Group = {
      ...mallory,
      epoch: context.epoch,
      state: { ...mallory.state, context, encodedContext, tree },
    };
    refused(() => hear(posing, messages[0] as Uint8Array), ["integrity", "refused"], posing);
  });

  test("cannot follow later commits or send anything that is accepted", () => {
    const { after, mallory } = scene();
    const later = change(after, "Finch", {});
    refused(() => follow(mallory, later.message), out, mallory);
    const { messages } = say(mallory, ["I am still here"], after.random);
    for (const name of ["Heron", "Slate", "Finch"]) {
      const group = groupOf(after, name);
      refused(() => hear(group, messages[0] as Uint8Array), ["refused", "integrity"], group);
    }
  });

  test("holds none of the secrets of the next epoch", () => {
    const { after, mallory } = scene();
    const { secrets } = groupOf(after, "Slate").state;
    const his = new Set(allBytes(mallory).map(({ bytes }) => bytes.join()));
    for (const { path, bytes } of allBytes(secrets)) {
      expect(his.has(bytes.join()), path).toBe(false);
    }
  });

  test("stays outside when a newcomer takes his leaf in the same commit", () => {
    const { before, mallory } = scene();
    const heir = newPackage(before, "Wren");
    const made = change(before, "Slate", { remove: ["Mallory"], add: [heir.keyPackage] });
    const { keyPackage, secrets } = heir;
    const joined = joinGroup({
      suite: before.suite,
      rules: groupOf(before, "Slate").rules,
      welcome: made.welcome as Uint8Array,
      keyPackage,
      secrets,
    }).group;
    expect(joined.ownLeaf).toBe(mallory.ownLeaf);
    const { messages } = say(groupOf(made.after, "Finch"), ["welcome"], before.random);
    expect(hear(joined, messages[0] as Uint8Array).text).toBe("welcome");
    refused(() => hear(mallory, messages[0] as Uint8Array), out, mallory);
  });

  test("reads nothing from before when he is let in again", () => {
    const { after, mallory } = scene();
    const { messages } = say(groupOf(after, "Slate"), ["while he was out"], after.random);
    const back = admit(after, "Heron", ["Mallory"]);
    for (const group of [mallory, groupOf(back, "Mallory")]) {
      refused(() => hear(group, messages[0] as Uint8Array), out, group);
    }
  });
});
