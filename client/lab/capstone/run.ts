import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, Failure } from "#shared/failure.ts";
import { stageAndAttack } from "../attempt.ts";
import type { Metric } from "../metric.ts";
import type { Headline } from "../result.ts";
import { rigs } from "../rigs/catalogue.ts";
import { type RunProgress, runScenario } from "../run.ts";
import { parseScenario } from "../scenario.ts";
import { changeName, type Settings, settingsOf } from "../settings.ts";
import { softwareName } from "../software.ts";
import type { Capstone } from "./schema.ts";
import { type Facts, type PreparedAct, prepareAct } from "./stage-act.ts";

/** One act as it was played. */
export interface ActResult {
  readonly act: string;
  readonly title: string;
  readonly scenario: string;
  readonly settings: Settings;
  readonly why: readonly string[];
  readonly sentence: string;
  readonly headline: Headline;
  readonly metrics: readonly Metric[];
  readonly facts: Facts;
  /** Where evidence and ground truth lie. */
  readonly out: string;
  readonly hashes: readonly { readonly path: string; readonly sha256: string }[];
}

/** One course of the story: what was chosen, and what came of it. */
export interface Course {
  /** `as chosen`, or which choices are the other way round. */
  readonly name: string;
  readonly choices: Settings;
  readonly acts: readonly ActResult[];
}

export interface CapstoneResult {
  readonly v: 1;
  readonly type: "lab-capstone";
  readonly capstone: string;
  readonly title: string;
  readonly version: string;
  /** What made it: version and commit. */
  readonly software: string;
  readonly summary: string;
  readonly seed: number;
  readonly minutes: number;
  readonly chosen: Course;
  readonly counterfactual: readonly Course[];
  readonly shows: readonly { readonly act: string; readonly fact: string }[];
  readonly limits: readonly string[];
  readonly prompts: readonly string[];
  readonly out: string;
}

export interface CapstonePlan {
  readonly capstone: Capstone;
  readonly seed: number;
  readonly choices: Settings;
  /** A folder that holds nothing yet. */
  readonly out: string;
  readonly onProgress?: (progress: RunProgress) => void;
}

/** The choices of a run: the file's defaults, with some changed. Failure `usage`. */
export function choicesOf(capstone: Capstone, changes: Settings): Settings {
  for (const [name, value] of Object.entries(changes)) {
    const choice = capstone.choices[name];
    if (choice === undefined) {
      const known = Object.keys(capstone.choices).join(", ");
      throw new Failure("usage", `no choice "${name}"; there are ${known}`);
    }
    if (!choice.values.includes(value)) {
      throw new Failure("usage", `${name} is one of ${choice.values.join(", ")}`);
    }
  }
  const defaults = Object.entries(capstone.choices).map(([name, each]) => [name, each.default]);
  return { ...Object.fromEntries(defaults), ...changes };
}

/**
 * Plays the acts as chosen, with the controls of each, and again on the same seed with each choice the
 * other way round and with all. Failures: `integrity` when a control does not hold.
 */
export async function runCapstone(plan: CapstonePlan): Promise<CapstoneResult> {
  const { capstone, seed, choices, out } = plan;
  const others = counterfactuals(capstone, choices);
  const of = (others.length + 1) * capstone.acts.length;
  let done = 0;
  const tell = (step: string) => plan.onProgress?.({ step, done: done++, of });
  const played = new Map<string, Promise<ActResult>>();
  await mkdir(out, { recursive: true });
  const course = async (name: string, chosen: Settings): Promise<Course> => {
    const facts = new Map<string, Facts>();
    const acts: ActResult[] = [];
    for (const act of capstone.acts) {
      tell(`${name}: ${act.title}`);
      const prepared = await prepareAct(capstone, act, { choices: chosen, facts });
      // Two courses that make an act the same share its run: it is the same seed.
      const key = createHash("sha256").update(`${act.id}\0${prepared.text}`).digest("hex");
      const withControls = name === asChosen;
      const run = played.get(key) ?? playAct({ act, prepared, seed, out, key, withControls });
      played.set(key, run);
      const result = { ...(await run), why: prepared.why };
      facts.set(act.id, result.facts);
      acts.push(result);
    }
    return { name, choices: chosen, acts };
  };
  const chosen = await course(asChosen, choices);
  const counterfactual: Course[] = [];
  for (const each of others) counterfactual.push(await course(each.name, each.choices));
  plan.onProgress?.({ step: "done", done: of, of });
  const { id, title, version, summary, minutes, limits, prompts } = capstone;
  return {
    ...{ v: 1, type: "lab-capstone", capstone: id, title, version, summary, seed, minutes },
    ...{ chosen, counterfactual, limits, prompts, out, software: await softwareName() },
    shows: capstone.acts.flatMap((act) => act.shows.map((fact) => ({ act: act.id, fact }))),
  };
}

const asChosen = "as chosen";

/** Each choice the other way round, alone, and all together. */
function counterfactuals(capstone: Capstone, choices: Settings) {
  const flips = Object.entries(capstone.choices).map(([name, { values }]) => {
    return [name, values.find((value) => value !== choices[name]) ?? ""] as const;
  });
  const alone = flips.map(([name, value]) => ({ [name]: value }));
  const all = flips.length > 1 ? [Object.fromEntries(flips)] : [];
  return [...alone, ...all].map((change) => ({
    name: changeName(change),
    choices: { ...choices, ...change },
  }));
}

interface Play {
  readonly act: Capstone["acts"][number];
  readonly prepared: PreparedAct;
  readonly seed: number;
  readonly out: string;
  readonly key: string;
  readonly withControls: boolean;
}

async function playAct(play: Play): Promise<ActResult> {
  const { act, prepared, seed, key, withControls } = play;
  const out = join(play.out, `${act.id}-${key.slice(0, 8)}`);
  await mkdir(out, { recursive: true });
  const path = join(out, "scenario.yaml");
  await writeFile(path, prepared.text);
  const scenario = parseScenario(prepared.text, path);
  const rig = rigs.get(scenario.attack.algorithm);
  assert(rig !== undefined, "the scenario's checks found its rig");
  const settings = settingsOf(scenario, {});
  const run = withControls
    ? await runWithControls(path, seed, out)
    : await stageAndAttack(rig, { scenario, seed, settings, out });
  const { headline, metrics, facts, hashes } = run;
  return {
    ...{ act: act.id, title: act.title, scenario: act.scenario, settings, why: prepared.why },
    ...{ sentence: rig.sentence(scenario, run), headline, metrics, facts, out, hashes },
  };
}

async function runWithControls(path: string, seed: number, out: string) {
  const result = await runScenario({ scenario: { path }, seed, out, compare: false });
  if (result.verdict !== "measured") throw new Failure("integrity", result.sentence);
  return result.baseline;
}
