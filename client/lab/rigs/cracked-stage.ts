import { rm } from "node:fs/promises";
import { z } from "zod";
import { passphraseBytes } from "#client/core/passphrase.ts";
import { type ArgonCost, decodeVaultHeader, openVaultHeader } from "#client/core/vault-header.ts";
import { words } from "#client/core/words.ts";
import { argon2id } from "#client/crypto/argon.ts";
import { utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import {
  type Actor,
  actorOf,
  cheapArgon,
  closeActors,
  deviceOf,
  openActor,
  settle,
} from "../actor.ts";
import { guessRank, yearForms } from "../algorithms/guessing.ts";
import { crackParams, quotations } from "../attacks/cracked-keystore.ts";
import type { Capture } from "../bundle.ts";
import { captureDevice } from "../capture.ts";
import { gather } from "../gathering.ts";
import { newRecording, recordingCipher } from "../recording-cipher.ts";
import { startRelays } from "../relays.ts";
import type { Scenario } from "../scenario-schema.ts";
import { scratchFolder } from "../scratch.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { type Settings, setting } from "../settings.ts";
import { virtualClock } from "../virtual-clock.ts";
import { writeEvidence } from "../write-evidence.ts";
import { contextEvents, contextLines } from "./context-words.ts";
import type { Staged, StagePlan } from "./rig.ts";

export const crackWorld = z.strictObject({
  /** Whom everybody else talks to, and whose device nobody copies. */
  house: z.string(),
  /** So many lines of the context are known to the thief, the nearest first. */
  context: z.number().int().min(1).max(3_000).default(3_000),
  /** Texts in each channel. */
  messages: z.number().int().min(1).max(100),
  /** What may be said. */
  lines: z.array(z.string().min(1).max(1_000)).min(2).max(100),
});

/** Where people take their passphrases from. */
export const kinds = ["printed", "context", "one word", "two words", "four words"] as const;
export type Kind = (typeof kinds)[number];

export const crackTruth = z.strictObject({
  vaults: z.array(
    z.strictObject({
      actor: z.string(),
      label: z.string(),
      kind: z.string(),
      /** Of the copy. */
      passphrase: z.string(),
      /** Which guess it is; null when the guesser never comes to it. */
      rank: z.number().nullable(),
      /** Whether the copy's passphrase opens the living vault after everything. */
      opensLiving: z.boolean(),
    }),
  ),
  messages: z.array(z.strictObject({ id: z.string(), text: z.string(), actor: z.string() })),
  cost: z.strictObject({ passes: z.number().int(), memoryBytes: z.number().int() }),
});

export type CrackTruth = z.infer<typeof crackTruth>;

/** A person's passphrase, and what it was changed to where it is changed. */
export interface Choice {
  readonly kind: string;
  readonly passphrase: string;
  readonly next: string;
}

/** Gives everybody a passphrase, and the phrase that was printed, if any was. */
export type Choose = (
  persons: number,
  settings: Settings,
  choices: Seeded,
) => { readonly chosen: readonly Choice[]; readonly printed: string | null };

const phraseWords = 10;

/** As people choose: who has which kind is drawn, and so is every word. */
export const asPeopleDo: Choose = (persons, settings, choices) => {
  assert(persons === kinds.length, "the scenario's checks counted the persons");
  const least = { drawn: 1, four: 4, six: 6 }[setting(settings, "words", "drawn")] ?? 1;
  const isRandom = setting(settings, "source", "anything") === "random";
  let printed: string | null = null;
  const chosen = choices.shuffle(kinds).map((kind): Choice => {
    // Drawn for every kind alike, so that the same seed gives the same words whatever is switched on.
    const drawn = Array.from({ length: phraseWords }, () => choices.pick(words));
    const next = Array.from({ length: 6 }, () => choices.pick(words)).join(" ");
    const [name, years] = choices.pick(contextEvents);
    const dated = choices.pick(yearForms)(name, choices.pick(years));
    const phrase = (count: number) => drawn.slice(0, Math.max(count, least)).join(" ");
    if (kind === "printed" && !isRandom) {
      printed = phrase(6);
      return { kind, passphrase: printed, next };
    }
    if (kind === "context" && !isRandom) return { kind, passphrase: dated, next };
    const count = { printed: 6, context: 4, "one word": 1, "two words": 2, "four words": 4 }[kind];
    const counted = Math.max(count, least);
    return {
      kind: `${counted} ${counted === 1 ? "word" : "words"}`,
      passphrase: phrase(count),
      next,
    };
  });
  return { chosen, printed };
};

/** The page of a memoir; its passphrase stands between quotation marks, among others that do. */
function memoir(printed: string | null): string {
  const told =
    printed === null ? "He did not say what it was." : `He wrote it on a napkin: “${printed}”.`;
  return `In the second winter I asked for the key to the papers. ${told}
“Burn it tomorrow,” he said, “it is only for tonight.” I kept the napkin, for the book.
`;
}

/** Everybody's channel with the house, real clients over real vaults, and copies of the vaults, locked. */
export async function stageVaults(
  plan: StagePlan,
  choose: Choose = asPeopleDo,
): Promise<Staged<CrackTruth>> {
  const { scenario, seed, settings } = plan;
  const folder = await scratchFolder("vaults");
  const { house } = crackWorld.parse(scenario.world.params);
  const clock = virtualClock(Date.UTC(2027, 2, 1, 9));
  const owners = scenario.world.actors.filter(({ id }) => id !== house);
  const { chosen, printed } = choose(owners.length, settings, seeded("passphrases", seed));
  const argon = costOf(settings);
  const relays = await startRelays({ folder, clock, isHostile: false });
  const actors = new Map<string, Actor>();
  const ensemble = { actors, clock };
  const recording = newRecording();
  try {
    for (const [at, { id, label }] of scenario.world.actors.entries()) {
      const choice = chosen[owners.findIndex((owner) => owner.id === id)];
      const lock = choice === undefined ? {} : { lock: { passphrase: choice.passphrase, argon } };
      const line = `198.51.100.${at + 1}`;
      // Nobody gets the device of the house.
      const where = { line, folder: id === house ? null : folder, dialer: relays.dialer(line) };
      const parts = { id, label, ...where, clock, ...lock };
      actors.set(id, await openActor({ ...parts, cipher: recordingCipher(recording, id) }));
    }
    await gather(plan, ensemble, recording);
    const messages = await talk(plan, ensemble);
    const change = setting(settings, "change", "never");
    const changeAll = async () => {
      for (const [at, { id }] of owners.entries()) {
        await deviceOf(ensemble, id).vault.changePassphrase(chosen[at]?.next ?? "");
      }
    };
    if (change === "before-copy") await changeAll();
    const page = memoir(printed);
    const captures = await copies(scenario, ensemble, page);
    if (change === "after-copy") await changeAll();
    const sources = {
      ...crackParams.parse(scenario.attack.params),
      printed: quotations(page),
      context: contextOf(scenario),
    };
    const vaults = owners.map(({ id, label }, at) => {
      const choice = chosen[at] as Choice;
      const passphrase = change === "before-copy" ? choice.next : choice.passphrase;
      const { image } = deviceOf(ensemble, id).vault.unsafeUnlockedImage();
      return {
        ...{ actor: id, label, passphrase, rank: guessRank(sources, passphrase) },
        kind: change === "before-copy" ? "6 words" : choice.kind,
        // The header is the copy's own unless it was changed since.
        opensLiving: change !== "after-copy" || opens(image.header, passphrase),
      };
    });
    const typed = vaults.reduce((sum, { passphrase }) => sum + passphrase.split(" ").length, 0);
    return {
      bundle: await writeEvidence(plan, captures),
      truth: { vaults, messages, cost: argon },
      cost: { frames: messages.length, clicks: typed },
    };
  } finally {
    await closeActors(ensemble);
    await relays.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What Argon2id costs: next to nothing, so that an exercise can guess at all; or what the product sets. */
function costOf(settings: Settings): ArgonCost {
  return setting(settings, "kdf", "demo") === "product" ? productArgon : cheapArgon;
}

export const productArgon: ArgonCost = {
  passes: limits.argonPassesDefault,
  memoryBytes: limits.argonBytesDefault,
};

/** The context that the thief has: the persons of these talks first. */
export function contextOf(scenario: Scenario) {
  const { context } = crackWorld.parse(scenario.world.params);
  return contextLines(scenario.world.actors.map(({ label }) => label)).slice(0, context);
}

/** House and guest say a line in turn, in every channel. */
async function talk(
  { scenario, seed, onProgress }: StagePlan,
  ensemble: Parameters<typeof actorOf>[0],
): Promise<CrackTruth["messages"]> {
  const { house, messages, lines } = crackWorld.parse(scenario.world.params);
  const choices = seeded("talk", seed);
  const { clock } = ensemble;
  const said: CrackTruth["messages"] = [];
  const { channels } = scenario.world;
  for (const [index, { id: channel, members }] of channels.entries()) {
    const owner = members.find((id) => id !== house) ?? house;
    for (let at = 0; at < messages; at++) {
      await clock.advanceTo(clock.now() + 60_000);
      const from = actorOf(ensemble, at % 2 === 0 ? owner : house);
      const text = `${at + 1}. ${choices.pick(lines)}`;
      const { id } = await clock.drive(from.client.send({ channel, text }));
      said.push({ id, text, actor: owner });
      await settle(ensemble, members, channel);
    }
    onProgress?.(index + 1, channels.length);
  }
  return said;
}

async function copies(
  scenario: Scenario,
  ensemble: Parameters<typeof actorOf>[0],
  page: string,
): Promise<Capture[]> {
  const atMs = ensemble.clock.now();
  const captures: Capture[] = [];
  for (const { id, kind, actor, locked } of scenario.adversary.gets) {
    if (kind !== "device-state" || actor === undefined) continue;
    const { dir, vault } = deviceOf(ensemble, actor);
    captures.push(await captureDevice({ id, actor, dir, vault, atMs, locked }));
  }
  const context = contextOf(scenario).map((line) => `${JSON.stringify(line)}\n`);
  const file = (path: string, text: string) => new Map([[path, utf8(text)]]);
  captures.push(
    {
      ...{ id: "context", kind: "words", actor: null, atMs },
      note: "Names, places and years around these talks, the nearest first: one JSON object a line",
      files: file("context.jsonl", context.join("")),
    },
    {
      ...{ id: "memoir", kind: "publication", actor: null, atMs },
      note: "A page of a book that came out afterwards",
      files: file("memoir.txt", page),
    },
  );
  return captures;
}

function opens(headerBytes: Uint8Array, passphrase: string): boolean {
  const header = decodeVaultHeader(headerBytes);
  const { cost, salt } = header;
  const key = argon2id({
    ...{ passphrase: passphraseBytes(passphrase), salt },
    ...{ opsLimit: cost.passes, memBytes: cost.memoryBytes },
  });
  return openVaultHeader(header, key) !== null;
}
