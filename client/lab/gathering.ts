import type { NewChannel } from "#client/core/client.ts";
import { assert, Failure } from "#shared/failure.ts";
import { type Actor, actorOf, type Ensemble, settle } from "./actor.ts";
import { admit } from "./admission.ts";
import type { Recording } from "./recording-cipher.ts";
import { relayAddress } from "./relays.ts";
import type { PlugIn } from "./rigs/rig.ts";
import type { Scenario } from "./scenario-schema.ts";
import { durationOf, type Settings, setting } from "./settings.ts";

interface Plan {
  readonly scenario: Scenario;
  readonly settings: Settings;
  readonly plugIn?: PlugIn;
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
  const groups = new Map<string, string>();
  for (const { id: channel, members, relay } of plan.scenario.world.channels) {
    const [host, ...guests] = members.map((id) => actorOf(ensemble, id));
    assert(host !== undefined, "a channel has members");
    await open(plan, ensemble, host, { name: channel, label: host.label, relay });
    for (const guest of guests) {
      const inside = members.slice(0, members.indexOf(guest.id));
      const helper = inside[1] === undefined ? null : actorOf(ensemble, inside[1]);
      const admission = {
        ...{ channel, label: guest.label, sponsor: host, newcomer: guest },
        second: approvalsOf(plan) > 1 ? helper : null,
        reachesNewcomer: true,
      };
      const archives = declares(plan, guest);
      let turnedAway = await admit(ensemble, { ...admission, archives });
      if (turnedAway === "archiver") {
        plan.plugIn?.turnedAway();
        turnedAway = await admit(ensemble, admission);
      }
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

function declares({ plugIn }: Plan, { id }: Actor): boolean {
  return plugIn?.actor === id && plugIn.declares;
}

/** Takes the first seat; a client that keeps copies and may not comes in without its plug-in, as at the door. */
async function open(
  plan: Plan,
  { clock }: Ensemble,
  host: Actor,
  names: { name: string; label: string; relay: string },
): Promise<void> {
  const wanted = newChannel(plan, names);
  const archives = declares(plan, host);
  try {
    await clock.drive(host.client.openChannel({ ...wanted, archives }));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "archiver") throw error;
    plan.plugIn?.turnedAway();
    await clock.drive(host.client.openChannel(wanted));
  }
}

/** Persons who must approve an admission or a removal. */
function approvalsOf({ settings }: Pick<Plan, "settings">): number {
  return setting(settings, "admission", "one-sponsor") === "one-sponsor" ? 1 : 2;
}

function newChannel(
  { settings }: Plan,
  { name, label, relay }: { name: string; label: string; relay: string },
): NewChannel {
  const timer = durationOf(setting(settings, "message_timer", "off"));
  const release = setting(settings, "release", "");
  const lateEpochs = setting(settings, "late_epochs", "");
  const lateWindow = durationOf(setting(settings, "late_window", "2m"));
  return {
    name,
    label,
    relay: relayAddress(relay),
    approvals: approvalsOf({ settings }),
    archivers: setting(settings, "archivers", "shown") === "refused" ? "refused" : "shown",
    update: { afterMessages: null, afterMs: null },
    ...(release === "" ? {} : { deniable: release === "retired" }),
    ...(timer === null ? {} : { timerMs: timer }),
    ...(lateEpochs === "" ? {} : { lateEpochs: Number(lateEpochs) }),
    ...(lateWindow === null ? {} : { lateWindowMs: lateWindow }),
  };
}
