import { describe, expect, test } from "vitest";
import { fork } from "#client/lab/reference/fork.ts";
import { settle } from "#client/lab/reference/settle.ts";

const run = { seed: 1, trials: null, progress: () => {} };
const measure = async (...changes: readonly string[]) =>
  fork.measure(settle("fork", fork.parameters, changes), run);

describe("the reference of a fork", () => {
  test("holds every row that LEAKLAB prints, and judges no Welcome of unknown size", async () => {
    const rows = await fork.rows(run);
    expect(rows.map(({ agrees }) => agrees)).toEqual([true, true, true, true, true, null]);
  });

  test("shows no second authenticator where the relay shows one log", async () => {
    const [, authenticators, within, across] = await measure("logs=1", "members=3");
    expect(authenticators?.ours).toBe("1");
    expect(within?.ours).toBe("6 of 6");
    expect(across?.ours).toBe("0 of 0");
  });

  test("leaves everybody alone with a log of his own", async () => {
    const [epochs, authenticators, within, across] = await measure("logs=3", "members=3");
    expect(epochs?.ours).toBe("1");
    expect(authenticators?.ours).toBe("3");
    expect(within?.ours).toBe("0 of 0");
    expect(across?.ours).toBe("0 of 6");
  });

  test.each([
    "members=1",
    "members=65",
    "logs=5",
    "logs=0",
    "messages=0",
    "text=-1",
    "members=2.5",
  ])("refuses %s", async (change) => {
    await expect(measure(change)).rejects.toMatchObject({ code: "usage" });
  });
});
