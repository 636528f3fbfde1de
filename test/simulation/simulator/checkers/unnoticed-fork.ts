import type { Life } from "../life.ts";
import { channel, present } from "../life.ts";
import type { Violation } from "./checkers.ts";

/** No unnoticed fork: whoever has ended in another group than somebody else has been warned of it. */
export function unnoticedFork(life: Life): Violation[] {
  const seats = present(life).map(({ device, label }) => {
    const { words, state } = device.client.status(channel);
    const codes = device.notices.flatMap((one) =>
      one.type === "alarm" ? [one.code as string] : [],
    );
    return { label, words: words.join(" "), state, codes };
  });
  const open = seats.filter(({ state }) => state === "open");
  if (new Set(open.map(({ words }) => words)).size <= 1) return [];
  return open
    .filter(({ codes }) => !codes.includes("fork") && !codes.includes("split-suspected"))
    .map(({ label, codes }) => ({
      checker: "unnoticed fork",
      detail: `${label} is in another group than others; alarms: ${codes.join(" ") || "none"}`,
    }));
}
