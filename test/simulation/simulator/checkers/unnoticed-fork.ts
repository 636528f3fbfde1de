import type { Life } from "../life.ts";
import { channel, present } from "../life.ts";
import type { Violation } from "./violation.ts";

/** No unnoticed fork: whoever has ended in another group than somebody else has been warned of it. */
export function unnoticedFork(life: Life): Violation[] {
  const seats = present(life).map(({ device, label }) => {
    const { words, state } = device.client.status(channel);
    const codes = device.notices.flatMap((one) =>
      one.type === "alarm" ? [one.code as string] : [],
    );
    const members = device.client.who(channel).map((member) => member.label);
    return { label, words: words.join(" "), state, codes, members };
  });
  const open = seats.filter(({ state }) => state === "open");
  // Who is no member of one's own group any more is missed by nobody in it.
  const isApart = (one: (typeof open)[number]): boolean =>
    open.some(({ label, words }) => words !== one.words && one.members.includes(label));
  return open
    .filter(isApart)
    .filter(({ codes }) => !codes.includes("fork") && !codes.includes("split-suspected"))
    .map(({ label, codes }) => ({
      checker: "unnoticed fork",
      detail: `${label} is in another group than others; alarms: ${codes.join(" ") || "none"}`,
    }));
}
