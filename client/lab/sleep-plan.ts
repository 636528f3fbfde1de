import type { Scenario } from "./scenario-schema.ts";
import type { SleepPlan } from "./sleeper.ts";

/** How somebody's device sleeps in a scenario's world; null for never. */
export function sleepPlanOf({ world }: Scenario, id: string): SleepPlan | null {
  const device = world.devices.find(({ actors }) => actors.includes(id));
  if (device === undefined) return null;
  const { from: fromMs, until: untilMs, every: everyMs } = device.offline ?? {};
  return {
    wakesEveryMs: device.wakes_every ?? null,
    offline:
      fromMs === undefined || untilMs === undefined || everyMs === undefined
        ? null
        : { fromMs, untilMs, everyMs },
  };
}
