import { z } from "zod";

/** Questions of a scenario file. What is right is never written there: it is a fact of the team's own run. */

const line = z.string().min(1).max(300);
const paragraph = z.string().min(1).max(2_000);
const factName = z.string().min(1).max(100);

/** An option of a choice: its value is what the fact says; feedback tells whoever took it why it is wrong. */
const option = z.union([
  line.transform((value) => ({ value, words: value, feedback: null as string | null })),
  z
    .strictObject({ value: line, words: line.optional(), feedback: paragraph.optional() })
    .transform(({ value, words, feedback }) => ({
      value,
      words: words ?? value,
      feedback: feedback ?? null,
    })),
]);

const budget = z.partialRecord(
  z.enum(["frames", "frameBytes", "commits", "delaySeconds", "clicks", "cpuMs"]),
  z.number().min(0),
);

/** Kinds of answers. A fact that holds several names is one text with commas. */
export const answerSchema = z.discriminatedUnion("type", [
  /** Right within the tolerance; a prediction earns less the farther off it is. */
  z.strictObject({
    type: z.literal("number"),
    fact: factName,
    abs_tol: z.number().min(0).max(1e9),
  }),
  /** A label of the scenario's actors, or `nobody`. */
  z.strictObject({ type: z.literal("actor"), fact: factName }),
  /** Several names; earns the F1 of what was named. */
  z.strictObject({ type: z.literal("set"), fact: factName }),
  /** The same names in order; earns Kendall's tau where it is positive. */
  z.strictObject({
    type: z.literal("order"),
    fact: factName,
    options: z.array(line).min(2).max(7),
  }),
  z.strictObject({
    type: z.literal("choice"),
    fact: factName,
    options: z.array(option).min(2).max(8),
  }),
  /** `low..high`; earns more the narrower it is, nothing when the fact lies outside. `scale` is a useless width. */
  z.strictObject({
    type: z.literal("interval"),
    fact: factName,
    scale: z.number().positive().max(1e9),
  }),
  /** A text that stands in the evidence only. */
  z.strictObject({ type: z.literal("flag"), fact: factName }),
  /** Free words, judged by the facilitator along a rubric that no team sees. */
  z.strictObject({ type: z.literal("text"), rubric: z.array(line).min(1).max(8) }),
  /** A choice of defences within a budget, worth the measured fall of `metric` on seeds that no team knows. */
  z.strictObject({ type: z.literal("switches"), metric: factName, budget }),
]);

const hint = z.strictObject({
  /** What the hint is about, shown before it is bought. */
  title: line.optional(),
  text: line,
  cost_pct: z.number().int().min(0).max(60),
});

export const phases = ["predict", "investigate", "defend", "explain"] as const;

export const questionSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, "expected a lower-case name"),
  phase: z.enum(phases),
  prompt: paragraph,
  /** Its weight among the questions of its phase. */
  points: z.number().int().min(1).max(1_350),
  attempts: z.number().int().min(1).max(20).optional(),
  /** What each wrong try takes off, in percent of its points; 20 unless it says otherwise. */
  wrong_pct: z.number().int().min(0).max(100).optional(),
  /** Faster than this many seconds into its phase is looked at. */
  minimal_seconds: z.number().int().min(1).max(3_600).optional(),
  /** Ids of questions that must be closed before this one opens. */
  needs: z.array(z.string()).max(8).optional(),
  /** Which of the scenario's objectives it tests, counted from 1: evidence for the after-action report. */
  objective: z.number().int().min(1).max(8).optional(),
  /** An accusation: a wrong name costs twice what the question is worth, `nobody` is a safe answer. */
  accuses: z.boolean().optional(),
  answer: answerSchema,
  hints: z.array(hint).max(3).optional(),
});

export type Phase = (typeof phases)[number];
export type Question = z.infer<typeof questionSchema>;
export type Answer = z.infer<typeof answerSchema>;

interface QuestionFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What the types of questions cannot say. `facts` are the names that the rig, the listed metrics and the
 * secrets make; paths begin at the list of questions.
 */
export function checkQuestions(
  questions: readonly Question[],
  known: {
    readonly facts: ReadonlySet<string>;
    readonly metrics: readonly string[];
    readonly objectives: number;
  },
): QuestionFault[] {
  const seen = new Set<string>();
  return questions.flatMap((each, at) => {
    const faults: QuestionFault[] = [];
    const need = (holds: boolean, path: readonly (string | number)[], message: string) => {
      if (!holds) faults.push({ path: [at, ...path], message });
    };
    need(!seen.has(each.id), ["id"], `another question is called "${each.id}"`);
    for (const [index, id] of (each.needs ?? []).entries()) {
      need(seen.has(id), ["needs", index], `no earlier question "${id}"`);
    }
    seen.add(each.id);
    need((each.objective ?? 1) <= known.objectives, ["objective"], "no such objective");
    const { answer } = each;
    if ("fact" in answer) {
      const words = `no listed metric and no secret makes the fact "${answer.fact}"`;
      need(known.facts.has(answer.fact), ["answer", "fact"], words);
    }
    if (answer.type === "switches") {
      const isListed = known.metrics.includes(answer.metric);
      need(isListed, ["answer", "metric"], "not among the scenario's metrics");
      need(each.phase === "defend", ["phase"], "defences are chosen in the phase defend");
    }
    if (each.accuses === true) {
      const isName = answer.type === "actor" || answer.type === "choice";
      need(isName, ["accuses"], "only an actor or a choice accuses");
    }
    const values = optionValues(answer);
    need(new Set(values).size === values.length, ["answer", "options"], "one option stands twice");
    const cost = (each.hints ?? []).reduce((sum, { cost_pct }) => sum + cost_pct, 0);
    need(cost <= 60, ["hints"], "hints cost more than 60 %");
    return faults;
  });
}

/** The name of the fact that answers a question; null where a person or a measurement judges it. */
export function factOf(answer: Answer): string | null {
  return "fact" in answer ? answer.fact : null;
}

function optionValues(answer: Answer): string[] {
  if (answer.type === "choice") return answer.options.map(({ value }) => value);
  return answer.type === "order" ? answer.options : [];
}
