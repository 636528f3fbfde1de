import { Failure } from "#shared/failure.ts";
import {
  bestMatch,
  collude,
  drawCode,
  drawFairCode,
  erase,
  type Strategy,
  strategies,
  trace,
} from "../algorithms/tardos.ts";
import { seeded } from "../seeded.ts";
import { wilson } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  marks: { value: 64, words: "marks in the copies", source: "LEAKLAB" },
  colluders: { value: 1, words: "leakers who merge their copies", source: "LEAKLAB" },
  recipients: { value: 12, words: "copies, each marked otherwise", source: "LEAKLAB" },
  epsilon: { value: 0.01, words: "false accusations allowed for, all together", source: "LEAKLAB" },
  erase: { value: 0, words: "chance that a mark is lost in a paraphrase", source: "LEAKLAB" },
  strategy: {
    value: "worst",
    words: "majority, minority, interleave, coin; worst: the one that is caught least",
    source: "LEAKLAB",
  },
  rule: { value: "traced", words: "traced, or best: accuse the best match", source: "LEAKLAB" },
  bias: {
    value: "arcsine",
    words: "arcsine: Tardos' biases; fair: either variant as likely, as people do by hand",
    source: "paper",
  },
  coalition: {
    value: 0,
    words: "c of the cut-off 1/(300·c); 0: as many as there are colluders",
    source: "paper",
  },
} as const;

interface Outcome {
  readonly correct: number;
  readonly wrong: number;
  readonly abstained: number;
  readonly trials: number;
}

interface Setting {
  readonly marks: number;
  readonly colluders: number;
  readonly recipients: number;
  readonly epsilon: number;
  readonly erase: number;
  readonly rule: string;
  readonly bias: string;
  readonly coalition: number;
}

/** One strategy, over so many codes: who was accused. A colluder is a right answer, anybody else a wrong one. */
function outcomeOf(setting: Setting, strategy: Strategy, run: ReferenceRun): Outcome {
  const { marks, colluders, recipients, epsilon, rule } = setting;
  const choices = seeded(`tracing ${strategy} ${JSON.stringify(setting)}`, run.seed);
  const trials = run.trials ?? 400;
  const coalition = setting.coalition === 0 ? colluders : setting.coalition;
  let [correct, wrong] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const code =
      setting.bias === "fair"
        ? drawFairCode(recipients, marks, choices)
        : drawCode({ recipients, marks, coalition, choices });
    // Recipients are alike, so the first ones may be the leakers.
    const published = collude(code.words.slice(0, colluders), strategy, choices);
    const copy = erase(published, setting.erase, choices);
    const accused =
      rule === "best" ? shuffledBest(code, copy, choices) : trace(code, copy, epsilon).accused;
    if (accused === null) continue;
    if (accused < colluders) correct += 1;
    else wrong += 1;
  }
  return { correct, wrong, abstained: trials - correct - wrong, trials };
}

/** The best match with ties broken at random: nobody's place in the list may speak for or against him. */
function shuffledBest(
  code: Parameters<typeof bestMatch>[0],
  copy: Parameters<typeof bestMatch>[1],
  choices: ReturnType<typeof seeded>,
): number {
  const order = choices.shuffle(code.words.map((_, index) => index));
  const words = order.map((index) => code.words[index] ?? []);
  return order[bestMatch({ ...code, words }, copy)] ?? 0;
}

function worstOf(setting: Setting, strategy: string, run: ReferenceRun): Outcome {
  const chosen = strategies.filter((each) => strategy === "worst" || each === strategy);
  // Of one leaker every strategy publishes the same.
  const tried = setting.colluders === 1 ? chosen.slice(0, 1) : chosen;
  const outcomes = tried.map((each) => outcomeOf(setting, each, run));
  return outcomes.reduce((worst, each) => (each.correct < worst.correct ? each : worst));
}

interface Printed {
  readonly change: Partial<Setting>;
  readonly setting: string;
  readonly correct?: string;
  readonly wrong?: string;
  readonly abstained?: string;
}

/**
 * The rows of the best match are of fair marks: of 12 copies with four of them, the chance that a wrong one
 * is named is 1 − (1 − (15/16)^12)/(12/16) = .281, and .583 with Tardos' biases.
 */
const byHand = { rule: "best", bias: "fair" } as const;

const table: readonly Printed[] = [
  ...(
    [
      [16, 1, ".23", ".005", ".77"],
      [16, 2, ".04", ".003", ".96"],
      [16, 3, ".01", ".00", ".99"],
      [64, 1, "1.00", ".003", ".00"],
      [64, 2, ".49", ".00", ".51"],
      [64, 3, ".19", ".00", ".81"],
      [256, 1, "1.00", ".00", ".00"],
      [256, 2, "1.00", ".003", ".00"],
      [256, 3, ".96", ".003", ".04"],
    ] as const
  ).map(([marks, colluders, correct, wrong, abstained]) => ({
    change: { marks, colluders },
    setting: `${marks} marks, ${colluders} ${colluders === 1 ? "leaker" : "colluders"}`,
    ...{ correct, wrong, abstained },
  })),
  { change: { marks: 64, erase: 0.6 }, setting: "64 marks, 60 % erased", correct: ".63" },
  { change: { marks: 128, erase: 0.6 }, setting: "128 marks, 60 % erased", correct: "1.00" },
  { change: { marks: 128, erase: 0.9 }, setting: "128 marks, 90 % erased", correct: ".16" },
  { change: { marks: 4, ...byHand }, setting: "4 marks, best match", wrong: ".29" },
  {
    change: { marks: 4, ...byHand, erase: 0.6 },
    setting: "4 marks, 60 % erased, best match",
    wrong: ".72",
  },
  {
    change: { marks: 8, ...byHand, colluders: 2 },
    setting: "8 marks, 2 colluders, best match",
    wrong: ".28",
  },
];

function rowsOf(
  name: string,
  outcome: Outcome,
  published: Pick<Printed, "correct" | "wrong" | "abstained">,
  isTable: boolean,
): ReferenceRow[] {
  const shares = [
    ["correct", outcome.correct, published.correct],
    ["false accusation", outcome.wrong, published.wrong],
    ["abstain", outcome.abstained, published.abstained],
  ] as const;
  return shares
    .filter(([, , figure]) => !isTable || figure !== undefined)
    .map(([what, hits, figure]) => {
      const [low, high] = difference(hits, outcome.trials);
      const zero =
        hits === 0
          ? ` (at most ${(3 / outcome.trials).toFixed(3)}: none of ${outcome.trials})`
          : "";
      return {
        setting: `${name}: ${what}`,
        published: figure ?? "",
        ours: `${(hits / outcome.trials).toFixed(3)}${zero}`,
        interval: `${low.toFixed(3)} to ${high.toFixed(3)} for another ${outcome.trials}`,
        agrees:
          figure === undefined
            ? null
            : Number(figure) >= low - 0.005 && Number(figure) <= high + 0.005,
      };
    });
}

/**
 * Where the share of another run of as many trials lies in 99 % of cases: Wilson's interval with twice the
 * variance, for the published figures are a run of 400 trials too.
 */
function difference(hits: number, trials: number): readonly [number, number] {
  return wilson(hits / 2, trials / 2, 0.99) ?? [0, 1];
}

function settingOf(settled: Settled): Setting {
  const setting = {
    marks: settled.number("marks"),
    colluders: settled.number("colluders"),
    recipients: settled.number("recipients"),
    epsilon: settled.number("epsilon"),
    erase: settled.number("erase"),
    coalition: settled.number("coalition"),
    rule: settled.text("rule"),
    bias: settled.text("bias"),
  };
  const { marks, colluders, recipients, epsilon, coalition } = setting;
  const whole = [marks, colluders, recipients, coalition].every(Number.isInteger);
  const inside = marks >= 1 && marks <= 10_000 && colluders >= 1 && recipients <= 1_000;
  if (!whole || !inside || colluders >= recipients || coalition < 0) {
    throw new Failure(
      "usage",
      "tracing: marks 1 to 10000, fewer colluders than recipients (at most 1000), all whole",
    );
  }
  if (epsilon <= 0 || epsilon >= 1 || setting.erase < 0 || setting.erase > 1) {
    throw new Failure("usage", "tracing: epsilon between 0 and 1, erase from 0 to 1");
  }
  if (setting.rule !== "traced" && setting.rule !== "best") {
    throw new Failure("usage", `rule=${setting.rule}: traced or best`);
  }
  if (setting.bias !== "arcsine" && setting.bias !== "fair") {
    throw new Failure("usage", `bias=${setting.bias}: arcsine or fair`);
  }
  return setting;
}

function strategyOf(settled: Settled): string {
  const strategy = settled.text("strategy");
  if (strategy === "worst" || (strategies as readonly string[]).includes(strategy)) return strategy;
  throw new Failure("usage", `strategy=${strategy}: one of ${strategies.join(", ")}, worst`);
}

/** Who leaked (Tardos 2003; Škorić and others 2008; LEAKLAB 3.7). */
export const tracing: Reference = {
  name: "tracing",
  source: "Tardos 2003; symmetric score of Škorić, Katzenbeisser and Celik 2008; LEAKLAB 3.7",
  parameters,
  async rows(run) {
    const settled = settle("tracing", parameters, []);
    const base = settingOf(settled);
    return table.flatMap((printed, index) => {
      run.progress("tracing", index, table.length);
      const outcome = worstOf({ ...base, ...printed.change }, "worst", run);
      return rowsOf(printed.setting, outcome, printed, true);
    });
  },
  async measure(settled, run) {
    const setting = settingOf(settled);
    const outcome = worstOf(setting, strategyOf(settled), run);
    return rowsOf(`${setting.marks} marks, ${setting.colluders} leaking`, outcome, {}, false);
  },
  differs:
    "the threshold takes innocent scores as normal, where Tardos proves a bound; marks are few and lost to paraphrase, so abstaining is the usual answer early on. The best-match rows are of fair marks. The cut-off c is the real number of colluders, which nobody knows beforehand.",
};
