import { describe, expect, test } from "vitest";
import { isSettled } from "#client/core/show.ts";
import { keptAckedMax } from "#client/core/state.ts";
import { type Node, seatAll, texts } from "./steps.ts";

const neverRenewed = { updateAfterMessages: null, updateAfterMs: null };

describe("own frames that are kept to be appended again", () => {
  test("are bounded in an epoch that never ends, and the vault still opens", async () => {
    const { table, nodes } = seatAll(["Slate", "Heron"], neverRenewed);
    const [slate, heron] = nodes as [Node, Node];
    const said = keptAckedMax + 20;
    for (let at = 0; at < said; at++) {
      const content = { kind: "text", text: `text ${at}` } as const;
      table.do(slate, { type: "say", id: table.random(16), content });
      table.run();
    }
    expect(slate.channel.session.kept.length).toBeLessThanOrEqual(keptAckedMax + 1);
    expect(slate.channel.frames.size).toBe(slate.channel.session.kept.length);
    expect(texts(heron)).toHaveLength(said);
    slate.channel = await table.reload(slate);
    expect(texts(slate)).toEqual(texts(heron));
  });

  test("do not wait for ever for a mailbox that was complete before they came", () => {
    const { table, nodes } = seatAll(["Slate", "Heron"], { ...neverRenewed, mailboxFrames: 4 });
    const [slate, heron] = nodes as [Node, Node];
    slate.isHeld = true;
    for (let at = 0; at < 4; at++) table.say(heron, { content: { kind: "presence" } });
    const mailbox = slate.channel.keys.name;
    const content = { kind: "text", text: "too late for it" } as const;
    table.do(slate, { type: "say", id: table.random(16), content });
    // A relay that refuses what is too much: the frame is gone and never acked.
    table.log(mailbox).pop();
    const own = slate.inbox.findLastIndex(({ type }) => type === "frame");
    slate.inbox.splice(own, 1);
    const ack = slate.inbox.findIndex(({ type }) => type === "acked");
    slate.inbox.splice(ack, 1);
    slate.isHeld = false;
    heron.isHeld = true;
    table.run();
    expect(slate.channel.session.log.overflow).toBeGreaterThan(0);
    expect(texts(slate)).toEqual(["too late for it"]);
    expect(slate.channel.session.kept.every(({ seq }) => seq !== null)).toBe(true);
    expect(isSettled(slate.channel)).toBe(true);
  });
});
