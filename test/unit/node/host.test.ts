import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "#client/node/clock.ts";
import { systemRandom } from "#client/node/random.ts";

describe("the clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("wakes once, no earlier than asked", () => {
    const woken: number[] = [];
    systemClock.wakeAt(1_000_500, () => woken.push(systemClock.now()));
    vi.advanceTimersByTime(499);
    expect(woken).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(woken).toEqual([1_000_500]);
  });

  test("a time that has passed wakes soon, but never within the call", () => {
    let woken = 0;
    systemClock.wakeAt(5, () => woken++);
    expect(woken).toBe(0);
    vi.advanceTimersByTime(1);
    expect(woken).toBe(1);
  });

  test("a wake further off than a timer can count comes in its time", () => {
    let woken = 0;
    const far = 60 * 24 * 3_600_000;
    systemClock.wakeAt(1_000_000 + far, () => woken++);
    vi.advanceTimersByTime(far - 1);
    expect(woken).toBe(0);
    vi.advanceTimersByTime(1);
    expect(woken).toBe(1);
  });

  test("a cancelled wake never comes, also after its wait was renewed", () => {
    let woken = 0;
    const cancel = systemClock.wakeAt(1_200_000, () => woken++);
    vi.advanceTimersByTime(130_000);
    cancel();
    vi.advanceTimersByTime(1_000_000);
    expect([woken, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("a calendar clock that jumps ahead, as after a sleep, is noticed within a minute", () => {
    let woken = 0;
    systemClock.wakeAt(1_000_000 + 3_600_000, () => woken++);
    vi.setSystemTime(1_000_000 + 4_000_000);
    vi.advanceTimersByTime(60_000);
    expect(woken).toBe(1);
  });
});

test.each([0, 1, 32, 65_536, 65_537, 200_000])(
  "randomness of %i bytes is whole and fresh",
  (size) => {
    const [a, b] = [systemRandom(size), systemRandom(size)];
    expect([a.length, b.length]).toEqual([size, size]);
    if (size >= 32) {
      expect(a).not.toEqual(b);
      // The last octets are filled too: 16 zeros in a row happen once in 2^128.
      expect(a.subarray(-16).some((octet) => octet !== 0)).toBe(true);
    }
  },
);
