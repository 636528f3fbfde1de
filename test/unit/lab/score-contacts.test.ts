import { describe, expect, test } from "vitest";
import { emptyFindings } from "#client/lab/attacks/findings.ts";
import { contactFacts, scoreContacts } from "#client/lab/score-contacts.ts";
import type { Truth } from "#client/lab/truth.ts";

const channels = { main: ["A", "B", "C"], south: ["B", "C", "D"], far: ["X", "Y"] };
const everybody = ["A", "B", "C", "D", "X", "Y"];

const truth = (of: Readonly<Record<string, readonly string[]>> = channels): Truth => ({
  ...{ v: 1, scenario: "s", channel: "main", messages: [], epochs: [], theft: null },
  ...{ expired: [], late: [], commits: [], secrets: {} },
  members: Object.entries(of).flatMap(([channel, labels]) =>
    labels.map((label) => ({ id: label, label, channel })),
  ),
  lines: everybody.map((label) => ({ line: `198.51.100.${label.charCodeAt(0)}`, label })),
});
const line = (label: string) => `198.51.100.${label.charCodeAt(0)}`;

function score(
  pairs: readonly string[],
  hours: readonly [number | null, number | null] = [null, null],
) {
  const contacts = pairs.map((pair) => ({ lines: [...pair].map(line), mailboxes: 1 }));
  const claims = { contacts, framesHours: hours[0], logHours: hours[1] };
  const metrics = scoreContacts({ ...emptyFindings("seized-relay"), claims }, truth());
  return Object.fromEntries(metrics.map((metric) => [metric.id, metric]));
}

describe("contacts", () => {
  test("count each pair once, in whichever channels it meets, in either order", () => {
    const all = score(["AB", "AC", "CB", "BD", "DC", "XY"]);
    expect(all["contacts.recall"]).toMatchObject({ hits: 6, of: 6 });
    expect(all["contacts.precision"]).toMatchObject({ hits: 6, of: 6, chance: 6 / 15 });
  });

  test("that nobody has cost precision, and those that are missed recall", () => {
    const some = score(["AB", "AD", "AX"]);
    expect(some["contacts.recall"]).toMatchObject({ hits: 1, of: 6 });
    expect(some["contacts.precision"]).toMatchObject({ hits: 1, of: 3 });
  });

  test("without a log are none: nothing is found, and nothing is claimed", () => {
    const none = score([]);
    expect(none["contacts.recall"]).toMatchObject({ value: 0 });
    expect(none["contacts.precision"]).toMatchObject({ value: null });
    expect(none["reach.days"]).toMatchObject({ value: 0 });
  });

  test("reach as far back as frames or log, whichever tells more", () => {
    expect(score([], [49, 145])).toMatchObject({
      "reach.days": { value: 6 },
      "reach.frames": { value: 2 },
    });
    expect(score([], [145, null])).toMatchObject({ "reach.days": { value: 6 } });
  });
});

describe("facts", () => {
  test("name the hub and the two who never meet, only where one answer is right", () => {
    // B and C have three contacts each: no hub. A and D have two: nobody who is busy is apart.
    expect(contactFacts(truth())).toEqual({ "contacts.hub": null, "contacts.apart": null });
    const wider = truth({
      main: ["A", "B", "C", "X"],
      south: ["B", "C", "D", "X"],
      note: ["B", "Y"],
    });
    expect(contactFacts(wider)).toEqual({
      "contacts.hub": line("B"),
      "contacts.apart": [line("A"), line("D")].sort().join(", "),
    });
  });

  test("are none where no log of addresses was kept", () => {
    const { lines: _, ...without } = truth({
      main: ["A", "B", "C", "X"],
      south: ["B", "C", "D", "X"],
      note: ["B", "Y"],
    });
    expect(contactFacts(without)).toEqual({ "contacts.hub": null, "contacts.apart": null });
  });
});
