import { commitmentOf } from "../algorithms/commitment.ts";
import { forgedClaims, tellForged } from "../attacks/forged-excerpt.ts";
import { stageAndAttack } from "../attempt.ts";
import { share } from "../metrics.ts";
import type { Control } from "../result.ts";
import { settingsOf } from "../settings.ts";
import { exactControl } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig } from "./rig.ts";
import {
  checkSigned,
  type ExcerptTruth,
  everyKey,
  excerptTruth,
  jsonArtefact,
  signedDefences,
  signedWorld,
  stageExcerpts,
} from "./signed-talk.ts";

/** True and false lines in one publication, and the two ways of telling them apart. */
export const forgedExcerpt = defineRig<ExcerptTruth>({
  algorithm: "forged-excerpt",
  defences: signedDefences,
  metrics: [
    "forged.accepted",
    "signature.caught",
    "signature.rejected",
    "commitment.caught",
    "commitment.rejected",
  ],
  facts: ["forged.of_six", "refuted_by"],
  world: signedWorld,
  truth: excerptTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkSigned,
  stage: (plan) =>
    stageExcerpts(plan, (kept, atMs) => {
      const commitments = [...kept.texts.values()].map(commitmentOf);
      const note = "What a member had committed to before anything was printed, sorted";
      return [jsonArtefact("commitments", "commitments", note, atMs, commitments.sort())];
    }),
  score(findings, truth) {
    const claims = forgedClaims.parse(findings.claims);
    type Claim = (typeof claims)[number];
    const rate = (
      id: string,
      isGenuine: boolean,
      words: string,
      test: (claim: Claim) => boolean,
    ) => {
      const among = claims.filter(({ number }) => truth.genuine[number - 1] === isGenuine);
      return share({ id, hits: among.filter(test).length, of: among.length, words });
    };
    const isSigned = ({ isSigned }: Claim) => isSigned;
    const isRefuted = ({ isCommitted }: Claim) => isCommitted === false;
    const accepted = rate(
      "forged.accepted",
      false,
      "of the false lines carry a signature that holds",
      isSigned,
    );
    const caught = rate(
      "commitment.caught",
      false,
      "of the false lines are in no commitment",
      isRefuted,
    );
    const six = claims.slice(0, 6).filter(({ number }) => truth.genuine[number - 1] === false);
    const isTold = accepted.hits === 0;
    return {
      metrics: [
        accepted,
        rate(
          "signature.caught",
          false,
          "of the false lines have no good signature",
          (claim) => !isSigned(claim),
        ),
        rate(
          "signature.rejected",
          true,
          "of the true lines have no good signature as printed",
          (claim) => !isSigned(claim),
        ),
        caught,
        rate(
          "commitment.rejected",
          true,
          "of the true lines are in no commitment as printed",
          isRefuted,
        ),
      ],
      facts: {
        "forged.of_six": six.map(({ number }) => String(number)).join(", ") || "none",
        refuted_by: isTold ? "signatures" : (caught.hits ?? 0) > 0 ? "commitments" : "nothing",
      },
      headline: {
        value: accepted.value === null ? "–" : `${Math.round(100 * accepted.value)}%`,
        words: "of the false lines carry a signature that holds",
        leaks: (accepted.hits ?? 0) > 0,
      },
    };
  },
  tell: tellForged,
  controls: forgedControls,
  sentence(_scenario, run) {
    const [accepted, , rejected, caught] = run.metrics;
    return `${accepted?.hits ?? 0} of ${accepted?.of ?? 0} false lines carried a signature that holds, and ${rejected?.hits ?? 0} of ${rejected?.of ?? 0} true ones did not as printed; commitments refuted ${caught?.hits ?? 0} of the false.`;
  },
  limits: (_scenario, run) => [
    "The outsider knows whose signature key is whose, and that the commitments are older than the publication (ASSUMED).",
    "The spoiler is a member: he signs with the keys that the others' clients released to his, over the relay, and with no other.",
    "The product publishes no commitments: the lab makes them of what was said (ASSUMED).",
    "The spoiler has the true lines and forges over them: all but the words is as it was. What is forged from nothing does not fit to other lines of its epoch (scenario leak-that-proves-itself).",
    "A commitment undoes deniability for each line that is opened, and for all of them for whoever holds the message ids.",
    "Lines are checked as they are printed: a true line in other words is refused, and a true line left out is not noticed.",
    ...run.findings.notes,
  ],
});

/** Every key known: every false line has its signature. No key known: none has. Both are exact. */
async function forgedControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const controls = [
    { kind: "positive", name: "the spoiler has every key", value: everyKey },
    { kind: "null", name: "the spoiler has no key", value: "none" },
  ] as const;
  const made: Control[] = [];
  for (const { kind, name, value } of controls) {
    const settings = { ...settingsOf(scenario, {}), release: value };
    const folder = `${out}/controls/${value}`;
    const { metrics, bundle } = await stageAndAttack(rig, {
      scenario,
      seed,
      settings,
      out: folder,
    });
    const accepted = metrics.find(({ id }) => id === "forged.accepted");
    const [hits, of] = [accepted?.hits ?? 0, accepted?.of ?? 0];
    made.push(exactControl({ kind, name, bundle, hits, of, what: "false lines pass" }));
  }
  return made;
}
