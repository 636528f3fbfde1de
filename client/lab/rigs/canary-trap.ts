import { z } from "zod";
import type { Figure } from "#client/charts/figure.ts";
import { utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import {
  type MarkedText,
  markReader,
  parseMarked,
  renderMarked,
  retype,
} from "../algorithms/marked-text.ts";
import { collude, erase, type Strategy, strategies } from "../algorithms/tardos.ts";
import { canaryClaims, canaryParams, tellCanary } from "../attacks/canary-trap.ts";
import { stageAndAttack } from "../attempt.ts";
import type { Capture } from "../bundle.ts";
import type { ArtefactKind } from "../evidence.ts";
import type { Metric } from "../metric.ts";
import { share } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { type Settings, setting, settingsOf } from "../settings.ts";
import { chanceTail } from "../statistics.ts";
import { writeEvidence } from "../write-evidence.ts";
import { type MarkedPool, stagePool } from "./marked-pool.ts";
import { type ControlPlan, defineRig, type Rig, type StagePlan } from "./rig.ts";

const worldParams = z.strictObject({
  /** Who sends the papers. */
  author: z.string(),
  /** With variation points: `[a|b]`, or `[zw]` for a character of no width. */
  sentences: z.array(z.string().min(1).max(1_000)).min(4).max(100),
  papers: z.number().int().min(4).max(200),
  each: z.number().int().min(1).max(10),
  /** How many leakers the code is made for. */
  coalition: z.number().int().min(1).max(6),
  /** How often leakers and papers are drawn anew out of the one pool. */
  publications: z.number().int().min(20).max(5_000),
  /** Chance that a paraphrase rewords a marked place. */
  reworded: z.number().min(0).max(1),
});

const truthSchema = z.strictObject({
  recipients: z.number().int(),
  /** By publication; nobody where the text came from outside. */
  leakers: z.array(z.array(z.string())),
});

type CanaryTruth = z.infer<typeof truthSchema>;

const leaks = [
  "verbatim",
  "retyped",
  "paraphrased",
  "majority-2",
  "minority-2",
  "interleave-2",
  "coin-2",
  "majority-3",
] as const;

/** Of controls only: the text was made up by somebody who got no copy. */
const outsider = "outsider";

/** Marked copies over real channels, what leakers print of them, and who is accused for it. */
export const canaryTrap = defineRig<CanaryTruth>({
  algorithm: "canary-trap",
  defences: { marks: ["8", "16", "32", "64", "128", "256"], leak: leaks },
  metrics: ["attrib.correct", "attrib.false", "attrib.abstain", "naive.correct", "naive.false"],
  facts: ["first.accused", "first.best", "first.leakers"],
  world: worldParams,
  params: canaryParams,
  truth: truthSchema,
  check: checkPapers,
  stage: stageLeaks,
  score(findings, truth) {
    const claims = canaryClaims.parse(findings.claims);
    const of = claims.length;
    const isLeaker = (publication: number, label: string) =>
      truth.leakers[publication]?.includes(label) ?? false;
    const tally = (test: (claim: (typeof claims)[number]) => boolean) => claims.filter(test).length;
    const accused = tally(({ traced }) => traced !== null);
    const right = tally(({ publication, traced }) => {
      return traced !== null && isLeaker(publication, traced);
    });
    const wrong = accused - right;
    const byHand = tally(({ publication, best }) => isLeaker(publication, best));
    const chance = 1 / truth.recipients;
    const [first] = claims;
    const metrics = [
      share({
        ...{ id: "attrib.correct", hits: right, of, chance },
        words: "of publications: the traced code named one who leaked",
      }),
      share({
        ...{ id: "attrib.false", hits: wrong, of },
        words: `of publications: the traced code named an innocent${wrong === 0 ? ` (at most 3/${of})` : ""}`,
      }),
      share({
        ...{ id: "attrib.abstain", hits: of - accused, of },
        words: "of publications: the traced code named nobody",
      }),
      share({
        ...{ id: "naive.correct", hits: byHand, of, chance },
        words: "of publications: the best match was one who leaked",
      }),
      share({
        ...{ id: "naive.false", hits: of - byHand, of },
        words: "of publications: the best match was an innocent",
      }),
    ];
    return {
      metrics,
      figures: [shares(metrics)],
      facts: {
        "first.accused": first?.traced ?? "nobody",
        "first.best": first?.best ?? "nobody",
        "first.leakers": truth.leakers[0]?.join(", ") ?? null,
      },
      headline: {
        value: of === 0 ? "–" : `${((100 * wrong) / of).toFixed(1)}%`,
        words: `falsely accused by the traced code in ${of} publications; by best match ${of - byHand}`,
        leaks: right > 0,
      },
    };
  },
  tell: tellCanary,
  controls: canaryControls,
  sentence(_scenario, run) {
    const at = (id: string) => run.metrics.find((metric) => metric.id === id)?.hits ?? 0;
    const of = run.metrics[0]?.of ?? 0;
    return `In ${of} publications the traced code named a leaker ${at("attrib.correct")} times, an innocent ${at("attrib.false")} times and nobody ${at("attrib.abstain")} times; the best match by hand named an innocent ${at("naive.false")} times.`;
  },
  limits: (_scenario, run) => [
    "One pool of copies was staged on real channels; leakers and papers are drawn out of it again and again, so the publications share copies and are not independent.",
    "Which paper a passage is of is taken from its content, and a paraphrase rewords marked places alone (ASSUMED).",
    "Tardos proves a bound for long codes; here the threshold takes an innocent's score as normal, and abstaining is the usual answer while marks are few.",
    "The code finds whose copy it was. A copy can be stolen from an honest recipient: that a person leaked it is another question.",
    "Marks need a copy for each reader: in a channel of many all read the same frame, and the author can be found out by two readers who compare.",
    ...run.findings.notes,
  ],
});

/** Right, wrong and nobody, by the code and by hand. */
function shares(metrics: readonly Metric[]): Figure {
  return {
    kind: "bars",
    id: "who-is-accused",
    title: "Who is accused",
    caption: "The code abstains where the best match by hand always names somebody.",
    y: { label: "share of publications", scale: "linear" },
    bars: metrics.map(({ id, value, interval }) => ({
      name: id,
      value: value ?? 0,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    })),
    chance: null,
  };
}

function checkPapers(scenario: Scenario): Fault[] {
  const parsed = worldParams.safeParse(scenario.world.params);
  if (!parsed.success) return [];
  const { author, sentences, papers, each } = parsed.data;
  const faults: Fault[] = [];
  const at = (...path: (string | number)[]) => ["world", "params", ...path];
  scenario.world.channels.forEach(({ members }, index) => {
    if (members.length === 2 && members.includes(author)) return;
    const message = "each channel is of the author and one recipient";
    faults.push({ path: ["world", "channels", index, "members"], message });
  });
  if (scenario.world.channels.length < 4) {
    faults.push({ path: ["world", "channels"], message: "at least four recipients" });
  }
  let points = Number.POSITIVE_INFINITY;
  sentences.forEach((sentence, index) => {
    const marked = parseMarked(`${sentence} `);
    if (marked === null || marked.points.length === 0) {
      const message = "a sentence has variation points [a|b] or [zw], apart from each other";
      faults.push({ path: at("sentences", index), message });
    } else points = Math.min(points, marked.points.length);
  });
  if (each > sentences.length) {
    faults.push({ path: at("each"), message: "more than there are sentences" });
  }
  const wanted = Math.max(...(scenario.defences.marks?.values ?? ["64"]).map(Number));
  if (faults.length === 0 && papers * each * points < wanted) {
    const message = `the papers hold ${papers * each * points} marks at least, fewer than ${wanted}`;
    faults.push({ path: at("papers"), message });
  }
  return faults;
}

/** The last pool: settings change what is leaked of it and never what was sent. */
let lastPool: { readonly key: string; readonly pool: Promise<MarkedPool> } | null = null;

function poolOf(plan: StagePlan): Promise<MarkedPool> {
  const { scenario, seed } = plan;
  const { author, sentences, papers, each, coalition } = worldParams.parse(scenario.world.params);
  const key = JSON.stringify([seed, scenario.world]);
  if (lastPool?.key === key) return lastPool.pool;
  const progress = plan.onProgress === undefined ? {} : { onProgress: plan.onProgress };
  const parts = { scenario, seed, author, sentences, papers, each, coalition, ...progress };
  const pool = stagePool(parts);
  lastPool = { key, pool };
  // A pool that could not be staged is tried again by whoever asks next.
  pool.catch(() => {
    lastPool = null;
  });
  return pool;
}

async function stageLeaks(plan: StagePlan) {
  const { settings } = plan;
  const pool = await poolOf(plan);
  const { publications, leakers } = draw(plan, pool);
  const { papers, biases, copies } = pool;
  const captures = [
    capture("marked-copies", "copies", "What the author sent to whom", pool.atMs, {
      ...{ papers, biases, copies },
    }),
    capture("publication", "printed", "What was printed", pool.atMs, publications),
  ];
  const bundle = await writeEvidence(plan, captures);
  const truth = { recipients: copies.length, leakers };
  // A channel of all would have carried each paper once.
  const perPaper = Number(setting(settings, "marks", "64")) / (pool.biases[0]?.length ?? 1);
  const frames = Math.ceil(perPaper) * copies.length;
  const frameBytes = Math.round((frames * pool.sentBytes) / pool.sent);
  return { bundle, truth, cost: { frames, frameBytes } };
}

function capture(
  kind: ArtefactKind,
  name: string,
  note: string,
  atMs: number,
  value: unknown,
): Capture {
  const files = new Map([[`${name}.json`, utf8(`${JSON.stringify(value)}\n`)]]);
  return { id: name, kind, actor: null, atMs, note, files };
}

/** Draws leakers and papers for each publication, and prints what they make of their copies. */
function draw(plan: StagePlan, pool: MarkedPool) {
  const { scenario, seed, settings } = plan;
  const { publications: of, reworded } = worldParams.parse(scenario.world.params);
  const leak = setting(settings, "leak", "verbatim");
  const marks = Number(setting(settings, "marks", "64"));
  const choices = seeded("who leaks", seed);
  const marked = pool.papers.map((source) => {
    const parsed = parseMarked(source);
    assert(parsed !== null, "these papers were sent");
    return parsed;
  });
  const readers = marked.map(markReader);
  const everyone = pool.copies.map((_, index) => index);
  const drawn = Array.from({ length: of }, (_, id) => {
    const guilty = choices.shuffle(everyone).slice(0, leakersOf(leak));
    const passages = pick(marked, marks, choices).map((paper) => {
      const source = marked[paper] as MarkedText;
      const words = guilty.map((each) => {
        const text = pool.copies[each]?.texts[paper] ?? "";
        return (readers[paper]?.(text) ?? []).map((variant) => variant ?? 0);
      });
      const biases = pool.biases[paper] ?? [];
      const text = printed({ leak, source, words, biases, reworded, choices });
      return { paper, text };
    });
    return { id, passages, leakers: guilty.map((each) => pool.copies[each]?.label ?? "") };
  });
  return {
    publications: drawn.map(({ id, passages }) => ({ id, passages })),
    leakers: drawn.map(({ leakers }) => leakers),
  };
}

function leakersOf(leak: string): number {
  if (leak === outsider) return 0;
  return Number(/-(\d)$/.exec(leak)?.[1] ?? 1);
}

/** Papers at random until they hold so many marks. */
function pick(marked: readonly MarkedText[], marks: number, choices: Seeded): number[] {
  const picked: number[] = [];
  let held = 0;
  for (const paper of choices.shuffle(marked.map((_, index) => index))) {
    if (held >= marks) break;
    picked.push(paper);
    held += marked[paper]?.points.length ?? 0;
  }
  return picked;
}

interface Print {
  readonly leak: string;
  readonly source: MarkedText;
  readonly words: readonly (readonly (0 | 1)[])[];
  readonly biases: readonly number[];
  readonly reworded: number;
  readonly choices: Seeded;
}

function printed({ leak, source, words, biases, reworded, choices }: Print): string {
  if (leak === outsider) {
    return renderMarked(
      source,
      biases.map((bias) => (choices.next() < bias ? 1 : 0)),
    );
  }
  const strategy = strategies.find((each) => leak.startsWith(`${each}-`));
  const word = collude(words, strategy ?? ("majority" satisfies Strategy), choices);
  if (leak === "retyped") return retype(renderMarked(source, word));
  if (leak === "paraphrased") return retype(renderMarked(source, erase(word, reworded, choices)));
  return renderMarked(source, word);
}

/** Many marks, printed word by word, must name; a text of nobody's copy must accuse nobody beyond epsilon. */
async function canaryControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const { epsilon } = canaryParams.parse(scenario.attack.params);
  const run = (name: string, change: Settings) => {
    const settings = { ...settingsOf(scenario, {}), ...change };
    return stageAndAttack(rig, { scenario, seed, settings, out: `${out}/controls/${name}` });
  };
  const most = scenario.defences.marks?.values.at(-1) ?? "64";
  const open = await run("verbatim", { marks: most, leak: "verbatim" });
  const outside = await run("outside", { leak: outsider });
  const correct = hitsOf(open, "attrib.correct");
  const named = hitsOf(outside, "attrib.false");
  const chance = 1 / scenario.world.channels.length;
  return [
    {
      ...{ kind: "positive", name: `${most} marks printed word by word`, bundle: open.bundle },
      expected: "the leaker is named more often than by chance at 0.1 %",
      measured: `${correct.hits} of ${correct.of}`,
      ok: correct.of > 0 && chanceTail(correct.hits, correct.of, chance) < 0.001,
    },
    {
      ...{ kind: "null", name: "a text that is nobody's copy", bundle: outside.bundle },
      expected: `somebody is named no more often than ${epsilon} allows, at 0.1 %`,
      measured: `${named.hits} of ${named.of}`,
      ok: named.of > 0 && chanceTail(named.hits, named.of, epsilon) >= 0.001,
    },
  ];
}

function hitsOf(run: ScoredRun, id: string): { readonly hits: number; readonly of: number } {
  const metric = run.metrics.find((each) => each.id === id);
  return { hits: metric?.hits ?? 0, of: metric?.of ?? 0 };
}
