import { expect, test } from "vitest";
import { inlinePool, processPool } from "#client/lab/pool.ts";

/** A worker that doubles, fails when asked to, and ends when told to. */
const program = `
const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const job = JSON.parse(line);
  if (job === "end") process.exit(1);
  const answer = job === "fail" ? { failed: "as asked" } : { done: [2 * job, process.pid] };
  console.log(JSON.stringify(answer));
});`;
const command = { program: process.execPath, args: ["-e", program] };

test("jobs come back each with its own answer, from at most so many processes", async () => {
  const pool = processPool<number, [number, number]>(command, 2);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, job) => pool.run(job)));
  await pool.close();
  expect(answers.map(([double]) => double)).toEqual(
    Array.from({ length: 20 }, (_, job) => 2 * job),
  );
  expect(new Set(answers.map(([, pid]) => pid)).size).toBeLessThanOrEqual(2);
});

test("a job that fails says why, and the worker goes on", async () => {
  const pool = processPool<number | string, [number, number]>(command, 1);
  await expect(pool.run("fail")).rejects.toMatchObject({ code: "internal", message: /as asked/ });
  expect((await pool.run(4))[0]).toBe(8);
  await pool.close();
});

test("a worker that ends is told of, and what waits is done by another", async () => {
  const pool = processPool<number | string, [number, number]>(command, 1);
  await expect(pool.run("end")).rejects.toMatchObject({ code: "internal" });
  expect((await pool.run(5))[0]).toBe(10);
  await pool.close();
});

test("what waits behind a worker that ends is not forgotten", async () => {
  const pool = processPool<number | string, [number, number]>(command, 1);
  const ended = pool.run("end");
  const waits = pool.run(6);
  await expect(ended).rejects.toMatchObject({ code: "internal" });
  expect((await waits)[0]).toBe(12);
  await pool.close();
});

test("in this process jobs run one after the other, and a failure stops none of the others", async () => {
  const running: number[] = [];
  const pool = inlinePool<number, number>(async (job) => {
    running.push(job);
    expect(running).toHaveLength(1);
    await Promise.resolve();
    running.pop();
    if (job === 1) throw new Error("one");
    return job;
  });
  const results = await Promise.allSettled([0, 1, 2].map((job) => pool.run(job)));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
