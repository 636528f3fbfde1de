import { describe, expect, test } from "vitest";
import type { Dialer, LinkEvents } from "#client/core/ports.ts";
import { offlineAt, openSleeper, type SleepPlan } from "#client/lab/sleeper.ts";

const napping: SleepPlan = { wakesEveryMs: 100, offline: null };
const night: SleepPlan = {
  wakesEveryMs: null,
  offline: { fromMs: 50, untilMs: 80, everyMs: 200 },
};

/** A sleeper over a network of which the test is the other end. */
function device(plan: SleepPlan) {
  let now = 1_000;
  const dialled: LinkEvents[] = [];
  const closed: number[] = [];
  const network: Dialer = {
    dial(_address, _path, events) {
      const index = dialled.push(events) - 1;
      return { send() {}, close: () => closed.push(index) };
    },
  };
  const sleeper = openSleeper(network, plan, { now: () => now, wakeAt: () => () => {} });
  const heard: string[] = [];
  const dial = () =>
    sleeper.dialer.dial("relay.lab", "socket", {
      opened: () => heard.push("opened"),
      message: (data) => heard.push(String(data)),
      closed: () => heard.push("closed"),
    });
  const at = (sinceMs: number) => {
    now = 1_000 + sinceMs;
    sleeper.keepTime();
  };
  const turn = () => new Promise<void>((go) => setImmediate(go));
  return { sleeper, dialled, closed, heard, dial, at, turn };
}

describe("a device that sleeps", () => {
  test("hears at once before the world begins", () => {
    const { dialled, heard, dial } = device(napping);
    dial();
    dialled[0]?.message("a");
    expect(heard).toEqual(["a"]);
  });

  test("wakes at its own hours and hears everything in order", () => {
    const { sleeper, dialled, heard, dial, at } = device(napping);
    dial();
    sleeper.begin(1_000);
    at(0);
    expect(sleeper.nextAt()).toBe(Number.POSITIVE_INFINITY);
    at(130);
    dialled[0]?.message("a");
    dialled[0]?.message("b");
    expect(sleeper.isAsleep()).toBe(true);
    expect(sleeper.nextAt()).toBe(1_200);
    at(199);
    expect(heard).toEqual([]);
    at(200);
    expect(heard).toEqual(["a", "b"]);
  });

  test("hears at once while it is used, what waited first", async () => {
    const { sleeper, dialled, heard, dial, at, turn } = device(napping);
    dial();
    sleeper.begin(1_000);
    at(0);
    dialled[0]?.message("a");
    const sleep = sleeper.wake();
    dialled[0]?.message("b");
    dialled[0]?.message("c");
    await turn();
    expect(heard).toEqual(["a", "b", "c"]);
    sleep();
    dialled[0]?.message("d");
    await turn();
    expect(heard).toEqual(["a", "b", "c"]);
  });

  test("hangs up when it goes offline, and dials only when it is back", () => {
    const { sleeper, dialled, closed, heard, dial, at } = device(night);
    dial();
    sleeper.begin(1_000);
    at(0);
    expect(sleeper.nextAt()).toBe(1_050);
    at(50);
    expect(sleeper.isOffline()).toBe(true);
    expect(heard).toEqual(["closed"]);
    expect(closed).toEqual([0]);
    dial();
    expect(dialled).toHaveLength(1);
    at(80);
    expect(dialled).toHaveLength(2);
    expect(sleeper.isOffline()).toBe(false);
    expect(sleeper.nextAt()).toBe(1_250);
  });

  test("whoever uses it in its offline hours is on the network for as long", () => {
    const { sleeper, dialled, dial, at } = device(night);
    dial();
    sleeper.begin(1_000);
    at(60);
    dial();
    const sleep = sleeper.wake();
    expect(dialled).toHaveLength(2);
    expect(sleeper.isOffline()).toBe(false);
    sleep();
    expect(sleeper.isOffline()).toBe(true);
  });

  test.each([
    [0, false, 50],
    [50, true, 80],
    [79, true, 80],
    [80, false, 250],
    [250, true, 280],
    [650, true, 680],
  ])("its hours come again in each period: after %i", (sinceMs, isOffline, changesAtMs) => {
    expect(offlineAt(night, sinceMs)).toEqual({ isOffline, changesAtMs });
  });
});
