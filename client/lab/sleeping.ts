import type { Action } from "./action.ts";
import { type Actor, actorOf, type Ensemble } from "./actor.ts";
import type { Scenario } from "./scenario-schema.ts";

/** Lets time pass; devices that wake, hang up or dial on the way do so at their own moment. */
export async function passUntil(ensemble: Ensemble, atMs: number): Promise<void> {
  const { clock } = ensemble;
  const sleepers = [...ensemble.actors.values()].filter(({ sleeper }) => sleeper !== null);
  for (;;) {
    const nextMs = Math.min(...sleepers.map(({ sleeper }) => sleeper?.nextAt() ?? Infinity));
    if (nextMs > atMs) break;
    await clock.advanceTo(nextMs);
    const due = sleepers.filter(({ sleeper }) => (sleeper?.nextAt() ?? Infinity) <= clock.now());
    for (const { sleeper } of due) sleeper?.keepTime();
    await takeIn(ensemble, due);
  }
  await clock.advanceTo(atMs);
}

/** Who has to be awake for something to happen: who does it, or everybody where people act together. */
export function usersOf({ world }: Scenario, action: Action): readonly string[] {
  if (world.devices.length === 0) return [];
  switch (action.kind) {
    case "say":
    case "update":
      return [action.actor];
    case "remove":
    case "admit":
    case "compare":
    case "split":
    case "cross":
      return world.channels.find(({ id }) => id === world.scope)?.members ?? [];
    default:
      return [];
  }
}

/** Does something while the devices of those people are awake and have caught up. */
export async function whileAwake<T>(
  ensemble: Ensemble,
  ids: readonly string[],
  act: () => Promise<T>,
): Promise<T> {
  const users = ids.map((id) => actorOf(ensemble, id)).filter(({ sleeper }) => sleeper !== null);
  const ends = users.map(({ sleeper }) => sleeper?.wake());
  try {
    await takeIn(ensemble, users);
    return await act();
  } finally {
    for (const end of ends) end?.();
  }
}

async function takeIn({ clock }: Ensemble, actors: readonly Actor[]): Promise<void> {
  const inside = actors.filter(({ isHeld, sleeper }) => !isHeld && sleeper?.isOffline() !== true);
  if (inside.length === 0) return;
  await clock.drive(Promise.all(inside.map(({ client }) => client.settle())));
}
