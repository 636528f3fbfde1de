import { decoyId } from "./decoys.ts";
import type { Fault } from "./fault.ts";
import type { Scenario } from "./scenario-schema.ts";

/**
 * What the types cannot say about traffic, decoys, relays and devices. `playsTalk`: whether the rig plays the
 * world as the file describes it; others build their own, and what they would pass over is refused.
 */
export function checkWorld(scenario: Scenario, playsTalk: boolean): Fault[] {
  return playsTalk
    ? [
        ...checkReplay(scenario),
        ...checkDecoys(scenario),
        ...checkRelays(scenario),
        ...checkDevices(scenario),
        ...checkIntermediaries(scenario),
      ]
    : checkUnplayed(scenario);
}

function checkUnplayed({ world, adversary }: Scenario): Fault[] {
  const message = "the worlds of this attack are not played from it";
  const faults: Fault[] = [];
  if (world.decoys > 0) faults.push({ path: ["world", "decoys"], message });
  for (const name of ["devices", "intermediaries"] as const) {
    if (world[name].length > 0) faults.push({ path: ["world", name], message });
  }
  if (world.traffic?.model === "poisson") {
    faults.push({ path: ["world", "traffic", "model"], message });
  }
  world.channels.forEach(({ weight, relay }, at) => {
    if (weight !== 1) faults.push({ path: ["world", "channels", at, "weight"], message });
    if (relay !== "relay") faults.push({ path: ["world", "channels", at, "relay"], message });
  });
  adversary.gets.forEach((grant, at) => {
    if (grant.relay !== undefined) {
      faults.push({ path: ["adversary", "gets", at, "relay"], message });
    }
  });
  return faults;
}

function checkReplay({ world }: Scenario): Fault[] {
  const at = world.channels.findIndex(({ id }) => id === world.scope);
  if (world.traffic?.model !== "replay" || world.channels[at]?.weight === 1 || at === -1) return [];
  const message = "a replay says in the channel in scope what its lines say";
  return [{ path: ["world", "channels", at, "weight"], message }];
}

function checkDecoys({ world }: Scenario): Fault[] {
  if (world.decoys === 0) return [];
  const message = "is a name that decoys get";
  const faults: Fault[] = [];
  world.actors.forEach(({ id }, at) => {
    if (decoyId.test(id)) faults.push({ path: ["world", "actors", at, "id"], message });
  });
  world.channels.forEach(({ id }, at) => {
    if (decoyId.test(id)) faults.push({ path: ["world", "channels", at, "id"], message });
  });
  return faults;
}

function checkRelays({ world, adversary }: Scenario): Fault[] {
  const faults: Fault[] = [];
  const relays = new Set(["relay", ...world.channels.map(({ relay }) => relay)]);
  world.channels.forEach(({ relay }, at) => {
    if (world.relay === undefined || relay === "relay") return;
    const message = "a relay that shows two logs is the only one of its world";
    faults.push({ path: ["world", "channels", at, "relay"], message });
  });
  const taken = new Set<string>();
  adversary.gets.forEach((grant, at) => {
    const path = ["adversary", "gets", at, "relay"];
    if (grant.kind !== "relay-db") {
      if (grant.relay !== undefined) faults.push({ path, message: "is of a relay's database" });
      return;
    }
    const relay = grant.relay ?? "relay";
    taken.add(relay);
    if (!relays.has(relay)) faults.push({ path, message: `no channel has the relay "${relay}"` });
    else if (taken.size > 1) faults.push({ path, message: "one relay's database, not several" });
  });
  return faults;
}

function checkDevices({ world }: Scenario): Fault[] {
  const faults: Fault[] = [];
  const actors = new Set(world.actors.map(({ id }) => id));
  const seen = new Set<string>();
  world.devices.forEach((device, at) => {
    if (device.wakes_every === undefined && device.offline === undefined) {
      const message = "says nothing: wakes_every, offline or both";
      faults.push({ path: ["world", "devices", at], message });
    }
    device.actors.forEach((id, index) => {
      const path = ["world", "devices", at, "actors", index];
      if (!actors.has(id)) faults.push({ path, message: `no actor "${id}"` });
      else if (seen.has(id)) faults.push({ path, message: `"${id}" has a device already` });
      seen.add(id);
    });
  });
  const message = "uplinks that stall and relays that show two logs want devices that do not sleep";
  const isHiding = world.relay !== undefined || world.late_hidden_from !== undefined;
  const isStrange = world.held.length > 0 || isHiding || world.guest !== undefined;
  if (world.devices.length > 0 && isStrange) faults.push({ path: ["world", "devices"], message });
  return faults;
}

function checkIntermediaries({ world }: Scenario): Fault[] {
  const faults: Fault[] = [];
  world.intermediaries.forEach(({ actor, from, to }, at) => {
    for (const [key, id] of [
      ["from", from],
      ["to", to],
    ] as const) {
      const path = ["world", "intermediaries", at, key];
      const found = world.channels.find((each) => each.id === id);
      if (found === undefined) faults.push({ path, message: "no such channel" });
      else if (!found.members.includes(actor)) {
        faults.push({ path, message: `"${actor}" is not in the channel` });
      }
    }
    if (from === to) {
      const path = ["world", "intermediaries", at, "to"];
      faults.push({ path, message: "must be another channel" });
    }
  });
  return faults;
}
