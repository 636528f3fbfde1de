import type { Said } from "./action.ts";
import type { Scenario, Traffic } from "./scenario-schema.ts";
import { type Seeded, seeded } from "./seeded.ts";
import { sleepPlanOf } from "./sleep-plan.ts";
import { offlineAt } from "./sleeper.ts";

type Channel = Scenario["world"]["channels"][number];

/** When something is said, and in which session of the talk; `index` counts within the session. */
interface Moment {
  readonly atMs: number;
  readonly session: number;
  readonly index: number;
}

/** What is said in every channel, from the scenario and the seed alone. */
export function sayTalk(
  scenario: Scenario,
  traffic: Traffic,
  seed: number,
  secrets: Readonly<Record<string, string>>,
): Said[] {
  const { scope, channels, intermediaries } = scenario.world;
  const said = channels.flatMap((channel): Said[] => {
    if (traffic.model === "replay" && channel.id === scope) return replayed(traffic, channel.id);
    const choices = seeded(`talk ${channel.id}`, seed);
    // Sessions of a decoy begin a little later, so that its mailboxes mingle with the others.
    const shift = channel.id === scope ? 0 : 17_000;
    const moments =
      traffic.model === "poisson"
        ? poissonMoments(traffic, channel.weight, seeded(`moments ${channel.id}`, seed))
        : sessionMoments(traffic, channel.weight, shift);
    const tells = secretsTold(scenario, channel.id, moments);
    return moments.map((moment) => {
      const { atMs, session, index } = moment;
      const actor = choices.pick(awake(scenario, channel, atMs));
      const value = secrets[tells.get(moment) ?? ""];
      const text =
        value === undefined
          ? `${smallTalk(choices)} [${session}.${index + 1}]`
          : `Between us: we can live with ${value}.`;
      return { kind: "say", atMs, channel: channel.id, actor, text, session };
    });
  });
  const labels = new Map(scenario.world.actors.map(({ id, label }) => [id, label]));
  const carried = intermediaries.flatMap(({ actor, from, to, after }) =>
    said
      .filter((line) => line.channel === from && line.actor !== actor)
      .map((line): Said => {
        const text = `${labels.get(line.actor)} says: ${line.text}`;
        return { ...line, atMs: line.atMs + after, channel: to, actor, text };
      }),
  );
  return [...said, ...carried];
}

/** A sentence that tells nothing. */
export function smallTalk(choices: Seeded): string {
  return `${choices.pick(openings)} ${choices.pick(subjects)} ${choices.pick(endings)}`;
}

function replayed(traffic: Extract<Traffic, { model: "replay" }>, channel: string): Said[] {
  return traffic.lines.map(({ from: actor, text, session }, index) => {
    const atMs = (session - 1) * traffic.every + index * traffic.spacing;
    return { kind: "say", atMs, channel, actor, text, session };
  });
}

function sessionMoments(
  traffic: Exclude<Traffic, { model: "poisson" }>,
  weight: number,
  shift: number,
): Moment[] {
  const sessions = traffic.model === "sessions" ? traffic.sessions : 1;
  const messages = traffic.model === "sessions" ? traffic.messages : traffic.lines.length;
  const perSession = Math.max(1, Math.round(messages * weight));
  // Whoever says more in the same time says it faster.
  const spacing = (traffic.spacing * messages) / perSession;
  return Array.from({ length: sessions * perSession }, (_, at) => {
    const index = at % perSession;
    const session = Math.floor(at / perSession) + 1;
    const atMs = (session - 1) * traffic.every + Math.round(index * spacing) + shift;
    return { atMs, session, index };
  });
}

/** The first is said at the beginning; the gaps between the others are exponential, in active time. */
function poissonMoments(
  traffic: Extract<Traffic, { model: "poisson" }>,
  weight: number,
  choices: Seeded,
): Moment[] {
  const { every, active = every, duration } = traffic;
  const perMs = (traffic.rate_per_hour * weight) / 3_600_000;
  const moments: Moment[] = [];
  let index = 0;
  for (let activeMs = 0; ; activeMs += -Math.log(1 - choices.next()) / perMs) {
    const period = Math.floor(activeMs / active);
    const atMs = Math.round(period * every + (activeMs - period * active));
    if (atMs >= duration) return moments;
    const session = period + 1;
    index = moments.at(-1)?.session === session ? index + 1 : 0;
    moments.push({ atMs, session, index });
  }
}

/** Which moment tells which secret: the one at the secret's time, or by chance the next. */
function secretsTold(scenario: Scenario, channel: string, moments: readonly Moment[]) {
  const byChance = scenario.world.traffic?.model === "poisson";
  const told = new Map<Moment, string>();
  for (const secret of scenario.world.secrets) {
    if (secret.channel !== channel) continue;
    const free = moments.filter((moment) => !told.has(moment));
    const moment = byChance
      ? (free.find(({ atMs }) => secret.at !== "end" && atMs >= secret.at) ?? free.at(-1))
      : free.find(({ atMs }) => atMs === secret.at);
    if (moment !== undefined) told.set(moment, secret.id);
  }
  return told;
}

/** Who can speak: those whose device is on the network; all of them where it is nobody's. */
function awake(scenario: Scenario, { members }: Channel, atMs: number): readonly string[] {
  if (scenario.world.devices.length === 0) return members;
  const found = members.filter((id) => {
    const plan = sleepPlanOf(scenario, id);
    return plan === null || !offlineAt(plan, atMs).isOffline;
  });
  return found.length > 0 ? found : members;
}

const openings = [
  "We have looked again at",
  "Our side asks about",
  "Nothing new on",
  "The principals accept",
  "We cannot move on",
  "Please clarify",
  "There is room in",
  "For the record, leave out",
] as const;

export const subjects = [
  "the corridor",
  "the ceasefire line",
  "the fuel quota",
  "the prisoner lists",
  "the observers",
  "the bridge at Orn",
  "the port fees",
  "the order of signing",
  "the return of families",
] as const;

const endings = [
  "before the weekend.",
  "if the guarantor agrees.",
  "but not in writing.",
  "as discussed at the lake.",
  "and we expect the same.",
  "once the lists are exchanged.",
  "whatever the papers say.",
] as const;
