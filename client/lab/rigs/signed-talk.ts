import { z } from "zod";
import { forgeProof } from "#client/core/proof.ts";
import { utf8 } from "#shared/bytes.ts";
import type { Excerpts } from "../attacks/excerpts.ts";
import type { Capture } from "../bundle.ts";
import type { ArtefactKind } from "../evidence.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { setting } from "../settings.ts";
import { stage } from "../stage.ts";
import { type Kept, keepingCipher, newKept, retiredKeys } from "../weak/keeping-cipher.ts";
import type { StagePlan } from "./rig.ts";

export const excerptTruth = z.strictObject({
  /** By number of the excerpt: whether it was said. */
  genuine: z.array(z.boolean()),
  /** By number of the excerpt: whether the press set it otherwise than it was signed. */
  retyped: z.array(z.boolean()),
  retired: z.number().int(),
  keys: z.number().int(),
});

export type ExcerptTruth = z.infer<typeof excerptTruth>;

/** Defences of worlds in which an insider keeps what was signed. */
export const signedDefences = {
  /** Whether retired signature keys are given to every member. */
  release: ["none", "retired"],
  /** Whether everybody renews keys behind each session. */
  others_update: ["never", "each-session"],
  /** How the press sets what it is given. */
  print: ["verbatim", "retyped"],
} as const;

/** Of controls only: every key is out, current ones too. */
export const everyKey = "all";

export function checkSigned(scenario: Scenario): Fault[] {
  const faults: Fault[] = [];
  if (scenario.world.traffic === undefined) {
    faults.push({ path: ["world", "traffic"], message: "is needed: something must be said" });
  }
  if (scenario.world.channels.length !== 1) {
    faults.push({ path: ["world", "channels"], message: "one channel, whose texts are handed on" });
  }
  return faults;
}

/** What an artefact beside the excerpts is made of. */
export type MoreEvidence = (kept: Kept, atMs: number) => readonly Capture[];

/**
 * Plays a talk in which one client keeps the signed contents. Each text becomes two excerpts in a random
 * order: as it was said, and forged by whoever holds the released keys.
 */
export async function stageExcerpts(plan: StagePlan, more: MoreEvidence = () => []) {
  const { scenario, seed, settings } = plan;
  const kept = newKept();
  let truth: ExcerptTruth = { genuine: [], retyped: [], retired: 0, keys: 0 };
  const staged = await stage({ ...plan, cipher: keepingCipher(kept) }, ({ startMs }) => {
    const release = setting(settings, "release", "none");
    const out =
      release === everyKey
        ? new Map([...kept.keys].map(([key, { secret }]) => [key, secret]))
        : release === "retired"
          ? retiredKeys(kept)
          : new Map<string, Uint8Array>();
    const made = makeExcerpts(kept, out, seed, setting(settings, "print", "verbatim"));
    const { genuine, retyped, excerpts } = made;
    truth = { genuine, retyped, retired: out.size, keys: kept.keys.size };
    const keys = Object.fromEntries([...kept.keys].map(([key, { label }]) => [key, label]));
    const captures = [
      jsonArtefact("publication", "excerpts", "Excerpts with their proofs", startMs, excerpts),
      jsonArtefact("words", "keys", "Whose signature key is whose (ASSUMED)", startMs, keys),
      ...more(kept, startMs),
    ];
    return captures.filter(({ kind }) => scenario.adversary.gets.some((get) => get.kind === kind));
  });
  return { bundle: staged.bundle, truth, cost: staged.cost };
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

function makeExcerpts(
  kept: Kept,
  released: ReadonlyMap<string, Uint8Array>,
  seed: number,
  print: string,
) {
  const choices = seeded("excerpts", seed);
  const texts = [...kept.texts.values()];
  const drawn = texts.flatMap(({ text, proof }, index) => {
    const from = kept.keys.get(proof.key)?.label ?? "";
    // Another text of the same talk: in style and in length like what was said.
    const other = texts[(index + 1 + choices.below(texts.length - 1)) % texts.length]?.text ?? "";
    const lie = `${other} We agree to it.`;
    const forged = forgeProof(proof, lie, released.get(proof.key) ?? null);
    const isRetyped = print === "retyped" && choices.next() < 0.5;
    const said = isRetyped ? retypeForPress(text) : text;
    return [
      { from, text: said, proof, isGenuine: true, isRetyped },
      { from, text: lie, proof: forged, isGenuine: false, isRetyped: false },
    ];
  });
  const shuffled = choices.shuffle(drawn);
  const excerpts: Excerpts = shuffled.map(({ from, text, proof }, index) => {
    return { number: index + 1, from, text, proof };
  });
  return {
    excerpts,
    genuine: shuffled.map(({ isGenuine }) => isGenuine),
    retyped: shuffled.map(({ isRetyped }) => isRetyped),
  };
}

/** What a newspaper does to a quotation: the mark at the end becomes a dash. */
function retypeForPress(text: string): string {
  return `${text.replace(/[.!?]$/, "")} –`;
}
