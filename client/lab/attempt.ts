import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { attackProgram } from "./attack-program.ts";
import type { Findings } from "./attacks/findings.ts";
import { type Manifest, manifestName, manifestSchema } from "./evidence.ts";
import { share } from "./metrics.ts";
import type { ScoredRun } from "./result.ts";
import { runAttackProcess } from "./run-attack.ts";
import { type Score, score } from "./score.ts";
import type { Settings } from "./settings.ts";
import type { Truth } from "./truth.ts";

export interface Attempt {
  readonly attack: string;
  readonly bundle: string;
  readonly truth: Truth;
  readonly defences: Settings;
  readonly cost: ScoredRun["cost"];
  readonly wallMs: number;
  readonly onProgress?: (step: string, done: number, of: number) => void;
}

/** Runs an attack on a bundle and compares its findings with what really happened. */
export async function attempt(plan: Attempt): Promise<ScoredRun> {
  const { attack, bundle, truth, wallMs } = plan;
  const findings = await runAttackProcess({
    program: await attackProgram(),
    attack,
    bundle,
    wallMs,
    ...(plan.onProgress === undefined ? {} : { onProgress: plan.onProgress }),
  });
  const manifest = await manifestOf(bundle);
  const scored = score(findings, truth);
  const forgotten = await searchExpired(bundle, manifest, truth);
  return {
    defences: plan.defences,
    bundle,
    findings,
    metrics: forgotten === null ? scored.metrics : [...scored.metrics, forgotten],
    byEpoch: scored.byEpoch,
    bySession: scored.bySession,
    messages: scored.messages,
    ...exposure(scored, truth),
    facts: {
      "heal.by": scored.healedBy,
      "fork.detected_by": scored.detectedBy,
      "guest.let_in_by": scored.guest.letInBy,
      ...Object.fromEntries(scored.metrics.map(({ id, value }) => [id, value])),
    },
    secrets: secretsRead(findings, truth),
    cost: plan.cost,
    hashes: manifest.artefacts.flatMap((artefact) =>
      artefact.files.map(({ path, sha256 }) => ({ path, sha256 })),
    ),
  };
}

/** From where to where the picture shows the talk as exposed, and why. */
function exposure(scored: Score, truth: Truth) {
  const { guest, messages, healedAt, healedBy, healedHow } = scored;
  if (truth.guest !== undefined) {
    const by = truth.guest.removed?.by ?? null;
    return {
      stolenAt: guest.letInAt,
      stolenWord: "guest let in",
      healedAt: guest.shownOutAt,
      healedBy: by,
      healedHow: by === null ? null : `removal by ${by}`,
    };
  }
  const { theft } = truth;
  const after = messages.findIndex((message) => theft !== null && message.atMs >= theft.atMs);
  const stolenAt = theft === null ? null : after === -1 ? messages.length : after;
  return { stolenAt, stolenWord: "device copied", healedAt, healedBy, healedHow };
}

export async function manifestOf(bundle: string): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(join(bundle, manifestName), "utf8")));
}

/** A secret counts as read when some text that the attack presents holds its value. */
function secretsRead(findings: Findings, truth: Truth): Record<string, boolean> {
  const read = Object.entries(truth.secrets).map(([id, value]) => {
    return [id, findings.read.some((each) => each.text.includes(value))] as const;
  });
  return Object.fromEntries(read);
}

/** Searches the device's files, byte by byte, for texts whose timer had run out when it was copied. */
async function searchExpired(bundle: string, manifest: Manifest, truth: Truth) {
  if (truth.expired.length === 0) return null;
  const files = manifest.artefacts
    .filter((artefact) => artefact.kind === "device-state")
    .flatMap((artefact) => artefact.files);
  const contents = await Promise.all(files.map((file) => readFile(join(bundle, file.path))));
  const texts = truth.messages.filter((message) => truth.expired.includes(message.id));
  const hits = texts.filter((message) => {
    const spellings = [Buffer.from(message.text, "utf8"), Buffer.from(message.text, "utf16le")];
    return contents.some((content) => spellings.some((spelling) => content.includes(spelling)));
  });
  return share({
    id: "expired.in_files",
    hits: hits.length,
    of: texts.length,
    words: "of the texts whose timer had run out lay readable in the device's files",
  });
}
