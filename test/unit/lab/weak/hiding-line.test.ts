import { describe, expect, test } from "vitest";
import type { Dialer, LinkEvents } from "#client/core/ports.ts";
import { hidingLine } from "#client/lab/weak/hiding-line.ts";
import { utf8 } from "#shared/bytes.ts";
import { decodeBatch, encodeBatch } from "#shared/records.ts";
import { composeControl, parseControl, socketReply, socketRequest } from "#shared/wire.ts";

const box = (letter: string) => new Uint8Array(32).fill(letter.charCodeAt(0));

/** A reader on such a line, and the honest relay behind it as this test plays it. */
function reader() {
  const heard: string[] = [];
  let relay: LinkEvents = { opened() {}, message() {}, closed() {} };
  const inner: Dialer = {
    dial(_address, _path, events) {
      relay = events;
      return { send() {}, close() {} };
    },
  };
  const hear = (data: string | Uint8Array) => {
    if (typeof data !== "string") {
      for (const one of decodeBatch(data)) if (one.kind === "frame") heard.push(`frame ${one.seq}`);
      return;
    }
    const reply = parseControl(socketReply, data);
    if (reply.type === "live" || reply.type === "opened") heard.push(`${reply.type} ${reply.head}`);
  };
  const line = hidingLine(inner);
  const dial = () => line.dial("relay.test", "socket", { opened() {}, message: hear, closed() {} });
  let link = dial();
  return {
    heard,
    redial() {
      link = dial();
    },
    open(letter: string, handle: number, head: number) {
      const mailbox = box(letter);
      const signature = new Uint8Array(64);
      const request = { v: 1, type: "open", ref: handle, mailbox, from: 1, signature } as const;
      link.send(composeControl(socketRequest, request));
      const opened = { v: 1, type: "opened", ref: handle, handle, head, oldest: 1 } as const;
      relay.message(composeControl(socketReply, opened));
    },
    live(handle: number, head: number) {
      relay.message(composeControl(socketReply, { v: 1, type: "live", handle, head }));
    },
    frames(handle: number, ...frames: readonly (readonly [seq: number, bytes: number])[]) {
      const records = frames.map(([seq, bytes]) => {
        const frameId = utf8(`frame ${String(seq).padStart(10)}`);
        return { kind: "frame", handle, seq, frameId, frame: new Uint8Array(bytes) } as const;
      });
      relay.message(encodeBatch(records));
    },
  };
}

describe("a line that hides what is late", () => {
  test("shows nothing behind the commit once the reader has gone on, and says that nothing is there", () => {
    const { open, live, frames, heard } = reader();
    open("a", 1, 0);
    live(1, 0);
    frames(1, [1, 1_024], [2, 4_096]);
    open("b", 2, 0);
    frames(1, [3, 1_024]);
    frames(2, [1, 1_024]);
    live(1, 3);
    expect(heard).toEqual([
      ...["opened 0", "live 0", "frame 1", "frame 2", "opened 0", "frame 1", "live 2"],
    ]);
  });

  test("hides the same from a reader who comes back", () => {
    const { open, frames, heard, redial } = reader();
    open("a", 1, 0);
    frames(1, [1, 4_096]);
    open("b", 2, 0);
    redial();
    open("b", 1, 0);
    open("a", 2, 9);
    frames(2, [1, 4_096], [2, 1_024]);
    expect(heard.slice(3)).toEqual(["opened 0", "opened 1", "frame 1"]);
  });

  test("hides nothing of an epoch that has not ended, nor where its last frame was a text", () => {
    const { open, frames, heard } = reader();
    open("a", 1, 0);
    // Large, and not the end: a text follows before the reader goes anywhere.
    frames(1, [1, 4_096], [2, 1_024]);
    open("b", 2, 0);
    frames(1, [3, 1_024], [4, 4_096], [5, 1_024]);
    expect(heard.filter((one) => one.startsWith("frame"))).toEqual(
      [1, 2, 3, 4, 5].map((seq) => `frame ${seq}`),
    );
  });
});
