import { words } from "#client/core/words.ts";
import { phraseBits, rtx4090 } from "../algorithms/crack-cost.ts";
import { crackClaims, crackParams, tellCrack } from "../attacks/cracked-keystore.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { crackControls } from "./cracked-controls.ts";
import { scoreVaults } from "./cracked-score.ts";
import {
  type CrackTruth,
  crackTruth,
  crackWorld,
  kinds,
  productArgon,
  stageVaults,
} from "./cracked-stage.ts";
import { defineRig } from "./rig.ts";

/** Locked vaults that were copied, and a guesser who knows what the talks are about. */
export const crackedKeystore = defineRig<CrackTruth>({
  algorithm: "cracked-keystore",
  defences: {
    /** The fewest random words of whoever takes random words. */
    words: ["drawn", "four", "six"],
    /** Whether anybody prints a passphrase, or takes one from the talks. */
    source: ["anything", "random"],
    kdf: ["demo", "product"],
    /** When everybody changes the passphrase. */
    change: ["never", "after-copy", "before-copy"],
  },
  metrics: [
    "recovered.fraction",
    "crack.found",
    "crack.rank",
    "crack.rate",
    "crack.cost",
    "crack.cost.last",
    "living.open",
  ],
  facts: ["crack.order", "crack.fell", "crack.first", "kdf.factor", "phrase.bits"],
  world: crackWorld,
  params: crackParams,
  truth: crackTruth,
  badges: () => ["EXECUTED", "EXTRAPOLATED"],
  check: checkVaults,
  stage: (plan) => stageVaults(plan),
  score: scoreVaults,
  tell: tellCrack,
  controls: crackControls,
  sentence(_scenario, run) {
    const of = (id: string) => run.metrics.find((metric) => metric.id === id);
    const { vaults, lines } = crackClaims.parse(run.findings.claims);
    const stages = vaults.flatMap(({ opened }) =>
      opened === null ? [] : [stageWords[opened.stage]],
    );
    const how = stages.length === 0 ? "" : ` (${stages.join(", ")})`;
    const most = Math.max(0, ...vaults.map(({ tried }) => tried));
    const isWeak = vaults.some(({ memoryBytes }) => memoryBytes < productArgon.memoryBytes);
    const weak = isWeak ? " behind a key derivation that is weak on purpose" : "";
    return `With ${lines} lines of context and at most ${most} ${most === 1 ? "guess" : "guesses"} a vault, ${of("crack.found")?.hits ?? 0} of ${vaults.length} copied vaults${weak} gave way${how}, and with them ${of("recovered.fraction")?.hits ?? 0} of ${of("recovered.fraction")?.of ?? 0} messages.`;
  },
  limits: (_scenario, run) => [
    `Weak on purpose: with kdf demo a guess costs 8 KiB and one pass, where the product sets ${productArgon.memoryBytes >> 20} MiB and ${productArgon.passes}. Nobody can wait in an exercise for what the product costs.`,
    `crack.cost is EXTRAPOLATED for ${rtx4090.name}: ${rtx4090.bandwidth / 1e9} GB/s and $${rtx4090.price} an hour, at the most guesses that its bandwidth allows. 8 KiB fit into a chip's cache, where more may be possible: for the demo's vaults it is not even a lower bound.`,
    `The product's word list is the EFF's short list 2.0 of ${words.length} words, ${phraseBits(1, words.length).toFixed(2)} bits a word; the long list has 7,776 words, 12.92 bits. Six of the short list are worth not quite five of the long one.`,
    "At the product's cost a vault gets only so many guesses as `heavy` says, no more than the same time buys: that fewer vaults give way then is the price of a guess, and not another list.",
    "A rank is that of this guesser with this list. Another one comes earlier or later; ranks beyond the budget are counted from the list's order and not tried.",
    "How people choose is given by the scenario: one of five kinds each, and names with years in ways that the guesser's rules know. How many people choose so was not measured.",
    "Vaults that did not give way were not reached within the budget. A copy that was made stays, and is guessed at for as long as somebody wants.",
    ...run.findings.notes,
  ],
});

const stageWords = {
  printed: "printed in the memoir",
  list: "a line of the list",
  rules: "by rules on the list",
  words: "a random word",
} as const;

function checkVaults(scenario: Scenario): Fault[] {
  const parsed = crackWorld.safeParse(scenario.world.params);
  if (!parsed.success) return [];
  const { house } = parsed.data;
  const { actors, channels } = scenario.world;
  const faults: Fault[] = [];
  const need = (holds: boolean, path: Fault["path"], message: string) => {
    if (!holds) faults.push({ path, message });
  };
  const owners = actors.filter(({ id }) => id !== house);
  need(owners.length < actors.length, ["world", "params", "house"], `no actor "${house}"`);
  const words = `there are ${kinds.length} beside the house: each takes another kind of passphrase`;
  need(owners.length === kinds.length, ["world", "actors"], words);
  channels.forEach(({ members }, at) => {
    const isPair = members.length === 2 && members[0] === house && members[1] !== house;
    need(isPair, ["world", "channels", at, "members"], "are the house and, behind it, one other");
  });
  for (const { id } of owners) {
    const own = channels.filter(({ members }) => members.includes(id));
    need(own.length === 1, ["world", "channels"], `actor "${id}" needs one channel`);
  }
  scenario.adversary.gets.forEach(({ kind, actor, locked }, at) => {
    if (kind !== "device-state") return;
    const path = ["adversary", "gets", at];
    need(locked === true, [...path, "locked"], "only locked vaults are guessed at");
    need(actor !== house, [...path, "actor"], "nobody copies the house's device");
  });
  return faults;
}
