import type { Metric } from "../metric.ts";
import { count, share } from "../metrics.ts";
import type { ScoredRun } from "../result.ts";
import { inScope } from "../truth.ts";
import type { ArchiveTruth } from "./archive-stage.ts";

/**
 * When the others could have known: the first moment from which another's client showed that the archivist
 * keeps copies; null for never. At the door that is the moment at which it was turned away, by name.
 */
function knownAtMs({ archive }: ArchiveTruth): number | null {
  const { archivist, shown, turnedAway, startMs } = archive;
  if (turnedAway) return startMs;
  const times = shown.filter(({ label }) => label === archivist).map(({ atMs }) => atMs);
  return times.length === 0 ? null : Math.min(...times);
}

/** Labels of the seats that anybody's client showed as keeping copies. */
export function declaredBy({ archive }: ArchiveTruth): string {
  const labels = new Set(archive.shown.map(({ label }) => label));
  return [...labels].sort().join(", ") || "nobody";
}

/** How long the others could not know, always with the alarms that were false. */
export function awarenessMetrics(truth: ArchiveTruth): Metric[] {
  const { archive } = truth;
  const scope = inScope(truth);
  const others = scope.filter(({ from }) => !archive.agreed.includes(from));
  const isCopied = !archive.turnedAway;
  const unaware = others.filter(({ from, atMs }) => isCopied && !isShownTo(archive, from, atMs));
  const at = knownAtMs(truth);
  const never = "nobody's client showed it before the raid";
  const door = "it was turned away by name before anything was said";
  const words = (unit: string) =>
    at === null ? never : archive.turnedAway ? door : `${unit} until another's client showed it`;
  const said = others.filter(({ atMs }) => at !== null && atMs < at).length;
  const seconds = at === null ? null : Math.max(0, at - (archive.joinedAtMs ?? archive.startMs));
  const wrong = archive.shown.filter(
    ({ label }) => label !== archive.archivist || archive.copies === 0,
  );
  const days = Math.max(1, archive.endMs - archive.startMs) / 86_400_000;
  return [
    share({
      id: "said.unaware",
      ...{ hits: unaware.length, of: others.length },
      words:
        "of the messages of members who never agreed were copied before their author could know",
    }),
    count("detect.messages", at === null ? null : said, words("messages of the others")),
    count(
      "detect.seconds",
      archive.turnedAway ? 0 : seconds === null ? null : seconds / 1_000,
      words("seconds from the archivist's coming in"),
      "seconds",
    ),
    count(
      "alarm.false_per_day",
      wrong.length / days,
      "seats shown that keep nothing, a day",
      "count",
    ),
  ];
}

function isShownTo({ archivist, shown }: ArchiveTruth["archive"], author: string, atMs: number) {
  return shown.some((each) => {
    return each.by === author && each.label === archivist && each.atMs <= atMs;
  });
}

/** What the others could know, in a sentence: detection and false alarms together. */
export function awarenessWords(run: ScoredRun): string {
  const of = (id: string) => run.metrics.find((each) => each.id === id);
  const [unaware, seconds, wrong] = [
    of("said.unaware"),
    of("detect.seconds"),
    of("alarm.false_per_day"),
  ];
  const alarms = `${(wrong?.value ?? 0).toFixed(1)} false alarms a day`;
  if (run.facts["archive.door"] === "turned away") {
    return `The plug-in was turned away at the door, by name (0 seconds; ${alarms}).`;
  }
  const when =
    seconds?.value == null
      ? "Nobody could know of it before the raid"
      : `The others could know of it ${seconds.value.toFixed(0)} seconds after it came in`;
  return `${when} (${alarms}): ${unaware?.hits ?? 0} of ${unaware?.of ?? 0} messages were copied before their author could know.`;
}
