import { join } from "node:path";
import { archiveClaims, tellArchive } from "../attacks/archive-plugin.ts";
import type { Findings } from "../attacks/findings.ts";
import { attemptOn } from "../attempt.ts";
import type { Metric } from "../metric.ts";
import { share } from "../metrics.ts";
import type { Control, ScoredRun } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { settingsOf } from "../settings.ts";
import { inScope } from "../truth.ts";
import { awarenessMetrics, awarenessWords, declaredBy } from "./archive-awareness.ts";
import {
  type ArchiveTruth,
  archiveDefences,
  archiveTruth,
  archiveWorld,
  stageArchive,
} from "./archive-stage.ts";
import { type ControlPlan, defineRig, type Rig } from "./rig.ts";
import { checkTalk, talkMetrics, talkParts } from "./talk.ts";
import { everythingRead, nothingRead, withStranger } from "./talk-controls.ts";
import { talkLimits } from "./talk-words.ts";

/** One member's client keeps copies elsewhere, and elsewhere is raided. */
export const archivePlugin = defineRig<ArchiveTruth>({
  algorithm: "archive-plugin",
  defences: archiveDefences,
  metrics: [
    ...talkMetrics,
    "recovered.archive",
    "recovered.heap",
    "recovered.unconsenting",
    "said.unaware",
    "detect.messages",
    "detect.seconds",
    "alarm.false_per_day",
  ],
  facts: ["archive.of", "archive.opened_by", "archive.tokens", "archive.declared", "archive.door"],
  world: archiveWorld,
  truth: archiveTruth,
  badges: () => ["EXECUTED", "ASSUMED"],
  check: checkArchive,
  stage: stageArchive,
  async score(findings, truth, bundle) {
    const { archive, ...talk } = truth;
    const scored = await talkParts.score(findings, talk, bundle);
    const claims = archiveClaims.parse(findings.claims);
    return {
      ...scored,
      metrics: [...scored.metrics, ...archiveMetrics(findings, truth), ...awarenessMetrics(truth)],
      facts: {
        ...scored.facts,
        "archive.of": claims.accounts.join(", ") || "nobody",
        "archive.opened_by": claims.openedBy,
        "archive.tokens": claims.tokens,
        "archive.declared": declaredBy(truth),
        "archive.door": archive.turnedAway ? "turned away" : "let in",
      },
    };
  },
  tell: tellArchive,
  controls: archiveControls,
  sentence(_scenario, run) {
    const of = (id: string) => run.metrics.find((each) => each.id === id);
    const [all, others] = [of("recovered.fraction"), of("recovered.unconsenting")];
    return `The raid read ${all?.hits ?? 0} of ${all?.of ?? 0} messages, ${others?.hits ?? 0} of them by members who never agreed to an archive; ${of("recovered.heap")?.hits ?? 0} lay in the service's memory. What opened the archive: ${run.facts["archive.opened_by"]}. ${awarenessWords(run)}`;
  },
  limits: (_scenario, run) => [
    ...talkLimits(run),
    "That the service is broken into is given by the scenario (ASSUMED); copying, keeping, the dump and all opening were executed.",
    "The service is the lab's own and small. TM SGNL's was a Java service whose heap was served to anybody (CVE-2025-48927); a V8 heap snapshot is of the same kind, and lists texts of up to 1,024 characters whole.",
    "Byte arrays are not in such a snapshot: a key that a service holds as text of its configuration is.",
    "Whether a seat's client keeps copies is what that client says (PROTOCOL 3.1). A plug-in that says nothing is let in and shown by nobody, whatever the policy: `plug_in: lying` stages it.",
    "A plug-in that is honest and refused is left at home: its owner comes in without it. What he does instead, by hand or by another telephone, is not staged.",
    "False alarms of a declaration are seats that are shown and keep nothing: none can come about by itself, so the count in one talk says that the lists were right and no more.",
  ],
});

function checkArchive(scenario: Scenario): Fault[] {
  const faults = checkTalk(scenario);
  const parsed = archiveWorld.safeParse(scenario.world.params);
  if (!parsed.success) return faults;
  const members = scenario.world.channels.find(({ id }) => id === scenario.world.scope)?.members;
  const { archivist, agreed } = parsed.data;
  if (!(members?.includes(archivist) ?? false)) {
    const message = "is not in the channel in scope";
    faults.push({ path: ["world", "params", "archivist"], message });
  }
  agreed.forEach((id, at) => {
    if (members?.includes(id) ?? false) return;
    const message = "is not in the channel in scope";
    faults.push({ path: ["world", "params", "agreed", at], message });
  });
  return faults;
}

function archiveMetrics(findings: Findings, truth: ArchiveTruth): Metric[] {
  const scope = inScope(truth);
  const texts = new Map(scope.map(({ id, text }) => [id, text]));
  const idsFrom = (where: (place: string) => boolean) => {
    const true_ = findings.read.filter(({ id, text }) => id !== null && texts.get(id) === text);
    return new Set(true_.filter((each) => where(each.where)).map(({ id }) => id));
  };
  const others = scope.filter(({ from }) => !truth.archive.agreed.includes(from));
  const any = idsFrom(() => true);
  const hits = others.filter(({ id }) => any.has(id)).length;
  return [
    share({
      id: "recovered.archive",
      ...{ hits: idsFrom((place) => place === "archive").size, of: scope.length },
      words: "were read in the archive's database",
    }),
    share({
      id: "recovered.heap",
      ...{ hits: idsFrom((place) => place === "heap").size, of: scope.length },
      words: "lay in the service's memory",
    }),
    share({
      id: "recovered.unconsenting",
      ...{ hits, of: others.length },
      words: "of the messages of members who never agreed to an archive were read",
    }),
  ];
}

/** An archive in the clear gives everything, and one of somebody outside the channel nothing of it. */
async function archiveControls({ scenario, seed, out }: ControlPlan, rig: Rig): Promise<Control[]> {
  const settings = { ...settingsOf(scenario, {}), retention: "off", sealing: "none" };
  const runIn = async (world: Scenario, name: string): Promise<ScoredRun> => {
    const staged = await rig.stage({
      ...{ scenario: world, seed, settings, out: join(out, "controls", name) },
    });
    return attemptOn(rig, world, staged, settings);
  };
  const clear = await runIn(scenario, "clear");
  const { scenario: wider, stranger } = withStranger(scenario);
  const params = { ...archiveWorld.parse(wider.world.params), archivist: stranger };
  const other = { ...wider, world: { ...wider.world, params } };
  const foreign = await runIn(other, "stranger");
  const copies = foreign.findings.counts.copies ?? 0;
  const nothing = nothingRead("the open archive of somebody outside the channel", foreign);
  return [
    everythingRead("an archive in the clear that forgets nothing", clear),
    // An archive without anything in it would prove nothing.
    {
      ...nothing,
      measured: `${nothing.measured}; ${copies} copies of others`,
      ok: nothing.ok && copies > 0,
    },
  ];
}
