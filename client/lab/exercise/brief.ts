import { type Phase, phases, type Question } from "../scenario-question.ts";
import type { Scenario } from "../scenario-schema.ts";
import { attemptsDefault, canTryAgain } from "./points.ts";
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
}

export function publicQuestion(question: Question, points: number): PublicQuestion {
  const { id, phase, prompt, answer } = question;
  const options =
    answer.type === "choice"
      ? answer.options.map(({ value, words }) => ({ value, words }))
      : answer.type === "order"
        ? answer.options.map((value) => ({ value, words: value }))
        : [];
  return {
    ...{ id, phase, prompt, points, answer: howToAnswer(question), options },
    hints: (question.hints ?? []).map(({ title, cost_pct }, at) => ({
      title: title ?? `hint ${at + 1}`,
      costPct: cost_pct,
    })),
    accuses: question.accuses === true,
  };
}

/** How an answer is written, as an example. */
export function howToAnswer(question: Question): string {
  const { answer } = question;
  switch (answer.type) {
    case "number":
      return "a number, such as 0.4 or 40%; none if there is none";
    case "actor":
      return "a name from the list of people, or nobody";
    case "set":
      return "names with commas between them";
    case "order":
      return "all of the names, in order, with commas between them";
    case "choice":
      return "one of the options";
    case "interval":
      return "a range that you are sure of, such as 0.2..0.5; narrower earns more, outside earns nothing";
    case "flag":
      return "the exact words, found in the evidence";
    case "text":
      return "your own words; the facilitator reads them";
    case "switches":
      return "defences that you switch on, such as name=value name=value, or nothing";
  }
}

const phaseWords: Readonly<Record<Phase, string>> = {
  predict:
    "Before you look: what do you expect? Each question takes one answer. The gap is the lesson.",
  investigate: "Work on the evidence and find out what it gives away.",
  defend: "Choose defences within the budget. They are measured on worlds that nobody has seen.",
  explain:
    "Say why. Each question takes one answer, and you are told what is wrong about a wrong one.",
};

/** The brief: everything that a team needs, and nothing that it is to find out. */
export function briefOf(
  scenario: Scenario,
  team: string,
  points: ReadonlyMap<string, number>,
  minutes: number,
): string {
  const { world, adversary, attack } = scenario;
  const attackCommand = `backchannel lab attack ${attack.algorithm} evidence`;
  return `${[
    `# ${flat(scenario.title)}`,
    "",
    `Team ${team} · ${minutes} minutes · difficulty ${scenario.difficulty} of 6`,
    "",
    flat(scenario.summary),
    "",
    "You work on files of a real channel that ran on this machine between people who do not exist. No live system is attacked, and nothing leaves this machine.",
    "",
    "## How to play",
    "",
    "Stay in this folder and type:",
    "",
    "    backchannel lab exercise status              where you are, and what to type next",
    '    backchannel lab exercise answer ID "..."     answer a question',
    "    backchannel lab exercise hint ID             open the next hint; its price is shown in status",
    "    backchannel lab exercise next                go on to the next phase; there is no way back",
    "    backchannel lab exercise score               points so far",
    "",
    "The clock starts with your first answer. Four phases follow each other: predict, investigate, defend, explain. After several wrong answers to a question it rests for a minute; nothing is ever locked for good. Where you accuse somebody, `nobody` is a safe answer and a wrong name costs twice the points.",
    "",
    "## The people",
    "",
    ...world.actors.map(
      ({ label, role, side }) => `- **${flat(label)}**: ${flat(role)}, ${flat(side)}`,
    ),
    "",
    "## What you hold",
    "",
    `${flat(adversary.capability)}.`,
    "",
    ...adversary.gets.map(({ id, kind, actor }) => {
      const label = world.actors.find((each) => each.id === actor)?.label;
      return `- \`evidence/\` · ${id}: ${kind}${label === undefined ? "" : ` of ${flat(label)}`}`;
    }),
    "",
    "`evidence/manifest.json` lists the files with their hashes; databases open with `sqlite3`, the rest with `jq`. In the phase investigate, run the adversary's own program on them:",
    "",
    `    ${attackCommand}`,
    `    ${attackCommand} --json | jq .`,
    "",
    ...defencesOf(scenario),
    ...phases.flatMap((phase) => phaseSection(scenario.questions, phase, points)),
    "## Afterwards",
    "",
    ...scenario.aar.prompts.map((prompt) => `- ${flat(prompt)}`),
  ].join("\n")}\n`;
}

function defencesOf(scenario: Scenario): string[] {
  const rows = Object.entries(choicesOf(scenario)).map(
    ([name, { values, default: off, cost_note }]) =>
      `- \`${name}\`: ${values.map((value) => (value === off ? `**${value}**` : value)).join(", ")}. ${flat(cost_note)}`,
  );
  if (rows.length === 0) return [];
  return ["## Defences", "", "Your world ran with the values in bold.", "", ...rows, ""];
}

function phaseSection(
  questions: readonly Question[],
  phase: Phase,
  points: ReadonlyMap<string, number>,
): string[] {
  const own = questions.filter((each) => each.phase === phase);
  if (own.length === 0) return [];
  return [
    `## ${phase[0]?.toUpperCase()}${phase.slice(1)}`,
    "",
    phaseWords[phase],
    "",
    ...own.flatMap((question) => {
      const shown = publicQuestion(question, points.get(question.id) ?? 0);
      const tries = canTryAgain(question)
        ? `; a pause after every ${question.attempts ?? attemptsDefault} wrong answers`
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
