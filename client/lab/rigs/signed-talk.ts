import { z } from "zod";
import { type Excerpt, excerptOf } from "#client/core/excerpt.ts";
import { forgeProof } from "#client/core/proof.ts";
import { utf8 } from "#shared/bytes.ts";
import { assert, Failure } from "#shared/failure.ts";
import type { Excerpts } from "../attacks/excerpts.ts";
import type { Capture } from "../bundle.ts";
import type { ArtefactKind } from "../evidence.ts";
import type { OnGrant } from "../on-grant.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { type Settings, setting } from "../settings.ts";
import { stage } from "../stage.ts";
import { tellStory } from "../story.ts";
import { betrayingCipher } from "../weak/betraying-cipher.ts";
import { type Kept, type KeptText, keepingCipher, newKept } from "../weak/keeping-cipher.ts";
import type { StagePlan } from "./rig.ts";

export const excerptTruth = z.strictObject({
  /** By number of the excerpt: whether it was said. */
  genuine: z.array(z.boolean()),
  /** By number of the excerpt: whether the press set it otherwise than it was signed. */
  retyped: z.array(z.boolean()),
  /** Keys that the members had released when the excerpts were handed on, of those that had signed so far. */
  retired: z.number().int(),
  keys: z.number().int(),
});

export type ExcerptTruth = z.infer<typeof excerptTruth>;

export const signedWorld = z.strictObject({
  /** The actor whose client keeps what the others have signed, and who hands it on. */
  insider: z.string(),
});

/** Defences of worlds in which an insider keeps what was signed. */
export const signedDefences = {
  /** Whether members' clients release retired signature keys: the channel's policy, `none` is `open --provable`. */
  release: ["none", "retired"],
  /** Whether everybody renews keys behind each session. */
  others_update: ["never", "each-session"],
  /** When the insider hands on: a minute after the last message, or a day after the last renewal of keys. */
  handed_on: ["at-once", "next-day"],
  /** What the forger begins with: nothing, so that ids and heads are drawn, or the true line. */
  forging: ["drawn", "over-true-line"],
  /** How the press sets what it is given. */
  print: ["verbatim", "retyped"],
} as const;

/** Of controls only: every key is out, current ones too, and nobody has released it. */
export const everyKey = "all";

const dayMs = 24 * 3_600_000;

export function checkSigned(scenario: Scenario): Fault[] {
  const faults: Fault[] = [];
  const { traffic, channels, params } = scenario.world;
  if (traffic === undefined) {
    faults.push({ path: ["world", "traffic"], message: "is needed: something must be said" });
  }
  const [channel] = channels;
  if (channels.length !== 1) {
    faults.push({ path: ["world", "channels"], message: "one channel, whose texts are handed on" });
  }
  const { insider } = params;
  if (typeof insider === "string" && channel?.members.includes(insider) !== true) {
    const path = ["world", "params", "insider"];
    faults.push({ path, message: "is not in the channel" });
  }
  return faults;
}

/** What an artefact beside the excerpts is made of. */
export type MoreEvidence = (kept: Kept, atMs: number) => readonly Capture[];

/**
 * Plays a talk in which one client keeps the signed contents of what it reads. Each text becomes two excerpts in a
 * random order: as it was said, and forged by the same member with the keys that the others' clients have released
 * to his by then, over the relay.
 */
export async function stageExcerpts(plan: StagePlan, more: MoreEvidence = () => []) {
  const { seed, settings } = plan;
  const scenario = handedOn(plan);
  const { insider } = signedWorld.parse(scenario.world.params);
  const { scope } = scenario.world;
  const [kept, betrayed] = [newKept(), new Map<string, Uint8Array>()];
  const isControl = setting(settings, "release", "none") === everyKey;
  const isDrawn = setting(settings, "forging", "over-true-line") === "drawn";
  const grant = scenario.adversary.gets.find(({ kind }) => kind === "publication");
  let made: Drawn | null = null;
  let retired = 0;
  const onGrant: OnGrant = (id, clientOf) => {
    if (id !== grant?.id) return;
    const client = clientOf(insider);
    retired = client.status(scope).formerKeys.released;
    const forge = (text: KeptText, lie: string): Excerpt => {
      const secret = betrayed.get(text.proof.key) ?? null;
      if (secret !== null) return forgedOver(text, lie, secret);
      try {
        const { from, epoch, proof } = text;
        const over = isDrawn ? null : excerptOf(from, proof);
        const begin = over === null ? { epoch } : { over };
        return client.forge({ channel: scope, from, text: lie, ...begin });
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== "not-found") throw error;
        // He has no key: the old signature stands under other words.
        return forgedOver(text, lie, null);
      }
    };
    made = drawExcerpts(kept, forge, seed, setting(settings, "print", "verbatim"));
  };
  const cipherOf = (actor: string) => {
    if (actor === insider) return keepingCipher(kept);
    return isControl ? betrayingCipher(betrayed) : null;
  };
  const staged = await stage({ ...plan, scenario, cipherOf, onGrant }, ({ startMs }) => {
    assert(made !== null, "the moment of the publication has come");
    const keys = Object.fromEntries(kept.keys);
    const captures = [
      jsonArtefact("publication", "excerpts", "Excerpts with their proofs", startMs, made.excerpts),
      jsonArtefact("words", "keys", "Whose signature key is whose (ASSUMED)", startMs, keys),
      ...more(kept, startMs),
    ];
    return captures.filter(({ kind }) => scenario.adversary.gets.some((get) => get.kind === kind));
  });
  const { genuine, retyped } = made ?? { genuine: [], retyped: [] };
  const truth: ExcerptTruth = { genuine, retyped, retired, keys: kept.keys.size };
  return { bundle: staged.bundle, truth, cost: staged.cost };
}

/** The scenario with everything taken at the moment at which the insider hands on. */
function handedOn({ scenario, seed, settings }: StagePlan): Scenario {
  if (setting(settings, "handed_on", "next-day") === "at-once") return scenario;
  const at = lastMoment(scenario, seed, settings) + dayMs;
  const gets = scenario.adversary.gets.map((each) => ({ ...each, at }));
  return { ...scenario, adversary: { ...scenario.adversary, gets } };
}

function lastMoment(scenario: Scenario, seed: number, settings: Settings): number {
  return Math.max(...tellStory(scenario, seed, settings).actions.map(({ atMs }) => atMs));
}

export function jsonArtefact(
  kind: ArtefactKind,
  name: string,
  note: string,
  atMs: number,
  value: unknown,
): Capture {
  const files = new Map([[`${name}.json`, utf8(`${JSON.stringify(value, null, 1)}\n`)]]);
  return { id: name, kind, actor: null, atMs, note, files };
}

function forgedOver({ from, proof }: KeptText, text: string, secret: Uint8Array | null): Excerpt {
  return { v: 1, type: "excerpt", from, text, proof: forgeProof(proof, text, secret) };
}

interface Drawn {
  readonly excerpts: Excerpts;
  readonly genuine: boolean[];
  readonly retyped: boolean[];
}

function drawExcerpts(
  kept: Kept,
  forge: (text: KeptText, lie: string) => Excerpt,
  seed: number,
  print: string,
): Drawn {
  const choices = seeded("excerpts", seed);
  const texts = [...kept.texts.values()];
  const drawn = texts.flatMap((said, index) => {
    const excerpt = excerptOf(said.from, said.proof);
    assert(excerpt !== null, "what a client has read is signed");
    // Another text of the same talk: in style and in length like what was said.
    const next = texts.length < 2 ? 0 : 1 + choices.below(texts.length - 1);
    const lie = `${texts[(index + next) % texts.length]?.text ?? ""} We agree to it.`;
    const isRetyped = print === "retyped" && choices.next() < 0.5;
    const printed = isRetyped ? { ...excerpt, text: retypeForPress(excerpt.text) } : excerpt;
    return [
      { excerpt: printed, isGenuine: true, isRetyped },
      { excerpt: forge(said, lie), isGenuine: false, isRetyped: false },
    ];
  });
  const shuffled = choices.shuffle(drawn);
  return {
    excerpts: shuffled.map(({ excerpt }, index) => ({ number: index + 1, excerpt })),
    genuine: shuffled.map(({ isGenuine }) => isGenuine),
    retyped: shuffled.map(({ isRetyped }) => isRetyped),
  };
}

/** What a newspaper does to a quotation: the mark at the end becomes a dash. */
function retypeForPress(text: string): string {
  return `${text.replace(/[.!?]$/, "")} –`;
}
