import { proofClaims, tellProof } from "../attacks/leak-that-proves-itself.ts";
import { stageAndAttack } from "../attempt.ts";
import type { Metric } from "../metric.ts";
import { count, share } from "../metrics.ts";
import type { Control } from "../result.ts";
import { settingsOf } from "../settings.ts";
import { wilson } from "../statistics.ts";
import { exactControl } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig } from "./rig.ts";
import {
  checkSigned,
  type ExcerptTruth,
  everyKey,
  excerptTruth,
  signedDefences,
  signedWorld,
  stageExcerpts,
} from "./signed-talk.ts";

const { release, others_update, handed_on, forging } = signedDefences;

const aloneWords = "the verifier's advantage: |P(accepts | said) − P(accepts | forged)|";
const bulkWords =
  "the same of who asks for another line that names the same head of the epoch before";

/** Signed contents that an insider hands on, and what they prove to somebody who was not there. */
export const leakThatProvesItself = defineRig<ExcerptTruth>({
  algorithm: "leak-that-proves-itself",
  defences: { release, others_update, handed_on, forging },
  metrics: ["deny.advantage", "bulk.advantage", "proof.genuine", "proof.forged", "keys.released"],
  facts: ["proven.of_six"],
  world: signedWorld,
  truth: excerptTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkSigned,
  stage: (plan) => stageExcerpts(plan),
  score(findings, truth) {
    const claims = proofClaims.parse(findings.claims);
    const of = (isGenuine: boolean) =>
      claims.filter(({ number }) => truth.genuine[number - 1] === isGenuine);
    const proven = (isGenuine: boolean) => of(isGenuine).filter(({ isProven }) => isProven).length;
    const genuine = share({
      id: "proof.genuine",
      ...{ hits: proven(true), of: of(true).length },
      words: "of what was said convinces the outsider",
    });
    const forged = share({
      id: "proof.forged",
      ...{ hits: proven(false), of: of(false).length },
      words: "of what was never said convinces him too",
    });
    const advantage = advantageOf("deny.advantage", genuine, forged, aloneWords);
    const fitting = (isGenuine: boolean) => {
      const among = of(isGenuine);
      const hits = among.filter(({ fits }) => fits).length;
      return share({ id: "", hits, of: among.length, words: "" });
    };
    const bulk = advantageOf("bulk.advantage", fitting(true), fitting(false), bulkWords);
    const six = claims.slice(0, 6).filter(({ isProven }) => isProven);
    return {
      metrics: [
        advantage,
        genuine,
        forged,
        bulk,
        count(
          "keys.released",
          truth.retired,
          `signature keys were released, of ${truth.keys}`,
          "count",
        ),
      ],
      facts: { "proven.of_six": six.map(({ number }) => String(number)).join(", ") || "none" },
      headline: {
        value: advantage.value === null ? "–" : advantage.value.toFixed(2),
        words:
          "is how much better than a forgery a true excerpt convinces: 1 is proof, 0 is deniable",
        leaks: (advantage.value ?? 0) > 0,
      },
    };
  },
  tell: tellProof,
  controls: proofControls,
  sentence(_scenario, run) {
    const [, genuine, forged, , released] = run.metrics;
    return `An outsider was convinced by ${genuine?.hits ?? 0} of ${genuine?.of ?? 0} true excerpts and by ${forged?.hits ?? 0} of ${forged?.of ?? 0} forged ones; ${released?.value ?? 0} retired signature keys had been released.`;
  },
  limits: (_scenario, run) => [
    "The outsider knows whose signature key is whose (ASSUMED): a slip, a photograph or a seized device tells it.",
    "The insider's client is modified: the product's own throws signatures away when it has read a text.",
    "Excerpts are judged at the moment at which they are handed on: what is handed on before its key is out is proof for whoever can show that he had it then.",
    "A line and its forgery name one message: who has both knows that one is false, and not which. Lengths, times and style are not compared.",
    "Deniable to whoever has the excerpts alone: a relay that time-stamped the ciphertext before the release, or a witness who is believed, proves it all the same.",
    "What a signature proves is measured, and not what people believe: a denial convinces only where forging is seen to be easy.",
    ...run.findings.notes,
  ],
});

/** The difference of two shares with Newcombe's interval (1998, method 10), folded at zero. */
function advantageOf(id: string, genuine: Metric, forged: Metric, words: string): Metric {
  if (genuine.value === null || forged.value === null) {
    return count(id, null, words, "share");
  }
  const [a, b] = [genuine.value, forged.value];
  const [aLow, aHigh] = wilson(genuine.hits ?? 0, genuine.of ?? 0) ?? [0, 1];
  const [bLow, bHigh] = wilson(forged.hits ?? 0, forged.of ?? 0) ?? [0, 1];
  const low = a - b - Math.hypot(a - aLow, bHigh - b);
  const high = a - b + Math.hypot(aHigh - a, b - bLow);
  const isAcross = low <= 0 && high >= 0;
  const ends = [Math.abs(low), Math.abs(high)] as const;
  return {
    ...count(id, Math.abs(a - b), words, "share"),
    interval: [isAcross ? 0 : Math.min(...ends), Math.min(1, Math.max(...ends))],
  };
}

/** No key released: a signature proves. Every key released: it proves nothing. Both are exact. */
async function proofControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const run = (name: string, value: string) => {
    const settings = { ...settingsOf(scenario, {}), release: value };
    return stageAndAttack(rig, { scenario, seed, settings, out: `${out}/controls/${name}` });
  };
  const controls = [
    { kind: "positive", name: "no key is released", value: "none" },
    { kind: "null", name: "every key is known to all", value: everyKey },
  ] as const;
  const made: Control[] = [];
  for (const { kind, name, value } of controls) {
    const { metrics, bundle } = await run(value, value);
    const [, genuine, forged] = metrics;
    // Each text has its forgery: told apart are so many more of the ones than of the others.
    const hits = Math.abs((genuine?.hits ?? 0) - (forged?.hits ?? 0));
    const what = "excerpts told from their forgeries";
    made.push(exactControl({ kind, name, bundle, hits, of: genuine?.of ?? 0, what }));
  }
  return made;
}
