import { describe, expect, test } from "vitest";
import { encodeApprovals } from "#client/core/approval.ts";
import { sealedCipher } from "#client/core/cipher.ts";
import type { Event } from "#client/core/event.ts";
import { step } from "#client/core/session.ts";
import { commit } from "#client/mls/group.ts";
import { type Node, notices, seatAll } from "./steps.ts";

/** The next frame that waits for a node, as the runner hands it over once a step has failed over it. */
function passedOver(node: Node): Event {
  const event = node.inbox.find(({ type }) => type === "frame");
  if (event?.type !== "frame") throw new Error("no frame waits");
  node.inbox.length = 0;
  return { ...event, type: "unreadable", detail: "a fault of this program" };
}

describe("passing over a frame", () => {
  test("that is a commit halts the seat, by an alarm that the person sees", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    const { random } = table;
    const authenticatedData = encodeApprovals([]);
    table.post(slate, commit(slate.channel.group, { authenticatedData, random }).message);
    table.do(heron, passedOver(heron));
    expect(heron.channel.session.state).toBe("halted");
    expect(notices(heron).filter(({ type }) => type !== "epoch")).toMatchObject([
      { type: "gap", missing: 1 },
      { type: "alarm", code: "halted" },
      { type: "state", state: "halted" },
    ]);
  });

  test("that is a text leaves a gap, counts it once and goes on", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    const { position } = heron.channel.session.log.chain;
    table.say(slate, { content: { kind: "text", text: "lost here" } });
    const event = passedOver(heron);
    table.do(heron, event);
    table.do(heron, event);
    expect(heron.channel.session.log.chain.position).toBe(position + 1);
    expect(notices(heron)).toMatchObject([{ type: "gap", seq: position + 1, missing: 1 }]);
    expect(heron.channel.session.state).toBe("open");
  });

  test("is not asked for when only the own next step fails: what was read stands", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"]);
    const [slate, heron] = nodes as [Node, Node];
    heron.isHeld = true;
    // Waits behind the frame, to be protected in the very step that reads it.
    heron.channel = { ...heron.channel, link: { ...heron.channel.link, live: [] } };
    const content = { kind: "text", text: "mine" } as const;
    table.do(heron, { type: "say", id: table.random(16), content });
    heron.channel = {
      ...heron.channel,
      link: { ...heron.channel.link, live: [heron.channel.keys.name] },
    };
    table.say(slate, { content: { kind: "text", text: "yours" } });
    const protect = (): never => {
      throw new TypeError("undefined is not a function");
    };
    const event = heron.inbox.find(({ type }) => type === "frame") as Event;
    const cipher = { ...sealedCipher, protect };
    const stepped = step(heron.channel, event, { now: table.now, random: table.random, cipher });
    const position = heron.channel.session.log.chain.position;
    expect(stepped.channel.session.log.chain.position).toBe(position + 1);
    expect(stepped.effects).toMatchObject([{ type: "notice", notice: { body: "yours" } }]);
    expect(() =>
      step(stepped.channel, { type: "tick" }, { now: table.now, random: table.random, cipher }),
    ).toThrow(TypeError);
  });
});
