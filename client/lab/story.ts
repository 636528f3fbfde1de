import type { Action, Said, Story } from "./action.ts";
import { guestVisit } from "./guest-visit.ts";
import { relayDeeds } from "./relay-deeds.ts";
import { type Scenario, trafficOf } from "./scenario-schema.ts";
import { seeded } from "./seeded.ts";
import { type Settings, setting } from "./settings.ts";
import { sayTalk, smallTalk, subjects } from "./talk.ts";

/**
 * What happens in a run, from the scenario, the seed and the settings alone. The talk is the same for all
 * settings of one seed: that is what makes two runs a pair.
 */
export function tellStory(scenario: Scenario, seed: number, settings: Settings): Story {
  const secrets: Record<string, string> = {};
  for (const secret of scenario.world.secrets) {
    const choices = seeded(`secret ${secret.id}`, seed);
    secrets[secret.id] =
      `${choices.pick(subjects)} at ${10 + choices.below(90)} to ${1 + choices.below(9)}`;
  }
  const held = heldUplinks(scenario, seed);
  const said = [...sayTalk(scenario, trafficOf(scenario), seed, secrets), ...held.said];
  const end = Math.max(...said.map((line) => line.atMs)) + 60_000;
  const captures = scenario.adversary.gets.map((grant) => ({
    kind: "capture" as const,
    atMs: grant.at === "end" ? end : grant.at,
    grant: grant.id,
  }));
  const changes = keyChanges(scenario, settings, said);
  const deeds = relayDeeds(scenario, settings, said);
  const visit = guestVisit(scenario, settings, said);
  const actions = [...said, ...changes, ...held.rest, ...captures, ...deeds, ...visit].sort(
    (a, b) => a.atMs - b.atMs || rank[a.kind] - rank[b.kind],
  );
  return { actions, secrets };
}

/** In which order things happen that happen at the same time. */
const rank = {
  capture: 0,
  hold: 0,
  release: 0,
  withhold: 1,
  split: 1,
  admit: 1,
  say: 2,
  cross: 3,
  update: 4,
  remove: 4,
  compare: 5,
} as const;

/** How far apart somebody writes whose uplink is held: so that each waits for its answer in vain first. */
const heldSpacingMs = 15_000;

/** Stalled uplinks: what is written into them, and what happens around it. The same for all settings. */
function heldUplinks(scenario: Scenario, seed: number): { said: Said[]; rest: Action[] } {
  const { held, scope: channel, actors } = scenario.world;
  const traffic = trafficOf(scenario);
  const choices = seeded("held uplinks", seed);
  const said: Said[] = [];
  const rest: Action[] = [];
  for (const { actor, from, until, messages, commit } of held) {
    const session = Math.floor(from / traffic.every) + 1;
    const label = actors.find(({ id }) => id === actor)?.label ?? actor;
    for (let index = 0; index < messages; index++) {
      const text = `${smallTalk(choices)} [${session}.${label}.${index + 1}]`;
      const atMs = from + index * heldSpacingMs;
      said.push({ kind: "say", atMs, channel, actor, text, session });
    }
    rest.push(
      { kind: "hold", atMs: from, actor },
      { kind: "update", atMs: commit.at, channel, actor: commit.by },
      { kind: "release", atMs: until, actor },
    );
  }
  return { said, rest };
}

/** Updates and removals, half a session's pause after the session's last message. */
function keyChanges(scenario: Scenario, settings: Settings, said: readonly Said[]): Action[] {
  const { scope, channels } = scenario.world;
  const grant = scenario.adversary.gets.find((each) => each.kind === "device-state");
  const victim = grant?.actor ?? null;
  const theftAt = grant === undefined || grant.at === "end" ? null : grant.at;
  const channel = channels.find((each) => each.id === scope);
  const others = (channel?.members ?? []).filter((id) => id !== victim);
  const inScope = said.filter((line) => line.channel === scope);
  const sessions = [...new Set(inScope.map((line) => line.session))];
  const theftSession = inScope.find((line) => theftAt !== null && line.atMs >= theftAt)?.session;
  const changes: Action[] = [];
  for (const session of sessions) {
    const last = Math.max(
      ...inScope.filter((line) => line.session === session).map((line) => line.atMs),
    );
    const atMs = last + 120_000;
    const afterTheft = session === theftSession;
    updaters(scenario, settings, others, last).forEach((actor, index) => {
      changes.push({ kind: "update", atMs: atMs + index * 1_000, channel: scope, actor });
    });
    const own = setting(settings, "victim_updates", "never");
    if (victim !== null && (own === "each-session" || (own === "after-theft" && afterTheft))) {
      changes.push({ kind: "update", atMs: atMs + 60_000, channel: scope, actor: victim });
    }
    if (victim !== null && afterTheft && setting(settings, "removal", "never") === "after-theft") {
      const actor = others[0] ?? victim;
      changes.push({ kind: "remove", atMs: atMs + 90_000, channel: scope, actor, target: victim });
    }
  }
  return changes;
}

/** Who else renews keys behind a session: everybody, or one of each half that there is by then. */
function updaters(
  scenario: Scenario,
  settings: Settings,
  others: readonly string[],
  atMs: number,
): readonly string[] {
  const own = setting(settings, "others_update", "never");
  if (own === "never") return [];
  if (own === "each-session") return others;
  const split = scenario.world.relay?.split;
  const isSplit =
    split !== undefined && split.at <= atMs && setting(settings, "fork", "off") === "on";
  // The halves talk on in the epoch that they had in common; at the end of the next session both commit.
  if (isSplit && atMs < split.at + trafficOf(scenario).every) return [];
  const half = new Set(isSplit ? split.half : []);
  const halves = [others.filter((id) => !half.has(id)), others.filter((id) => half.has(id))];
  return halves.flatMap((members) => members.slice(0, 1));
}
