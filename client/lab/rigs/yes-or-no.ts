import { z } from "zod";
import { utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import { paddingOf } from "../algorithms/padding.ts";
import { tellAnswers, yesOrNoClaims, yesOrNoParams } from "../attacks/yes-or-no.ts";
import { attemptOn } from "../attempt.ts";
import type { Capture } from "../bundle.ts";
import type { Metric } from "../metric.ts";
import { count, share } from "../metrics.ts";
import type { Control } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { setting, settingsOf } from "../settings.ts";
import { type Extra, stage } from "../stage.ts";
import { chanceTail, permutedLeakage } from "../statistics.ts";
import { lengthCipher } from "../weak/length-cipher.ts";
import { chanceControl } from "./chance-control.ts";
import { type ControlPlan, defineRig, type Rig, type StagePlan } from "./rig.ts";

const worldParams = z.strictObject({
  /** Who answers. */
  answers: z.string(),
  /** What may be answered; the adversary knows these drafts. */
  replies: z.array(z.string().min(1).max(2_000)).min(2).max(200),
  /** How many answers were published afterwards, from the first on. */
  published: z.number().int().min(0).max(1_000),
});

const truthSchema = z.strictObject({
  /** Round by round, which of the replies was given. */
  given: z.array(z.number().int()),
  replies: z.number().int(),
  published: z.number().int(),
  padding: z.string(),
});

type AnswerTruth = z.infer<typeof truthSchema>;

/** The product's own frames, or another padding's. */
function cipherOf(padding: string) {
  if (padding === "product") return {};
  const found = paddingOf(padding);
  assert(found !== null, "the scenario's checks found the padding");
  return { cipher: lengthCipher(found) };
}

/** Answers of known length over a channel, whose frames' sizes lie in the relay's database. */
export const yesOrNo = defineRig<AnswerTruth>({
  algorithm: "yes-or-no",
  defences: { padding: ["none", "16", "padme", "256", "256-padme", "1024", "product"] },
  metrics: ["guess.accuracy", "leak.minentropy", "leak.mi", "padding.right"],
  facts: ["padding.guess", "first.answer", "last.answer"],
  world: worldParams,
  params: yesOrNoParams,
  truth: truthSchema,
  check: checkAnswers,
  stage: stageAnswers,
  score(findings, truth) {
    const { answers, padding } = yesOrNoClaims.parse(findings.claims);
    const hits = answers.filter(({ round, guess }) => truth.given[round] === guess).length;
    const of = answers.length;
    const chance = 1 / truth.replies;
    const accuracy = share({
      id: "guess.accuracy",
      ...{ hits, of, chance },
      words: `of the answers that were not published were guessed right, of ${truth.replies} candidates`,
    });
    const draftOf = (answer: { readonly guess: number } | undefined) =>
      answer === undefined ? null : `reply ${answer.guess + 1}`;
    const named = padding.map((name) => name.replace("+", "-"));
    return {
      metrics: [
        accuracy,
        minEntropy(accuracy, truth.replies),
        mutual(findings.claims, truth),
        count("padding.right", named.includes(truth.padding) ? 1 : 0, "named the padding", "count"),
      ],
      facts: {
        "padding.guess": named.length === 0 ? null : named.join(" or "),
        "first.answer": draftOf(answers[0]),
        "last.answer": draftOf(answers.at(-1)),
      },
      headline: {
        value: of === 0 ? "–" : `${Math.round((100 * hits) / of)}%`,
        words: `of ${of} answers read from their length; guessing gives ${(100 * chance).toFixed(1)}%`,
        leaks: chanceTail(hits, of, chance) < 0.001,
      },
    };
  },
  tell: tellAnswers,
  controls: answerControls,
  sentence(_scenario, run) {
    const accuracy = run.metrics.find(({ id }) => id === "guess.accuracy");
    const guess = run.facts["padding.guess"] ?? "no padding";
    const read = `From nothing but sizes, ${accuracy?.hits ?? 0} of ${accuracy?.of ?? 0} answers were guessed right`;
    return `${read}; one in ${Math.round(1 / (accuracy?.chance ?? 1))} would be by chance. The sizes look like padding ${guess}.`;
  },
  limits: (_scenario, run) => [
    "The adversary knows every draft that may be sent, and heard some answers later (ASSUMED); the rest was executed.",
    "Sizes only: when an answer comes, and how long it takes, may tell more.",
    "Coull and Dyer (2014) classify languages and actions of iMessage; here one of a list of texts is picked, with equal priors.",
    "What is padded is the whole message with its MLS framing, of 257 to 511 octets for texts like these: there Padmé's step is 16, so it does exactly what multiples of 16 do. On the bare text, which is shorter, its steps are finer and it does worse.",
    "A guess no better than chance on these answers is not the same as safe: longer texts, files and commits have other sizes.",
    ...run.findings.notes,
  ],
});

function checkAnswers(scenario: Scenario): Fault[] {
  const faults: Fault[] = [];
  const parsed = worldParams.safeParse(scenario.world.params);
  const rounds = yesOrNoParams.safeParse(scenario.attack.params);
  if (!parsed.success || !rounds.success) return faults;
  const scope = scenario.world.channels.find(({ id }) => id === scenario.world.scope);
  if (!(scope?.members.includes(parsed.data.answers) ?? false)) {
    faults.push({ path: ["world", "params", "answers"], message: "is not in the channel" });
  }
  if (parsed.data.published >= rounds.data.rounds) {
    const message = "some answers must be left to guess";
    faults.push({ path: ["world", "params", "published"], message });
  }
  const lengths = new Set(parsed.data.replies.map((text) => utf8(text).length));
  if (lengths.size < 2) {
    const message = "replies of one length tell nothing by their length";
    faults.push({ path: ["world", "params", "replies"], message });
  }
  return faults;
}

async function stageAnswers(plan: StagePlan) {
  const { scenario, seed, settings } = plan;
  const { answers, replies, published } = worldParams.parse(scenario.world.params);
  const { rounds } = yesOrNoParams.parse(scenario.attack.params);
  const choices = seeded("answers", seed);
  const given = Array.from({ length: rounds }, () => choices.below(replies.length));
  const lines = given.map((index) => ({ from: answers, text: replies[index] ?? "", session: 1 }));
  const traffic = { model: "replay", spacing: 60_000, every: 3_600_000, lines } as const;
  const talk: Scenario = { ...scenario, world: { ...scenario.world, traffic } };
  const padding = setting(settings, "padding", "product");
  const extra: Extra = () => [
    jsonCapture("words", "drafts", "Every answer that was drafted", replies),
    jsonCapture(
      "publication",
      "minutes",
      "The first answers, as they were published later",
      given.slice(0, published).map((index) => replies[index]),
    ),
  ];
  const cipher = cipherOf(padding === "256-padme" ? "256+padme" : padding);
  const staged = await stage({ ...plan, scenario: talk, ...cipher }, extra);
  const truth = { given, replies: replies.length, published, padding };
  return { bundle: staged.bundle, truth, cost: staged.cost };
}

function jsonCapture(
  kind: "words" | "publication",
  name: string,
  note: string,
  value: unknown,
): Capture {
  const files = new Map([[`${name}.json`, utf8(`${JSON.stringify(value, null, 1)}\n`)]]);
  return { id: name, kind, actor: null, atMs: Date.UTC(2027, 2, 2), note, files };
}

/** log2 of how much better than before a single guess is (LEAKLAB 4; Smith 2009), with the share's interval. */
function minEntropy(accuracy: Metric, replies: number): Metric {
  const bits = (success: number) => Math.max(0, Math.log2(success * replies));
  const value = accuracy.value === null || accuracy.value === 0 ? 0 : bits(accuracy.value);
  const words = `bits of min-entropy leak, of ${Math.log2(replies).toFixed(2)}; the interval is that of the share`;
  const interval = accuracy.interval;
  return {
    ...count("leak.minentropy", value, words, "bits"),
    interval: interval === null ? null : [bits(interval[0]), bits(interval[1])],
  };
}

function mutual(claims: unknown, truth: AnswerTruth): Metric {
  const { answers } = yesOrNoClaims.parse(claims);
  const leak = permutedLeakage(
    answers.map(({ round }) => String(truth.given[round])),
    answers.map(({ size }) => String(size)),
    seeded("permuted answers", answers.length),
  );
  const words =
    leak === null
      ? "nothing to measure"
      : `bits between answer and size, less the mean over permuted answers (p = ${leak.p.toFixed(3)})`;
  return count("leak.mi", leak?.bits ?? null, words, "bits");
}

/** Unpadded frames must tell; answers drawn anew, which made none of these frames, must not be told. */
async function answerControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const settings = { ...settingsOf(scenario, {}), padding: "none" };
  const staged = await rig.stage({ scenario, seed, settings, out: `${out}/controls/unpadded` });
  const open = await attemptOn(rig, scenario, staged, settings);
  const truth = truthSchema.parse(staged.truth);
  const choices = seeded("answers drawn anew", seed);
  // Drawn alike from all replies: shuffled ones would share their favourites with the guesses.
  const given = truth.given.map(() => choices.below(truth.replies));
  const { metrics } = await rig.score(open.findings, { ...truth, given }, open.bundle);
  const other = { ...open, metrics };
  return [
    chanceControl("positive", "answers without any padding", open, "guess.accuracy"),
    chanceControl("null", "the same frames, for answers drawn anew", other, "guess.accuracy"),
  ];
}
