import type { Action, Said } from "./action.ts";
import type { Scenario } from "./scenario-schema.ts";
import { type Settings, setting } from "./settings.ts";

/** Behind a session's key updates, so that everybody stands in its last epoch. */
const compareAfterMs = 300_000;
/** Behind a message, so that everybody has read it. */
const crossAfterMs = 1_000;
const dayMs = 24 * 3_600_000;

/** What a relay in the hands of an adversary does, and what people do about it. */
export function relayDeeds(
  scenario: Scenario,
  settings: Settings,
  said: readonly Said[],
): readonly Action[] {
  const { relay, scope: channel } = scenario.world;
  const inScope = said.filter((line) => line.channel === channel);
  const deeds: Action[] = [...comparisons(settings, channel, inScope)];
  if (relay === undefined) return deeds;
  const commits = Number(setting(settings, "withheld_commits", "0"));
  const theft = scenario.adversary.gets.find((grant) => grant.actor === relay.victim);
  if (commits > 0 && theft !== undefined && theft.at !== "end") {
    deeds.push({ kind: "withhold", atMs: theft.at, actor: relay.victim, commits });
  }
  if (setting(settings, "fork", "off") !== "on") return deeds;
  const { at, half } = relay.split;
  deeds.push({ kind: "split", atMs: at, half });
  const crossing = setting(settings, "crossing", "never");
  const crossed = crossing === "never" ? null : crossingAt(inScope, relay.split, crossing);
  if (crossed !== null) deeds.push({ kind: "cross", atMs: crossed + crossAfterMs, channel });
  return deeds;
}

/**
 * A first text behind the fork tells only what both halves know. So a frame crosses as soon as somebody in
 * each half has written twice: within the epoch that both began, or within the next one of each half.
 */
function crossingAt(
  said: readonly Said[],
  split: { readonly at: number; readonly half: readonly string[] },
  crossing: string,
): number | null {
  const sessions = [...new Set(said.map((line) => line.session))];
  const behind = sessions.filter((session) => firstOf(said, session) > split.at);
  const wanted = crossing === "same-epoch" ? behind.slice(0, 2) : behind.slice(2, 3);
  const lines = said
    .filter((line) => wanted.includes(line.session))
    .sort((a, b) => a.atMs - b.atMs);
  const counts = [0, 0];
  for (const { actor, atMs } of lines) {
    const side = split.half.includes(actor) ? 1 : 0;
    counts[side] = (counts[side] ?? 0) + 1;
    if (counts.every((count) => count >= 2)) return atMs;
  }
  return lines.at(-1)?.atMs ?? null;
}

function firstOf(said: readonly Said[], session: number): number {
  return Math.min(...said.filter((line) => line.session === session).map((line) => line.atMs));
}

function comparisons(settings: Settings, channel: string, said: readonly Said[]): Action[] {
  const how = setting(settings, "compare_words", "never");
  const ends = [...new Set(said.map((line) => line.session))].map((session) => {
    return Math.max(...said.filter((line) => line.session === session).map((line) => line.atMs));
  });
  if (how === "each-session") {
    return ends.map((end) => ({ kind: "compare", atMs: end + compareAfterMs, channel }));
  }
  if (how !== "daily") return [];
  const days = Math.floor(Math.max(...ends) / dayMs);
  return Array.from({ length: days }, (_, day) => {
    return { kind: "compare", atMs: (day + 1) * dayMs - compareAfterMs, channel };
  });
}
