import { scaleLinear } from "d3-scale";
import type { JSX } from "preact";
import type { TimelineFigure } from "./figure.ts";
import { palette } from "./palette.ts";
import { frameOf, Legend, legendHeight, lookOf, Mark, Picture, type Size } from "./plot.tsx";

interface Props {
  readonly figure: TimelineFigure;
  readonly id: string;
  readonly size: Size;
}

/** Events on lanes over time; each kind of event has its own shape. */
export function Timeline({ figure, id, size }: Props): JSX.Element {
  const wide = size === "wide";
  const kinds = [...new Set(figure.lanes.flatMap(({ events }) => events.map(({ kind }) => kind)))];
  const step = wide ? 44 : 44;
  const lineHeight = wide ? 24 : 18;
  const names = figure.lanes.map(({ name }) => name.length);
  const left = wide ? Math.min(360, 30 + Math.max(0, ...names) * 10.6) : 16;
  const frame = frameOf(size, {
    above: legendHeight(kinds, size) + figure.marks.length * lineHeight + 16,
    left,
    height: figure.lanes.length * step,
  });
  const span = figure.endMs - figure.startMs;
  const x = scaleLinear([figure.startMs, figure.endMs], [left, frame.right]);
  const unit = unitOf(span);
  const ticks = scaleLinear([0, span / unit.ms], [left, frame.right]);
  return (
    <Picture frame={frame} id={id} title={figure.title} words={wordsOf(figure)}>
      <Legend names={kinds} frame={frame} />
      {figure.lanes.map((lane, index) => {
        const y = frame.top + index * step + (wide ? step / 2 : 30);
        return (
          <g key={lane.name}>
            <text
              x={wide ? left - 14 : left}
              y={wide ? y + 6 : y - 14}
              text-anchor={wide ? "end" : "start"}
              font-size={frame.small}
              fill={palette.ink}
            >
              {lane.name}
            </text>
            <line x1={left} x2={frame.right} y1={y} y2={y} stroke={palette.rule} />
            {lane.events.map((event, at) => (
              <Mark
                key={at}
                x={x(event.atMs)}
                y={y}
                r={wide ? 5.5 : 4}
                look={lookOf(kinds.indexOf(event.kind))}
              />
            ))}
          </g>
        );
      })}
      {figure.marks.map(({ atMs, words }, row) => {
        const late = x(atMs) > (left + frame.right) / 2;
        return (
          <g key={words}>
            <line
              x1={x(atMs)}
              x2={x(atMs)}
              y1={frame.top - 6 - (figure.marks.length - 1 - row) * lineHeight}
              y2={frame.bottom}
              stroke={palette.leak}
              stroke-width="2.5"
              stroke-dasharray="7 5"
            />
            <text
              x={x(atMs) + (late ? -6 : 6)}
              y={frame.top - 10 - (figure.marks.length - 1 - row) * lineHeight}
              text-anchor={late ? "end" : "start"}
              font-size={frame.small}
              font-weight="700"
              fill={palette.leak}
            >
              {words}
            </text>
          </g>
        );
      })}
      {ticks.ticks(wide ? 9 : 5).map((tick) => (
        <text
          key={tick}
          x={ticks(tick)}
          y={frame.bottom + frame.small + 12}
          text-anchor="middle"
          font-size={frame.small}
          fill={palette.quiet}
        >
          {tick}
        </text>
      ))}
      <text
        x={frame.right}
        y={frame.height - 10}
        text-anchor="end"
        font-size={frame.font}
        fill={palette.ink}
      >
        {`${unit.name} from the beginning`}
      </text>
    </Picture>
  );
}

const units = [
  { name: "days", ms: 86_400_000 },
  { name: "hours", ms: 3_600_000 },
  { name: "minutes", ms: 60_000 },
  { name: "seconds", ms: 1_000 },
] as const;

/** The largest unit of which the span holds at least three. */
function unitOf(spanMs: number): (typeof units)[number] {
  return units.find(({ ms }) => spanMs >= 3 * ms) ?? units[3];
}

function wordsOf(figure: TimelineFigure): string {
  const lanes = figure.lanes.map(({ name, events }) => `${name}: ${events.length} events`);
  const marks = figure.marks.map(({ words }) => words);
  return `${figure.caption} ${[...lanes, ...marks].join("; ")}.`;
}
