import { assert } from "#shared/failure.ts";
import type { Action, Said } from "./action.ts";
import type { Scenario } from "./scenario-schema.ts";
import { type Settings, setting } from "./settings.ts";

/** Behind a session's last message, so that everybody has read it. */
const noticeAfterMs = 60_000;

/** How a guest comes in who is not whom his sponsor takes him for, and when he is shown out. */
export function guestVisit(
  scenario: Scenario,
  settings: Settings,
  said: readonly Said[],
): readonly Action[] {
  const { guest, scope: channel, actors } = scenario.world;
  if (guest === undefined) return [];
  const labelOf = (wanted: string) => actors.find(({ id }) => id === wanted)?.label;
  const label = labelOf(guest.actor);
  assert(label !== undefined, "the scenario's checks found the guest");
  const rule = setting(settings, "admission", "one-sponsor");
  const admit: Action = {
    ...{ kind: "admit", atMs: guest.at, channel, guest: guest.actor, label },
    sponsor: guest.sponsor,
    personOf: guest.seat_of === undefined ? null : (labelOf(guest.seat_of) ?? null),
    second: rule === "one-sponsor" ? null : guest.second,
    isDeceived: rule === "two-person-both-deceived",
  };
  const noticed = setting(settings, "noticed", "next-session");
  const lines = said.filter((line) => line.channel === channel && line.atMs > guest.at);
  const sessions = [...new Set(lines.map((line) => line.session))].sort((a, b) => a - b);
  const session = sessions[noticed === "same-session" ? 0 : 1];
  const last = Math.max(
    ...lines.filter((line) => line.session === session).map((line) => line.atMs),
  );
  if (noticed === "never" || session === undefined) return [admit];
  const atMs = last + noticeAfterMs;
  const remove = { kind: "remove", atMs, channel, actor: guest.noticed_by, target: guest.actor };
  return [admit, remove as Action];
}
