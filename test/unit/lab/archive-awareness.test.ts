import { describe, expect, test } from "vitest";
import { metricValue } from "#client/lab/metrics.ts";
import { awarenessMetrics, declaredBy } from "#client/lab/rigs/archive-awareness.ts";
import type { ArchiveTruth } from "#client/lab/rigs/archive-stage.ts";

const startMs = Date.UTC(2027, 2, 1, 10);
const dayMs = 86_400_000;

/** Larch and Ember say one thing each in an hour, Heron archives and Slate has agreed. */
function truthOf(archive: Partial<ArchiveTruth["archive"]>): ArchiveTruth {
  const said = (id: string, from: string, at: number) => {
    return { id, channel: "main", from, text: id, epoch: 1, session: 0, atMs: startMs + at };
  };
  return {
    ...{ v: 1, scenario: "archive-plugin", channel: "main", members: [], epochs: [], theft: null },
    ...{ expired: [], late: [], commits: [], secrets: {} },
    messages: [said("a", "Larch", 0), said("b", "Slate", 1_000), said("c", "Ember", 2_000)],
    archive: {
      ...{ archivist: "Heron", agreed: ["Heron", "Slate"], copies: 3, turnedAway: false },
      ...{ joinedAtMs: startMs - 60_000, shown: [], startMs, endMs: startMs + dayMs },
      ...archive,
    },
  };
}

const shownAt = (atMs: number, label = "Heron") =>
  ["Larch", "Ember"].map((by) => ({ by, label, atMs }));

function measured(archive: Partial<ArchiveTruth["archive"]>) {
  const metrics = awarenessMetrics(truthOf(archive));
  const of = (id: string) => metricValue(metrics, id);
  return {
    unaware: of("said.unaware"),
    messages: of("detect.messages"),
    seconds: of("detect.seconds"),
    alarms: of("alarm.false_per_day"),
  };
}

describe("what the others could know of an archive", () => {
  test("is nothing, and no time at all, where nobody's client shows it", () => {
    const never = { unaware: 1, messages: null, seconds: null, alarms: 0 };
    expect(measured({})).toEqual(never);
    expect(declaredBy(truthOf({}))).toBe("nobody");
  });

  test("begins with the archivist's coming in where he declares it there", () => {
    const shown = shownAt(startMs - 60_000);
    expect(measured({ shown })).toEqual({ unaware: 0, messages: 0, seconds: 0, alarms: 0 });
    expect(declaredBy(truthOf({ shown }))).toBe("Heron");
  });

  test("begins later where he declares it later: what was said before was copied unawares", () => {
    const shown = shownAt(startMs + 1_500);
    expect(measured({ shown })).toEqual({ unaware: 0.5, messages: 1, seconds: 61.5, alarms: 0 });
  });

  test("is of no use to who was not shown it", () => {
    const shown = shownAt(startMs - 60_000).filter(({ by }) => by === "Ember");
    expect(measured({ shown }).unaware).toBe(0.5);
  });

  test("is that the plug-in stood at the door, where it was turned away", () => {
    const turnedAway = { turnedAway: true, copies: 0 };
    expect(measured(turnedAway)).toEqual({ unaware: 0, messages: 0, seconds: 0, alarms: 0 });
  });

  test("counts a seat that is shown and keeps nothing as a false alarm at each who sees it", () => {
    const shown = [...shownAt(startMs - 60_000), ...shownAt(startMs, "Slate")];
    expect(measured({ shown }).alarms).toBe(2);
    // Whoever has nothing in any archive was shown for nothing, too.
    expect(measured({ shown: shownAt(startMs), copies: 0 }).alarms).toBe(2);
  });
});
