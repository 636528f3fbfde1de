import type { CurveFigure } from "#client/charts/figure.ts";
import { type Claims, judge } from "./delay-judge.ts";
import type { DelayTruth } from "./delay-stage.ts";

/** Detection over false alarms, and over the wait that the rule asks for. */
export function delayFigures({ sweep }: Claims, truth: DelayTruth): CurveFigure[] {
  const agreed = truth.waitMs / 60_000;
  const rules = [...sweep]
    .sort((a, b) => a.missing - b.missing)
    .flatMap(({ missing, waitMs, alarms, compared }) => {
      const { seconds, falsePerDay } = judge({ suppressed: alarms, compared }, truth);
      const wait = waitMs / 60_000;
      return seconds === null ? [] : [{ missing, wait, minutes: seconds / 60, falsePerDay }];
    });
  const plain = (x: number, y: number) => ({ x, y, low: null, high: null });
  const minutes = { label: "minutes until the alarm", scale: "linear" } as const;
  return [
    {
      kind: "curve",
      id: "detection-by-false-alarms",
      title: "How late the alarm comes, and how often for nothing",
      caption:
        "Each point is one rule: the fewer missing heartbeats it asks for, the farther right.",
      x: { label: "false alarms a day", scale: "linear" },
      y: minutes,
      series: [
        {
          name: "rules",
          points: rules
            .map((rule) => plain(rule.falsePerDay, rule.minutes))
            .sort((a, b) => a.x - b.x || b.y - a.y),
        },
      ],
      chance: null,
    },
    {
      kind: "curve",
      id: "detection-by-wait",
      title: "The alarm comes as late as the rule waits",
      caption: `Detection against k·h, k heartbeats of h minutes; the run's rule waits ${agreed} minutes. Above the diagonal lies what the reader learns late: that something was due at all.`,
      x: { label: "k·h in minutes", scale: "linear" },
      y: minutes,
      series: [
        { name: "measured", points: rules.map((rule) => plain(rule.wait, rule.minutes)) },
        { name: "k·h", points: rules.map((rule) => plain(rule.wait, rule.wait)) },
      ],
      chance: null,
    },
  ];
}
