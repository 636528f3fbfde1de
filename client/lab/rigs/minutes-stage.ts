import { rm } from "node:fs/promises";
import { z } from "zod";
import { drawSecret, formatCode } from "#client/core/code.ts";
import { utf8 } from "#shared/bytes.ts";
import type { Capture } from "../bundle.ts";
import { relayHost } from "../relays.ts";
import type { Scenario } from "../scenario-schema.ts";
import { scratchFolder } from "../scratch.ts";
import { seeded } from "../seeded.ts";
import { type Settings, setting } from "../settings.ts";
import { tellStory } from "../story.ts";
import { coverName } from "../weak/covering-exporter.ts";
import { playWorld } from "../world.ts";
import { writeEvidence } from "../write-evidence.ts";
import { exportMinutes, removeName } from "./minutes-page.ts";
import { boxKinds, drawTalk, entityKinds, type Names, redactTalk } from "./minutes-text.ts";
import type { StagePlan } from "./rig.ts";
import { type PictureKind, photographScreen, pictureKinds } from "./screen-photo.ts";

/** The page's font has the letters of Western Europe. */
const latin = /^[\x20-\x7e\xa1-\xff]+$/;
const line = z.string().max(300).regex(latin, "expected Western European letters");
const name = z.string().min(3).max(40).regex(latin, "expected Western European letters");
const names = z.array(name).min(4).max(200);

export const minutesParams = z.strictObject({
  title: line,
  reference: line,
  heading: line,
  /** Who and what might be named. */
  persons: names,
  places: names,
  dates: names,
  /** With `{person}`, `{place}` and `{date}`. */
  sentences: z.array(line).min(4).max(100),
  /** How many of them are said. */
  messages: z.number().int().min(4).max(100),
  /** Who is being invited on the screen. */
  newcomer: z.string().min(1).max(40),
});

export const minutesTruth = z.strictObject({
  /** Names that were said, each once. */
  said: z.array(z.string()),
  /** What each box stands for, in the order of the page. */
  hidden: z.array(z.string()),
  candidates: z.array(z.string()),
  /** What the screen showed when it was photographed; null where there is no picture. */
  link: z.string().nullable(),
  characters: z.number().int(),
  hiddenCharacters: z.number().int(),
});

export type MinutesTruth = z.infer<typeof minutesTruth>;

export const minutesDefences = {
  /** How names are taken out of the file. */
  redaction: ["covered", "removed"],
  /** How wide the boxes are. */
  boxes: boxKinds,
  /** What stands for a name. */
  names: ["boxes", "pseudonyms"],
  /** What the press office did to the picture. */
  picture: [...pictureKinds, "none"],
} as const;

interface Talk {
  readonly texts: readonly { readonly speaker: string; readonly text: string }[];
  readonly atMs: number;
  readonly link: string;
  readonly photos: Map<PictureKind, Promise<Uint8Array>>;
}

/** The last talk: settings change what is published of it and never what was said. */
let last: { readonly key: string; readonly talk: Promise<Talk> } | null = null;

function talkOf(plan: StagePlan): Promise<Talk> {
  const key = JSON.stringify([plan.seed, plan.scenario.world]);
  if (last?.key === key) return last.talk;
  const talk = holdTalk(plan);
  last = { key, talk };
  // A talk that could not be held is tried again by whoever asks next.
  talk.catch(() => {
    last = null;
  });
  return talk;
}

/** Holds the talk over a real relay between real clients. */
async function holdTalk({ scenario: published, seed, onProgress }: StagePlan): Promise<Talk> {
  const scenario = withTraffic(published, seed);
  const folder = await scratchFolder("minutes");
  try {
    const story = tellStory(scenario, seed, {});
    const progress = onProgress === undefined ? {} : { onProgress };
    const played = await playWorld({ scenario, seed, story, settings: {}, folder, ...progress });
    const { actors, scope } = scenario.world;
    const roleOf = (id: string) => actors.find((each) => each.id === id)?.role ?? id;
    const texts = played.happened.flatMap(({ action, id }) =>
      action.kind === "say" && action.channel === scope && id !== null
        ? [{ speaker: capital(roleOf(action.actor)), text: action.text }]
        : [],
    );
    const atMs = Math.max(played.startMs, ...played.happened.map((each) => each.atMs));
    return { texts, atMs, link: drawLink(seed), photos: new Map() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function namesOf(scenario: Scenario): Names {
  const { persons, places, dates } = minutesParams.parse(scenario.world.params);
  return { person: persons, place: places, date: dates };
}

function withTraffic(scenario: Scenario, seed: number): Scenario {
  const { sentences, messages: count } = minutesParams.parse(scenario.world.params);
  const { channels, scope } = scenario.world;
  const speakers = channels.find(({ id }) => id === scope)?.members ?? [];
  const lines = drawTalk({ seed, names: namesOf(scenario), sentences, count, speakers });
  const traffic = { model: "replay" as const, spacing: 60_000, every: 3_600_000, lines };
  return { ...scenario, world: { ...scenario.world, traffic } };
}

/** What the command line draws below an invitation, with the product's own words, drawn by the seed. */
export function drawLink(seed: number): string {
  const choices = seeded("code on a screen", seed);
  const nameplate = String(choices.below(1_000_000)).padStart(6, "0");
  const secret = drawSecret((bytes) =>
    Uint8Array.from({ length: bytes }, () => choices.below(256)),
  );
  const code = formatCode({ nameplate, secret });
  return `backchannel:join?relay=${encodeURIComponent(relayHost)}&code=${code}`;
}

/** Publishes minutes and a picture of a talk, as the settings say. */
export async function stageMinutes(plan: StagePlan) {
  const { scenario, settings } = plan;
  const params = minutesParams.parse(scenario.world.params);
  const talk = await talkOf(plan);
  const kinds = namesOf(scenario);
  const boxes = boxKinds.find((each) => each === setting(settings, "boxes", "text")) ?? "text";
  const isPseudonymous = setting(settings, "names", "boxes") === "pseudonyms";
  const redacted = redactTalk(talk.texts, { names: kinds, boxes, isPseudonymous });
  const { title, reference, heading } = params;
  const cover = setting(settings, "redaction", "covered") === "covered" ? coverName : removeName;
  const page = await exportMinutes({ title, reference, heading, items: redacted.items }, cover);
  const photo = await photoOf(plan, talk);
  // In the order of the alphabet, which says nothing of what was said.
  const candidates = entityKinds.flatMap((kind) => kinds[kind]).sort();
  const list = utf8(`${JSON.stringify(candidates, null, 1)}\n`);
  const captures: Capture[] = [
    captureOf("document", "Minutes as they were published", "minutes.pdf", page, talk.atMs),
    captureOf("words", "Who, where and when may be meant", "candidates.json", list, talk.atMs),
  ];
  if (photo !== null) {
    const note = "A photograph of a screen, as it was published";
    captures.push(captureOf("picture", note, "screen.png", photo, talk.atMs));
  }
  const bundle = await writeEvidence(plan, captures);
  const { said, hidden, characters, hiddenCharacters } = redacted;
  const link = photo === null ? null : talk.link;
  const truth = {
    said: [...said],
    hidden: [...hidden],
    candidates,
    link,
    characters,
    hiddenCharacters,
  };
  return { bundle, truth, cost: { clicks: clicksOf(settings, redacted) } };
}

function captureOf(
  kind: Capture["kind"],
  note: string,
  file: string,
  bytes: Uint8Array,
  atMs: number,
): Capture {
  const id = file.split(".")[0] ?? file;
  return { id, kind, actor: null, atMs, note, files: new Map([[file, bytes]]) };
}

async function photoOf({ scenario, seed, settings }: StagePlan, talk: Talk) {
  const kind = pictureKinds.find((each) => each === setting(settings, "picture", "words-hidden"));
  // Nothing is photographed for nobody.
  const isGranted = scenario.adversary.gets.some((grant) => grant.kind === "picture");
  if (kind === undefined || !isGranted) return null;
  const { channels, scope, actors } = scenario.world;
  const inside = channels.find(({ id }) => id === scope)?.members ?? [];
  const members = actors.filter(({ id }) => inside.includes(id)).map(({ label }) => label);
  const { newcomer } = minutesParams.parse(scenario.world.params);
  const photo =
    talk.photos.get(kind) ??
    photographScreen({ seed, kind, link: talk.link, channel: scope, newcomer, members });
  talk.photos.set(kind, photo);
  return photo;
}

/** A mark for each name on the page, or a line of a table for each name; one for each step besides. */
function clicksOf(
  settings: Settings,
  { hidden, said }: { readonly hidden: readonly string[]; readonly said: readonly string[] },
): number {
  const marks = hidden.length > 0 ? hidden.length : said.length;
  const steps = [
    setting(settings, "redaction", "covered") === "removed",
    setting(settings, "boxes", "text") !== "text",
    ["words-hidden", "corner-hidden", "cropped"].includes(setting(settings, "picture", "none")),
    setting(settings, "picture", "none") === "corner-hidden",
  ];
  return marks + steps.filter((isTaken) => isTaken).length;
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}`;
}
