import type { Life } from "../life.ts";
import { channel, present } from "../life.ts";
import type { Violation } from "./violation.ts";

/**
 * All who stay converge: under a relay that has kept its log and in the end shows it to everybody,
 * whoever is still in good standing has the same epoch, has said everything and waits for nothing. (A
 * relay that lost its log has forked it for whoever had not read it all: that must only be noticed.)
 */
export function convergence(life: Life): Violation[] {
  if (life.isForked || life.counts["relay losses"] > 0) return [];
  const seats = present(life).map(({ device, label }) => {
    return { label, status: device.client.status(channel) };
  });
  const violations: Violation[] = [];
  const fail = (detail: string): void => {
    violations.push({ checker: "convergence", detail });
  };
  const words = new Set(seats.map(({ status }) => status.words.join(" ")));
  if (words.size > 1) {
    const where = seats.map(({ label, status }) => `${label} in ${status.epoch}`).join(", ");
    fail(`${words.size} groups at the end: ${where}`);
  }
  for (const { label, status } of seats) {
    if (status.state !== "open") fail(`${label} is ${status.state}`);
    if (status.outbox > 0) fail(`${label} has ${status.outbox} things unsaid`);
  }
  return violations;
}
