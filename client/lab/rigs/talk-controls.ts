import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSqlite } from "#client/node/sqlite.ts";
import { assert } from "#shared/failure.ts";
import { attemptOn } from "../attempt.ts";
import { imageDatabase } from "../bundle.ts";
import { withDecoys } from "../decoys.ts";
import { metricValue } from "../metrics.ts";
import { type Control, type ScoredRun, talkOf } from "../result.ts";
import type { Scenario } from "../scenario-schema.ts";
import { settingsOf } from "../settings.ts";
import { plaintextCipher } from "../weak/plaintext-cipher.ts";
import { rewriteEvidence } from "../write-evidence.ts";
import { exactControl } from "./chance-control.ts";
import type { ControlPlan, Rig } from "./rig.ts";

/**
 * A fork must be seen by the attack, and by people who compare words at once; with one log for all neither
 * the attack nor anybody else may see two.
 */
export async function forkControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed } = plan;
  const runWith = async (name: string, changes: Record<string, string>) => {
    const settings = settingsOf(scenario, { compare_words: "each-session", ...changes });
    const out = join(plan.out, "controls", name);
    const staged = await rig.stage({ scenario, seed, settings, out });
    return attemptOn(rig, scenario, staged, settings);
  };
  const forked = await runWith("forked", { fork: "on" });
  const whole = await runWith("one-log", { fork: "off" });
  const alarms = metricValue(whole.metrics, "alarm.false");
  return [
    {
      kind: "positive",
      name: "a fork, and words compared behind every session",
      expected: "the attack finds two logs, and the first comparison differs",
      measured: `${forked.findings.split === null ? "one log" : "two logs"}, first sign: ${forked.facts["fork.detected_by"]}`,
      ok: forked.findings.split !== null && forked.facts["fork.detected_by"] === "words",
      bundle: forked.bundle,
    },
    oneLog(whole, alarms ?? Number.POSITIVE_INFINITY),
  ];
}

/** Alarms are counted by message: each gives every member something to be alarmed about. */
function oneLog(whole: ScoredRun, alarms: number): Control {
  const isOne = whole.findings.split === null;
  const of = talkOf(whole).messages.length;
  const control = exactControl({
    ...{ kind: "null", bundle: whole.bundle, hits: alarms, of, what: "messages raised an alarm" },
    name: "one log for everybody, and words compared behind every session",
  });
  return {
    ...control,
    expected: "the attack finds one log, and nobody is alarmed",
    measured: `${isOne ? "one log" : "two logs"}; ${control.measured}`,
    ok: control.ok && isOne,
  };
}

/** The same talk in the clear must be read fully; the same bundle with its frames overwritten, not at all. */
export async function relayControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed } = plan;
  const settings = settingsOf(scenario, {});
  const out = join(plan.out, "controls", "plaintext");
  const staged = await rig.stage({ scenario, seed, settings, out, cipher: plaintextCipher });
  const clear = await attemptOn(rig, scenario, staged, settings);
  const noise = join(plan.out, "controls", "noise", "evidence");
  await overwriteFrames(scenario, staged.bundle, noise);
  const nothing = await attemptOn(rig, scenario, { ...staged, bundle: noise }, settings);
  return [
    everythingRead("the same talk without end-to-end encryption", clear),
    labels(clear),
    nothingRead("every frame overwritten with random bytes", nothing),
  ];
}

/**
 * A device copied before the first message, of a member who never updates, must read everything; the
 * device of somebody who is not in the channel, nothing of it.
 */
export async function deviceControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const settings = settingsOf(plan.scenario, quiet(plan.scenario));
  const first = withDevice(plan.scenario, (grant) => ({ ...grant, at: 0 }));
  const early = await rig.stage({
    scenario: first,
    seed: plan.seed,
    settings,
    out: join(plan.out, "controls", "copied-at-start"),
  });
  const all = await attemptOn(rig, first, early, settings);
  const controls = [everythingRead("a device copied before the first message, and no update", all)];
  const { scenario, stranger } = withStranger(plan.scenario);
  const other = withDevice(scenario, (grant) => ({ ...grant, actor: stranger }));
  const foreign = await rig.stage({
    scenario: other,
    seed: plan.seed,
    settings,
    out: join(plan.out, "controls", "stranger"),
  });
  const nothing = await attemptOn(rig, other, foreign, settings);
  return [...controls, nothingRead("the device of somebody outside the channel", nothing)];
}

/**
 * A guest who is let in before the first message and whom nobody notices must read everything; one whom
 * nobody lets in, nothing.
 */
export async function guestControls(
  { scenario, seed, out }: ControlPlan,
  rig: Rig,
): Promise<Control[]> {
  const settings = settingsOf(scenario, { admission: "one-sponsor", noticed: "never" });
  const { guest, ...alone } = scenario.world;
  assert(guest !== undefined, "a scenario of this kind has a guest");
  const runIn = async (name: string, world: Scenario["world"]) => {
    const changed = { ...scenario, world };
    const staged = await rig.stage({
      scenario: changed,
      seed,
      settings,
      out: join(out, "controls", name),
    });
    return attemptOn(rig, changed, staged, settings);
  };
  const early = await runIn("from-the-start", { ...alone, guest: { ...guest, at: 0 } });
  const outside = await runIn("never-invited", alone);
  return [
    everythingRead("a guest from before the first message, whom nobody notices", early),
    nothingRead("somebody whom nobody invites", outside),
  ];
}

function quiet(scenario: Scenario): Record<string, string> {
  const off = {
    victim_updates: "never",
    others_update: "never",
    removal: "never",
    message_timer: "off",
  };
  return Object.fromEntries(Object.entries(off).filter(([name]) => name in scenario.defences));
}

type Grant = Scenario["adversary"]["gets"][number];

function withDevice(scenario: Scenario, change: (grant: Grant) => Grant): Scenario {
  const gets = scenario.adversary.gets.map((grant) =>
    grant.kind === "device-state" ? change(grant) : grant,
  );
  return { ...scenario, adversary: { ...scenario.adversary, gets } };
}

/** A world with somebody who is in a decoy channel and not in the one in scope: its own, or a decoy's. */
export function withStranger(scenario: Scenario): { scenario: Scenario; stranger: string } {
  const own = strangerOf(scenario);
  if (own !== null) return { scenario, stranger: own };
  const wider = withDecoys({ ...scenario, world: { ...scenario.world, decoys: 1 } });
  const stranger = strangerOf(wider);
  assert(stranger !== null, "decoys are strangers");
  return { scenario: wider, stranger };
}

function strangerOf(scenario: Scenario): string | null {
  const scope = scenario.world.channels.find((each) => each.id === scenario.world.scope);
  const decoys = scenario.world.channels.filter((each) => each !== scope);
  const outside = decoys.flatMap((each) => each.members);
  return outside.find((id) => !(scope?.members.includes(id) ?? false)) ?? null;
}

function readControl(kind: Control["kind"], name: string, run: ScoredRun): Control {
  const read = run.metrics.find(({ id }) => id === "recovered.fraction");
  const [hits, of] = [read?.hits ?? 0, read?.of ?? 0];
  return exactControl({ kind, name, bundle: run.bundle, hits, of, what: "messages read" });
}

export function everythingRead(name: string, run: ScoredRun): Control {
  return readControl("positive", name, run);
}

/** The chance of guessing a text byte for byte is none worth counting: one hit fails this control. */
export function nothingRead(name: string, run: ScoredRun): Control {
  return readControl("null", name, run);
}

function labels(run: ScoredRun): Control {
  const spoke = [...new Set(talkOf(run).messages.map(({ from }) => from))];
  const hits = spoke.filter((label) => run.findings.labels.includes(label)).length;
  const name = "names in the same talk without end-to-end encryption";
  const what = "members who spoke named";
  return exactControl({ kind: "positive", name, bundle: run.bundle, hits, of: spoke.length, what });
}

/** A copy of a bundle whose frames are random bytes of the same lengths. */
export async function overwriteFrames(
  scenario: Scenario,
  bundle: string,
  target: string,
): Promise<void> {
  await rewriteEvidence(scenario, { from: bundle, to: target }, async (evidence, scratch) => {
    const captures = [];
    for (const artefact of evidence.artefacts("relay-db")) {
      const path = join(scratch, "noise.sqlite");
      await writeFile(path, await evidence.read("relay/relay.sqlite"));
      const database = openSqlite(path);
      database.exec("PRAGMA secure_delete = ON");
      database.exec("UPDATE frame SET frame = randomblob(length(frame))");
      database.exec("VACUUM");
      database.close();
      captures.push({
        id: artefact.id,
        kind: artefact.kind,
        actor: null,
        atMs: Date.parse(artefact.at),
        note: "Null control: every frame is random",
        files: await imageDatabase(path),
      });
    }
    return captures;
  });
}
