import { describe, expect, test } from "vitest";
import { emptyFindings, type RecoveredText } from "#client/lab/attacks/findings.ts";
import { metricValue } from "#client/lab/metrics.ts";
import { score } from "#client/lab/score.ts";
import type { Truth } from "#client/lab/truth.ts";

const message = (n: number, epoch: number, text = `text ${n}`) => ({
  id: n.toString(16).padStart(32, "0"),
  channel: "main",
  from: "Heron",
  text,
  epoch,
  session: epoch,
  atMs: n * 1_000,
});

const epochOf = (epoch: number, began: "update" | "admission", committer: string | null) => ({
  channel: "main",
  epoch,
  mailboxes: [`m${epoch}`],
  began,
  committer,
  atMs: 0,
});

const truth: Truth = {
  v: 1,
  scenario: "stolen-device",
  channel: "main",
  members: [{ id: "bor", label: "Heron", channel: "main" }],
  messages: [message(1, 1), message(2, 1), message(3, 1), message(4, 2), message(5, 2)],
  epochs: [epochOf(1, "admission", null), epochOf(2, "update", "Heron")],
  theft: { actor: "bor", label: "Heron", atMs: 2_500, epoch: 1 },
  expired: [message(1, 1).id],
  late: [],
  commits: ["m1:9"],
  secrets: {},
};

const read = (n: number, by: RecoveredText["by"], text = `text ${n}`): RecoveredText => ({
  text,
  by,
  id: message(n, 1).id,
  from: null,
  epoch: null,
  where: "test",
});

const scored = (...texts: RecoveredText[]) =>
  score({ ...emptyFindings("test"), read: texts }, truth);

describe("the scorer", () => {
  test("past and future, keys and stored text are counted apart", () => {
    const { metrics } = scored(read(2, "stored"), read(3, "key"));
    expect(metricValue(metrics, "recovered.fraction")).toBe(0.4);
    expect(metricValue(metrics, "recovered.past.stored")).toBe(0.5);
    expect(metricValue(metrics, "recovered.past.key")).toBe(0);
    expect(metricValue(metrics, "recovered.future.key")).toBeCloseTo(1 / 3);
  });

  test("a text that differs in one octet counts as wrong and not as recovered", () => {
    const { metrics } = scored(read(3, "key", "text 3 "));
    expect(metricValue(metrics, "recovered.fraction")).toBe(0);
    expect(metricValue(metrics, "recovered.wrong")).toBe(1);
  });

  test("one text without an id stands for one message, however often it was found", () => {
    const twice = { ...truth, messages: [message(1, 1, "yes"), message(2, 1, "yes")] };
    const found = { ...read(1, "plain", "yes"), id: null };
    const once = score({ ...emptyFindings("test"), read: [found] }, twice);
    expect(metricValue(once.metrics, "recovered.fraction")).toBe(0.5);
  });

  test("the epoch from which on nothing is read healed, and names who began it", () => {
    const healed = scored(read(3, "key"));
    expect(metricValue(healed.metrics, "heal.messages")).toBe(1);
    expect(healed.healedBy).toBe("Heron");
    expect(healed.healedAt).toBe(3);
  });

  test("reading to the end is no healing, and has no number", () => {
    const open = scored(read(3, "key"), read(5, "key"));
    expect(metricValue(open.metrics, "heal.messages")).toBeNull();
    expect(open.healedBy).toBeNull();
  });

  test("an expired text that is read all the same shows", () => {
    expect(metricValue(scored(read(1, "stored")).metrics, "expired.read")).toBe(1);
    expect(metricValue(scored(read(2, "stored")).metrics, "expired.read")).toBe(0);
  });

  test("claimed successions are counted against the real ones", () => {
    const findings = {
      ...emptyFindings("test"),
      edges: [
        { from: "m1", to: "m2" },
        { from: "m2", to: "m1" },
      ],
    };
    const { metrics } = score(findings, truth);
    expect(metricValue(metrics, "edges.precision")).toBe(0.5);
    expect(metricValue(metrics, "edges.recall")).toBe(1);
  });

  test("an old frame that was opened, and its text where it was sent again, are two answers", () => {
    const late = [{ id: message(4, 2).id, channel: "main", epoch: 1 }];
    const stolen = { ...truth, late, theft: { ...truth.theft, epoch: 2 } as Truth["theft"] };
    const found = (epoch: number, by: RecoveredText["by"] = "key") => ({ ...read(4, by), epoch });
    const both = (...texts: RecoveredText[]) => {
      const { metrics } = score({ ...emptyFindings("test"), read: texts }, stolen);
      return ["recovered.late", "recovered.late.anew"].map((id) => metricValue(metrics, id));
    };
    expect(both(found(1), found(2))).toEqual([1, 1]);
    expect(both(found(2))).toEqual([0, 1]);
    expect(both(found(1))).toEqual([1, 0]);
    expect(both(found(1, "stored"))).toEqual([0, 0]);
    expect(both({ ...found(1), text: "text 4 " })).toEqual([0, 0]);
  });

  test("what kept keys open of undelivered frames is told from what came otherwise, and from both", () => {
    const frame = (n: number) => ({ id: message(n, 2).id, channel: "main", epoch: 1 });
    const undelivered = [frame(2), frame(3), frame(4), { ...frame(5), channel: "decoy" }];
    const stolen = { ...truth, undelivered, theft: { ...truth.theft, epoch: 2 } as Truth["theft"] };
    const key = (n: number, epoch: number) => ({ ...read(n, "key"), epoch });
    const of = (...found: RecoveredText[]) => {
      const { metrics } = score({ ...emptyFindings("test"), read: found }, stolen);
      const ids = ["undelivered.key", "undelivered.stored", "undelivered.gain"];
      return ids.map((id) => metrics.find((one) => one.id === id)?.hits);
    };
    expect(of()).toEqual([0, 0, 0]);
    expect(of(key(3, 1), key(4, 1))).toEqual([2, 0, 2]);
    expect(of(key(3, 1), read(3, "stored"))).toEqual([1, 1, 0]);
    expect(of(key(3, 1), key(3, 2))).toEqual([1, 0, 0]);
    expect(of(key(3, 2), read(4, "plain"))).toEqual([0, 0, 0]);
    expect(of({ ...key(3, 1), text: "text 3 " }, key(5, 1))).toEqual([0, 0, 0]);
    const { metrics } = score(
      { ...emptyFindings("test"), read: [] },
      { ...stolen, undelivered: [] },
    );
    expect(metrics.some(({ id }) => id.startsWith("undelivered."))).toBe(false);
  });

  test("without a frame behind a commit the late window has no number", () => {
    expect(metricValue(scored(read(3, "key")).metrics, "recovered.late")).toBeNull();
  });

  test("nothing found recovers nothing", () => {
    expect(metricValue(scored().metrics, "recovered.fraction")).toBe(0);
  });
});
