import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Figure } from "#client/charts/figure.ts";
import type { Cipher } from "#client/core/cipher.ts";
import type { Tell } from "../attacks/claim-table.ts";
import type { Findings } from "../attacks/findings.ts";
import type { Badge, Metric } from "../metric.ts";
import type { OnGrant } from "../on-grant.ts";
import type { Control, Headline, ScoredRun, TalkExposure } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import type { Settings } from "../settings.ts";
import { writeTruth } from "../truth.ts";

export interface StagePlan {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly settings: Settings;
  /** Gets `evidence/` and, beside it and not inside, `truth.json`. */
  readonly out: string;
  /** For controls: how messages become frames, where that is not as the product does it. */
  readonly cipher?: Cipher;
  /** The cipher of one actor's client, where it is another than everybody's. */
  readonly cipherOf?: (actor: string, now: () => number) => Cipher | null;
  /** What a rig does with people's clients at the moment of a grant. */
  readonly onGrant?: OnGrant;
  /** Whose client has a plug-in that keeps copies, and whether it says so when it joins. */
  readonly plugIn?: PlugIn;
  readonly onProgress?: (done: number, of: number) => void;
}

/** A plug-in that keeps copies, at the door. */
export interface PlugIn {
  /** Id of the actor. */
  readonly actor: string;
  readonly declares: boolean;
  /** The channel lets no such client in: its owner comes in without the plug-in. */
  turnedAway(): void;
}

/** A played world, as the adversary got it and as it really was. */
export interface Staged<Truth = unknown> {
  readonly bundle: string;
  readonly truth: Truth;
  /** The price: `frames`, `frameBytes`, `commits`, `delaySeconds`, `clicks`, `cpuMs`. */
  readonly cost: Readonly<Record<string, number>>;
}

/** Findings compared with the ground truth. */
export interface Score {
  readonly metrics: readonly Metric[];
  /** Answers to questions that no metric holds. */
  readonly facts: Readonly<Record<string, string | number | null>>;
  readonly headline: Headline;
  readonly figures?: readonly Figure[];
  /** Secrets of the scenario and whether their exact text was read. */
  readonly secrets?: Readonly<Record<string, boolean>>;
  /** Message by message, where what leaks is what was said. */
  readonly talk?: TalkExposure;
}

export interface ControlPlan {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Controls stage their worlds in folders of their own below `out/controls`. */
  readonly out: string;
}

/** What one algorithm needs around it: how its worlds are staged, its findings scored, its numbers trusted. */
export interface RigParts<Truth> {
  /** As in `attack.algorithm` of scenario files, and in the catalogue of attacks. */
  readonly algorithm: string;
  /** Defences that a world of this rig can be staged with, and what each value may be. */
  readonly defences: Readonly<Record<string, readonly string[]>>;
  /** Metrics that its scorer makes; scenario files may name no other. */
  readonly metrics: readonly string[];
  /**
   * Metrics and facts that hang on names and places which freshly drawn keys give. Keys come from no seed, so a world that is
   * staged anew need not give them again; the saved evidence does.
   */
  readonly drawn?: readonly string[];
  /** Names of facts beside the metrics. */
  readonly facts: readonly string[];
  /** Schema of `world.params`; absent where there are none. */
  readonly world?: z.ZodType;
  /** Schema of `attack.params`, which reach the attack as its budget's; absent where there are none. */
  readonly params?: z.ZodType;
  readonly truth: z.ZodType<Truth>;
  /** Whether its worlds are played as scenario files describe them: traffic, decoys, relays, devices. */
  readonly playsTalk?: true;
  /** EXECUTED unless it says otherwise. */
  badges?(scenario: Scenario): readonly Badge[];
  /** What the schema of a scenario file cannot say. */
  check?(scenario: Scenario): readonly Fault[];
  stage(plan: StagePlan): Promise<Staged<Truth>>;
  score(findings: Findings, truth: Truth, bundle: string): Score | Promise<Score>;
  /** Findings as tables that people read, in the attack's own words. */
  readonly tell: Tell;
  /** At least one control that must leak and one that must not. */
  controls(plan: ControlPlan, rig: Rig): Promise<Control[]>;
  /** What happened and why, in one sentence. */
  sentence(scenario: Scenario, run: ScoredRun): string;
  /** What a run does not show, and how the algorithm differs from its paper. */
  limits(scenario: Scenario, run: ScoredRun): readonly string[];
}

export interface Rig<Truth = unknown>
  extends Omit<RigParts<unknown>, "truth" | "world" | "params" | "badges" | "stage" | "score"> {
  readonly world: z.ZodType;
  readonly params: z.ZodType;
  badges(scenario: Scenario): readonly Badge[];
  /** Stages a world and writes its ground truth beside its evidence. */
  stage(plan: StagePlan): Promise<Staged<Truth>>;
  /** Throws zod's error when the truth is not of this rig. */
  score(findings: Findings, truth: unknown, bundle: string): Promise<Score>;
}

/** A rig whose ground truth is checked by its schema when it is written and when it is read. */
export function defineRig<Truth>(parts: RigParts<Truth>): Rig<Truth> {
  return {
    ...parts,
    world: parts.world ?? z.strictObject({}),
    params: parts.params ?? z.strictObject({}),
    badges: (scenario) => parts.badges?.(scenario) ?? ["EXECUTED"],
    async stage(plan) {
      const staged = await parts.stage(plan);
      await mkdir(plan.out, { recursive: true });
      await writeTruth(join(plan.out, "truth.json"), parts.truth, staged.truth);
      return staged;
    },
    score: async (findings, truth, bundle) =>
      parts.score(findings, parts.truth.parse(truth), bundle),
  };
}
