import { hex, utf8 } from "#shared/bytes.ts";
import type { Life } from "../life.ts";
import { channel, present } from "../life.ts";
import type { Violation } from "./violation.ts";

/** Expired text is in no store: its octets are searched for in everything that each vault holds. */
export function forgetting(life: Life): Violation[] {
  const violations: Violation[] = [];
  for (const { device, label } of present(life)) {
    const { timerMs } = device.client.status(channel);
    if (timerMs === null) continue;
    const kept = [...device.store.records.values()].map(hex).join(" ");
    // Read by now, whenever they came: the timer runs from the reading, and nothing new has come since.
    const stored = new Set(device.seen);
    const old = life.said.filter(({ text, at }) => {
      return stored.has(text) && life.clock.now() >= at + timerMs;
    });
    const timed = old.filter(({ text }) => isTimed(life, text));
    for (const { text } of timed) {
      if (!kept.includes(hex(utf8(text)))) continue;
      violations.push({ checker: "forgetting", detail: `${label} still holds "${text}"` });
    }
  }
  return violations;
}

/** Only what was said after everybody had the timer must be gone: it does not reach back. */
function isTimed(life: Life, text: string): boolean {
  const at = life.said.findIndex((one) => one.text === text);
  return life.timedFrom !== null && at >= life.timedFrom;
}
