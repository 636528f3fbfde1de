import { type Phase, phases, type Question } from "../scenario-question.ts";
import type { Scenario } from "../scenario-schema.ts";
import { type Domain, rangeWritten, writtenAs } from "./domain.ts";
import { attemptsDefault, canTryAgain, wrongPct } from "./points.ts";
import { knownPrice, type Prices, spending } from "./prices.ts";
import type { LateRule } from "./record.ts";
import { choicesOf } from "./switches.ts";

/** What a team may know of a question: no fact, no feedback, no rubric, no text of a hint. */
export interface PublicQuestion {
  readonly id: string;
  readonly phase: Phase;
  readonly prompt: string;
  readonly points: number;
  readonly answer: string;
  readonly options: readonly { readonly value: string; readonly words: string }[];
  readonly hints: readonly { readonly title: string; readonly costPct: number }[];
  readonly accuses: boolean;
  /** What each wrong try takes, in percent of the points; 0 where there is one try, or it is a prediction. */
  readonly wrongPct: number;
}

export function publicQuestion(
  question: Question,
  points: number,
  domain: Domain = "number",
): PublicQuestion {
  const { id, phase, prompt, answer } = question;
  const options =
    answer.type === "choice"
      ? answer.options.map(({ value, words }) => ({ value, words }))
      : answer.type === "order"
        ? answer.options.map((value) => ({ value, words: value }))
        : [];
  return {
    ...{ id, phase, prompt, points, answer: howToAnswer(question, domain), options },
    hints: (question.hints ?? []).map(({ title, cost_pct }, at) => ({
      title: title ?? `hint ${at + 1}`,
      costPct: cost_pct,
    })),
    accuses: question.accuses === true,
    wrongPct: wrongPct(question),
  };
}

/** How an answer is written, as an example. */
export function howToAnswer(question: Question, domain: Domain = "number"): string {
  const { answer } = question;
  switch (answer.type) {
    case "number":
      return `${writtenAs[domain]}; none if there is none${nearness(question.phase, answer.abs_tol)}`;
    case "actor":
      return "a name from the list of people, or nobody";
    case "set":
      return "names with commas between them";
    case "order":
      return "all of the names, in order, with commas between them";
    case "choice":
      return "one of the options";
    case "interval":
      return `${rangeWritten[domain]}; narrower earns more, outside earns nothing`;
    case "flag":
      return "exact words: those of the evidence without the line around them, or in the form that is asked for";
    case "text":
      return "your own words; the facilitator reads them";
    case "switches":
      return "defences that you switch on, such as name=value name=value, or nothing";
  }
}

/** How near a number has to be; as the points are given in `points.ts`. */
function nearness(phase: Phase, tolerance: number): string {
  if (tolerance === 0) return "; exactly";
  return phase === "predict"
    ? `; all points within ${tolerance}, fewer as far as five times that`
    : `; right within ${tolerance}`;
}

const phaseWords: Readonly<Record<Phase, string>> = {
  predict:
    "Before you look: what do you expect? You may change a prediction until you go on. The gap is the lesson.",
  investigate: "Work on the evidence and find out what it gives away.",
  defend:
    "Choose defences within the budget, in one answer. They are measured on worlds that nobody has seen.",
  explain: "Say why. Each question takes one answer.",
};

export interface BriefParts {
  readonly scenario: Scenario;
  readonly team: string;
  readonly points: ReadonlyMap<string, number>;
  readonly minutes: number;
  /** What belongs to later phases is not in the brief: options give answers away. */
  readonly phase: Phase;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly prices: Prices | null;
  readonly late: LateRule;
}

/** The brief: everything that a team needs in a phase, and nothing that it is to find out. */
export function briefOf(parts: BriefParts): string {
  const { scenario, team, minutes, phase: now } = parts;
  const { world, questions } = scenario;
  const present = phases.filter((phase) => questions.some((each) => each.phase === phase));
  const time = minutes === 1 ? "1 minute" : `${minutes} minutes`;
  return `${[
    `# ${flat(scenario.title)}`,
    "",
    `Team ${team} · ${time} · difficulty ${scenario.difficulty} of 6`,
    "",
    flat(scenario.summary),
    "",
    "You work on files of a real channel that ran on this machine between people who do not exist. No live system is attacked, and nothing leaves this machine.",
    "",
    "## How to play",
    "",
    "Stay in this folder; a program lies in it. Type:",
    "",
    "    ./backchannel lab exercise status              where you are, and what to type next",
    '    ./backchannel lab exercise answer ID "..."     answer a question',
    "    ./backchannel lab exercise hint ID             open the next hint; its price is shown in status",
    "    ./backchannel lab exercise next                go on to the next phase; there is no way back",
    "    ./backchannel lab exercise score               points so far",
    "",
    "If you play on another machine, tell the facilitator what you would type.",
    "",
    ...rulesOf(questions, present, parts.late),
    "",
    "## The people",
    "",
    ...world.actors.map(
      ({ label, role, side }) => `- **${flat(label)}**: ${flat(role)}, ${flat(side)}`,
    ),
    "",
    ...evidenceOf(scenario, now),
    ...defencesOf(parts),
    ...present.flatMap((phase) =>
      isReached(phase, now) ? phaseSection(parts, phase) : laterSection(parts, phase),
    ),
    "## Afterwards",
    "",
    ...scenario.aar.prompts.map((prompt) => `- ${flat(prompt)}`),
  ].join("\n")}\n`;
}

function isReached(phase: Phase, now: Phase): boolean {
  return phases.indexOf(phase) <= phases.indexOf(now);
}

/** The rules that hold in this scenario, and no others. */
function rulesOf(
  questions: readonly Question[],
  present: readonly Phase[],
  late: LateRule,
): string[] {
  const tries = [...new Set(questions.filter(canTryAgain).map(wrongPct))].sort((a, b) => a - b);
  const rules = [
    `- The clock starts with your first answer. The phases are ${present.join(", ")}; this brief grows with each.`,
    "- A number that cannot be read, an option that is not there or a name that is not on the list of people is no try and costs nothing. Where exact words are asked for, all other words are a wrong try.",
  ];
  if (tries.length > 0) {
    const each = tries.length === 1 ? `${tries[0]} %` : `${tries[0]} to ${tries.at(-1)} %`;
    rules.push(
      `- In investigate each wrong try takes ${each} of its question's points, for numbers too. After several it rests for a minute; nothing is locked.`,
    );
  }
  if (questions.some(({ accuses }) => accuses === true)) {
    rules.push(
      "- Where you accuse somebody, `nobody` is a safe answer and a wrong name costs twice the points.",
    );
  }
  rules.push(
    late === "refused"
      ? "- When the time is over, answers are not taken unless the facilitator gives more."
      : "- Answers after the time are taken and marked as late.",
  );
  return rules;
}

function evidenceOf({ world, adversary, attack }: Scenario, now: Phase): string[] {
  const command = `./backchannel lab attack ${attack.algorithm} evidence`;
  const held = isReached("investigate", now);
  return [
    held ? "## What you hold" : "## What you will hold, from investigate on",
    "",
    `${flat(adversary.capability)}.`,
    "",
    ...adversary.gets.map(({ id, kind, actor }) => {
      const label = world.actors.find((each) => each.id === actor)?.label;
      return `- \`evidence/\` · ${id}: ${kind}${label === undefined ? "" : ` of ${flat(label)}`}`;
    }),
    "",
    ...(held
      ? [
          "`evidence/manifest.json` lists the files with their hashes; databases open with `sqlite3`, the rest with `jq`. Run the adversary's own program on them:",
          "",
          `    ${command}`,
          `    ${command} --json | jq .`,
          "",
        ]
      : []),
  ];
}

function defencesOf({ scenario, phase, prices }: BriefParts): string[] {
  const choices = Object.entries(choicesOf(scenario));
  if (choices.length === 0) return [];
  if (!isReached("defend", phase)) {
    const rows = choices.map(([name, { default: off }]) => `- \`${name}\`: ${off}`);
    return ["## How your world ran", "", ...rows, ""];
  }
  const rows = choices.map(
    ([name, { values, default: off, cost_note }]) =>
      `- \`${name}\`: ${values.map((value) => (value === off ? `**${value}**` : value)).join(", ")}. ${flat(cost_note)}`,
  );
  return [
    ...["## Defences", "", "Your world ran with the values in bold.", "", ...rows, ""],
    ...priceRows(scenario, prices),
  ];
}

/** What each choice alone costs of what is short. */
export function pricedChoices(
  scenario: Scenario,
  prices: Prices | null,
): { readonly choice: string; readonly price: string }[] {
  const budget = Object.assign(
    {},
    ...scenario.questions.map(({ answer }) => (answer.type === "switches" ? answer.budget : {})),
  );
  return Object.entries(choicesOf(scenario)).flatMap(([name, { values, default: off }]) =>
    values
      .filter((value) => value !== off)
      .flatMap((value) => {
        const price = knownPrice(prices, `${name}=${value}`);
        const spent = price === null ? [] : spending(budget, price);
        return spent.length === 0
          ? []
          : [{ choice: `${name}=${value}`, price: spent.map(({ words }) => words).join(", ") }];
      }),
  );
}

function priceRows(scenario: Scenario, prices: Prices | null): string[] {
  const rows = pricedChoices(scenario, prices);
  if (rows.length === 0) return [];
  return [
    "Each alone costs, as one world of this exercise showed:",
    "",
    ...rows.map(({ choice, price }) => `- \`${choice}\`: ${price}`),
    "",
    "    ./backchannel lab exercise price NAME=VALUE NAME=VALUE    several together; it is no answer",
    "",
  ];
}

function laterSection({ scenario, points }: BriefParts, phase: Phase): string[] {
  const own = scenario.questions.filter((each) => each.phase === phase);
  const worth = own.reduce((sum, { id }) => sum + (points.get(id) ?? 0), 0);
  const count = own.length === 1 ? "1 question" : `${own.length} questions`;
  return [`## ${heading(phase)}`, "", `${count}, ${worth} points; here when you get there.`, ""];
}

function heading(phase: Phase): string {
  return `${phase[0]?.toUpperCase()}${phase.slice(1)}`;
}

function phaseSection({ scenario, points, domains }: BriefParts, phase: Phase): string[] {
  const own = scenario.questions.filter((each) => each.phase === phase);
  return [
    `## ${heading(phase)}`,
    "",
    phaseWords[phase],
    "",
    ...own.flatMap((question) => {
      const shown = publicQuestion(
        question,
        points.get(question.id) ?? 0,
        domains.get(question.id),
      );
      const tries = canTryAgain(question)
        ? `; −${shown.wrongPct} % for each wrong try, a pause after every ${question.attempts ?? attemptsDefault}`
        : "";
      return [
        `**${shown.id}** (${shown.points} points${shown.accuses ? ", an accusation" : ""}${tries})`,
        "",
        flat(shown.prompt),
        "",
        ...shown.options.map(({ value, words }) =>
          value === words ? `- ${flat(value)}` : `- \`${flat(value)}\`: ${flat(words)}`,
        ),
        ...budgetOf(question),
        `Answer: ${shown.answer}.`,
        "",
      ];
    }),
  ];
}

function budgetOf(question: Question): string[] {
  if (question.answer.type !== "switches") return [];
  const rows = Object.entries(question.answer.budget).map(([key, most]) => `${key} ≤ ${most}`);
  return rows.length === 0 ? [] : [`Budget beyond the world as it is: ${rows.join(", ")}.`, ""];
}

/** A scenario's text on one line, without what Markdown or HTML would take for more than text. */
function flat(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[<>[\]`]/g, (sign) => `\\${sign}`);
}
