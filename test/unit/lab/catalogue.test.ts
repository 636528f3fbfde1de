import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { judge, sheetOf } from "#client/lab/exercise/answer.ts";
import { choicesOf } from "#client/lab/exercise/switches.ts";
import { builtInScenarios } from "#client/lab/scenario.ts";
import { type Answer, phases, type Question } from "#client/lab/scenario-question.ts";
import type { Scenario } from "#client/lab/scenario-schema.ts";

/** What the catalogue promises to whoever plays it, beyond what each file's own checks see. */
let scenarios: readonly Scenario[];
beforeAll(async () => {
  scenarios = await builtInScenarios();
});

/** Faults of all scenarios, named so that the failure says which file to open. */
function faults(of: (scenario: Scenario) => readonly string[]): string[] {
  return scenarios.flatMap((scenario) => of(scenario).map((fault) => `${scenario.id}: ${fault}`));
}

/** Facts whose answer is a name and blames nobody. */
const blameless = new Set(["heal.by", "crack.first", "first.best", "archive.declared"]);

/** Whether an answer is the name of somebody who is to blame. */
function accuses({ prompt, answer }: Pick<Question, "prompt" | "answer">): boolean {
  if (answer.type === "actor") return !blameless.has(answer.fact);
  return answer.type === "choice" && /^who\b/i.test(prompt);
}

/** Options of which a wrong one would leave a team without a reason. */
function unexplained(answer: Answer): string[] {
  if (answer.type !== "choice") return [];
  return answer.options
    .filter(({ value, feedback }) => feedback === null && value !== "nobody")
    .map(({ value }) => value);
}

/** Everything of a scenario that a team reads: brief, evidence list, questions, injects. */
function textsForTeams(scenario: Scenario): string[] {
  const { questions, injects, defences, adversary, aar } = scenario;
  return [
    ...[scenario.title, scenario.summary, adversary.capability, ...scenario.objectives],
    ...adversary.gets.map(({ id }) => id.replaceAll("-", " ")),
    ...Object.values(defences).map(({ cost_note }) => cost_note),
    ...questions.flatMap(({ prompt, answer, hints = [] }) => [
      prompt,
      ...hints.map(({ text }) => text),
      ...(answer.type === "choice"
        ? answer.options.flatMap(({ words, feedback }) => [words, feedback ?? ""])
        : []),
    ]),
    ...injects.map(({ body }) => body),
    ...aar.prompts,
  ];
}

/** Ids that are no words of their own; a text that has one speaks of the file and not of the people. */
function idsIn(scenario: Scenario, texts: readonly string[]): string[] {
  const ids = scenario.world.actors.filter(({ id, label }) => id !== label).map(({ id }) => id);
  const isWord = new Set(["ghost"]);
  return ids
    .filter((id) => !isWord.has(id))
    .flatMap((id) => texts.filter((text) => new RegExp(`\\b${id}\\b`).test(text)));
}

describe("every scenario of the catalogue", () => {
  test("asks in all four phases", () => {
    expect(
      faults(({ questions }) =>
        phases.filter((phase) => !questions.some((each) => each.phase === phase)),
      ),
    ).toEqual([]);
  });

  test("aims a question at what it asks people to choose, within a budget", () => {
    expect(
      faults(({ questions }) =>
        questions
          .filter(({ answer }) => answer.type === "switches")
          .filter(({ answer }) => answer.type === "switches" && isEmpty(answer.budget))
          .map(({ id }) => `${id} has no budget`),
      ),
    ).toEqual([]);
  });

  test("aims every question at an objective, and something that is asked at each objective", () => {
    expect(
      faults(({ objectives, questions }) => [
        ...questions
          .filter((each) => each.objective === undefined)
          .map(({ id }) => `${id}: at none`),
        ...objectives.filter((_, at) => questions.every((each) => each.objective !== at + 1)),
      ]),
    ).toEqual([]);
  });

  test("brings an inject for each objective, which says what should follow", () => {
    expect(
      faults(({ objectives, injects }) =>
        objectives.flatMap((objective, at) =>
          injects.some((each) => each.objective === at + 1 && (each.expected_action ?? "") !== "")
            ? []
            : [`nothing is aimed at: ${objective}`],
        ),
      ),
    ).toEqual([]);
  });

  test("delivers injects before its time is over", () => {
    expect(
      faults(({ injects, minutes }) =>
        injects
          .filter(({ at }) => at !== undefined && at > minutes * 60_000)
          .map(({ id }) => `${id} comes after ${minutes} minutes`),
      ),
    ).toEqual([]);
  });

  test("sells hints for at most 60 % of a question", () => {
    expect(
      faults(({ questions }) =>
        questions
          .filter(({ hints = [] }) => hints.reduce((sum, each) => sum + each.cost_pct, 0) > 60)
          .map(({ id }) => id),
      ),
    ).toEqual([]);
  });

  test("marks each question whose answer blames somebody, and no other", () => {
    expect(
      faults(({ questions }) =>
        questions.filter((each) => accuses(each) !== (each.accuses === true)).map(({ id }) => id),
      ),
    ).toEqual([]);
  });

  test("says of each wrong option why it is wrong", () => {
    expect(
      faults(({ questions }) =>
        questions.flatMap(({ id, answer }) =>
          unexplained(answer).map((value) => `${id}: ${value}`),
        ),
      ),
    ).toEqual([]);
  });

  test("names people to teams by their labels alone", () => {
    expect(faults((scenario) => idsIn(scenario, textsForTeams(scenario)))).toEqual([]);
  });

  test("is staged and scored by rigs whose words name no paper of the workshop", () => {
    const folder = new URL("../../../client/lab/rigs/", import.meta.url);
    const isComment = /^\s*(\/\*\*|\*|\/\/)/;
    const lines = readdirSync(folder).flatMap((name) =>
      readFileSync(new URL(name, folder), "utf8").split("\n"),
    );
    expect(lines.length).toBeGreaterThan(1_000);
    expect(lines.filter((line) => line.includes("LEAKLAB") && !isComment.test(line))).toEqual([]);
  });

  test("names no paper of the workshop that made it", () => {
    expect(
      faults((scenario) => textsForTeams(scenario).filter((text) => /LEAKLAB/i.test(text))),
    ).toEqual([]);
  });

  test("offers teams no circumstance as a defence, and one defence at least", () => {
    expect(
      faults((scenario) => {
        const offered = Object.keys(choicesOf(scenario));
        const circumstances = Object.entries(scenario.defences)
          .filter(([, each]) => each.circumstance === true)
          .map(([name]) => name);
        if (offered.length === 0) return ["offers nothing"];
        return offered.filter((name) => circumstances.includes(name));
      }),
    ).toEqual([]);
  });
});

describe("whom the trap accuses", () => {
  const key = new Uint8Array(32).fill(7);
  const answerTo = (truth: string | null, said: string) => {
    const trap = scenarios.find(({ id }) => id === "canary-trap");
    const question = trap?.questions.find(({ id }) => id === "accuse");
    if (trap === undefined || question === undefined) throw new Error("the trap asks nothing");
    const place = { scenario: trap.id, question: question.id };
    return judge(key, trap.id, question, sheetOf(key, place, question.answer, truth), said);
  };

  test.each<[string | null, string, number]>([
    ["Heron", "Heron", 1],
    ["Heron", "nobody", 0.5],
    ["Heron", "Cedar", -2],
    ["nobody", "Cedar", -2],
    ["nobody", "nobody", 1],
    [null, "nobody", 1],
  ])("where the marks say %s, %s is worth %d times the question", (truth, said, share) => {
    expect(answerTo(truth, said)?.share).toBe(share);
  });
});

describe("the catalogue's checks themselves", () => {
  test.each<[string, Pick<Question, "prompt" | "answer">, boolean]>([
    ["an actor by a fact of blame", { prompt: "?", answer: { type: "actor", fact: "x" } }, true],
    ["the one who healed", { prompt: "?", answer: { type: "actor", fact: "heal.by" } }, false],
    ["a number", { prompt: "Who?", answer: { type: "number", fact: "x", abs_tol: 0 } }, false],
  ])("take %s for what it is", (_name, question, is) => {
    expect(accuses(question)).toBe(is);
  });

  test("find an option without a reason, and an id in a text", () => {
    const options = [
      { value: "a", words: "a", feedback: null },
      { value: "b", words: "b", feedback: "because" },
    ];
    expect(unexplained({ type: "choice", fact: "x", options })).toEqual(["a"]);
    const [first] = scenarios.filter(({ id }) => id === "stolen-device");
    expect(first && idsIn(first, ["bor has it", "Heron is bored"])).toEqual(["bor has it"]);
  });
});

function isEmpty(budget: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(budget).length === 0;
}
