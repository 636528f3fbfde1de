import { assert } from "#shared/failure.ts";
import { actorOf, type Ensemble, settle } from "./actor.ts";
import { admit } from "./admission.ts";
import type { Recording } from "./recording-cipher.ts";
import { relayAddress } from "./relays.ts";
import type { Scenario } from "./scenario-schema.ts";
import { durationOf, type Settings, setting } from "./settings.ts";

interface Plan {
  readonly scenario: Scenario;
  readonly settings: Settings;
}

/**
 * Opens every channel and lets its members join one after the other, by code, as people do. Gives which
 * channel each group id (hex) is.
 */
export async function gather(
  plan: Plan,
  ensemble: Ensemble,
  recording: Recording,
): Promise<Map<string, string>> {
  const { clock } = ensemble;
  const groups = new Map<string, string>();
  for (const { id: channel, members, relay } of plan.scenario.world.channels) {
    const [host, ...guests] = members.map((id) => actorOf(ensemble, id));
    assert(host !== undefined, "a channel has members");
    await clock.drive(
      host.client.openChannel(newChannel(plan, { name: channel, label: host.label, relay })),
    );
    for (const guest of guests) {
      const inside = members.slice(0, members.indexOf(guest.id));
      const helper = inside[1] === undefined ? null : actorOf(ensemble, inside[1]);
      const turnedAway = await admit(ensemble, {
        ...{ channel, label: guest.label, sponsor: host, newcomer: guest },
        second: approvalsOf(plan) > 1 ? helper : null,
        reachesNewcomer: true,
      });
      assert(turnedAway === null, "everybody who belongs in gets in");
      await settle(ensemble, members, channel);
    }
    // Channels are opened one after the other: a group seen for the first time is this channel's.
    for (const key of recording.mailboxes.keys()) {
      const group = key.split(":")[0] ?? "";
      if (!groups.has(group)) groups.set(group, channel);
    }
  }
  return groups;
}

/** Persons who must approve an admission or a removal. */
function approvalsOf({ settings }: Pick<Plan, "settings">): number {
  return setting(settings, "admission", "one-sponsor") === "one-sponsor" ? 1 : 2;
}

function newChannel(
  { settings }: Plan,
  { name, label, relay }: { name: string; label: string; relay: string },
) {
  const timer = durationOf(setting(settings, "message_timer", "off"));
  const release = setting(settings, "release", "");
  const lateEpochs = setting(settings, "late_epochs", "");
  const lateWindow = durationOf(setting(settings, "late_window", "2m"));
  return {
    name,
    label,
    relay: relayAddress(relay),
    approvals: approvalsOf({ settings }),
    update: { afterMessages: null, afterMs: null },
    ...(release === "" ? {} : { deniable: release === "retired" }),
    ...(timer === null ? {} : { timerMs: timer }),
    ...(lateEpochs === "" ? {} : { lateEpochs: Number(lateEpochs) }),
    ...(lateWindow === null ? {} : { lateWindowMs: lateWindow }),
  };
}
