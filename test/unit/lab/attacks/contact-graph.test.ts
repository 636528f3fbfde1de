import { describe, expect, test } from "vitest";
import type { AccessEntry } from "#client/lab/attacks/access-log.ts";
import { contactsOf, degreesOf, successionsOf } from "#client/lab/attacks/contact-graph.ts";

const opened = (atMs: number, line: string, mailbox?: string): AccessEntry => ({
  ...{ atMs, line, what: "opened", seq: null, frameId: null, bytes: null },
  ...(mailbox === undefined ? {} : { mailbox }),
});

/** Two channels that share b, and somebody by himself. */
const log = [
  opened(1, "a", "m1"),
  opened(2, "b", "m1"),
  opened(3, "b", "n1"),
  opened(4, "c", "n1"),
  opened(5, "a", "m2"),
  opened(6, "b", "m2"),
  opened(7, "d", "p1"),
];

describe("contacts", () => {
  test("are who was given the same mailbox, by how many, strongest first", () => {
    expect(contactsOf(log)).toEqual([
      { lines: ["a", "b"], mailboxes: 2 },
      { lines: ["b", "c"], mailboxes: 1 },
    ]);
    expect(degreesOf(contactsOf(log))).toEqual([
      { line: "b", others: 2 },
      { line: "a", others: 1 },
      { line: "c", others: 1 },
    ]);
  });

  test("do not come from being there at the same time, nor from coming again and again", () => {
    const alone = [opened(1, "a", "m"), opened(1, "b", "n"), opened(2, "a", "m")];
    expect(contactsOf(alone)).toEqual([]);
  });

  test("a log without mailboxes, or none, tells of nobody", () => {
    expect(contactsOf([])).toEqual([]);
    expect(
      contactsOf([opened(1, "a"), opened(1, "b"), opened(1, "a", ""), opened(2, "b", "")]),
    ).toEqual([]);
    expect(successionsOf([opened(1, "a"), opened(1, "b")])).toEqual([]);
    expect(degreesOf([])).toEqual([]);
  });

  test("are the same whatever the order of the lines", () => {
    expect(contactsOf([...log].reverse())).toEqual(contactsOf(log));
    expect(successionsOf([...log].reverse())).toEqual(successionsOf(log));
  });
});

describe("successions", () => {
  test("join mailboxes of the same people, in the order in which they were first opened", () => {
    const more = [...log, opened(9, "b", "m3"), opened(8, "a", "m3"), opened(20, "a", "m1")];
    expect(successionsOf(more)).toEqual([
      { from: "m1", to: "m2" },
      { from: "m2", to: "m3" },
    ]);
  });

  test("end where somebody joins or leaves: other people, another line", () => {
    const grown = [...log, ...["a", "b", "c"].map((line) => opened(9, line, "m3"))];
    expect(successionsOf(grown)).toEqual([{ from: "m1", to: "m2" }]);
  });
});
