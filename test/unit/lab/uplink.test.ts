import { describe, expect, test } from "vitest";
import type { Dialer } from "#client/core/ports.ts";
import { openUplink } from "#client/lab/uplink.ts";

const silent = { opened() {}, message() {}, closed() {} };

function wire() {
  const sent: unknown[] = [];
  const inner: Dialer = {
    dial: () => ({ send: (data) => sent.push(data), close: () => sent.push("closed") }),
  };
  const uplink = openUplink(inner);
  return { sent, uplink, dial: () => uplink.dialer.dial("relay.test", "socket", silent) };
}

describe("a held uplink", () => {
  test("keeps what is sent until it is released, and hands it on in order", () => {
    const { sent, uplink, dial } = wire();
    const link = dial();
    link.send("before");
    uplink.hold();
    link.send("first");
    link.send("second");
    expect(sent).toEqual(["before"]);
    uplink.release();
    link.send("after");
    expect(sent).toEqual(["before", "first", "second", "after"]);
  });

  test("loses what waits on a link that is closed, and no other link's", () => {
    const { sent, uplink, dial } = wire();
    const [lost, kept] = [dial(), dial()];
    uplink.hold();
    lost.send("lost");
    kept.send("kept");
    lost.close();
    uplink.release();
    expect(sent).toEqual(["closed", "kept"]);
  });
});
