import { area, line } from "d3-shape";
import type { JSX } from "preact";
import type { CurveFigure } from "./figure.ts";
import { palette } from "./palette.ts";
import {
  Axes,
  type Frame,
  frameOf,
  Legend,
  legendHeight,
  lookOf,
  Mark,
  Picture,
  placeOf,
  plain,
  type Scale,
  type Size,
  scaleOf,
} from "./plot.tsx";

interface Props {
  readonly figure: CurveFigure;
  readonly id: string;
  readonly size: Size;
}

type Series = CurveFigure["series"][number];

/** Curves with the bands of their intervals, and the line of chance. */
export function Curve({ figure, id, size }: Props): JSX.Element {
  const wide = size === "wide";
  const names = figure.series.map(({ name }) => name);
  const frame = frameOf(size, {
    above: legendHeight(names, size) + (wide ? 44 : 34),
    left: wide ? 92 : 56,
    height: wide ? 420 : 240,
  });
  const points = figure.series.flatMap((series) => series.points);
  const heights = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const x = scaleOf(
    figure.x,
    points.map((point) => point.x),
    [frame.left, frame.right],
  );
  const y = scaleOf(
    figure.y,
    [...heights, ...(figure.chance === null ? [] : [figure.chance])],
    [frame.bottom, frame.top],
  );
  return (
    <Picture frame={frame} id={id} title={figure.title} words={wordsOf(figure)}>
      <Legend names={names} frame={frame} />
      <Axes frame={frame} x={x} y={y} xLabel={figure.x.label} yLabel={figure.y.label} />
      {figure.chance !== null && <Chance frame={frame} y={placeOf(y, figure.chance)} />}
      {figure.series.map((series, index) => (
        <Band key={series.name} series={series} index={index} x={x} y={y} />
      ))}
      {figure.series.map((series, index) => (
        <Line key={series.name} series={series} index={index} x={x} y={y} frame={frame} />
      ))}
    </Picture>
  );
}

/** The dashed line of what guessing reaches. */
export function Chance({ frame, y }: { frame: Frame; y: number }): JSX.Element {
  return (
    <g>
      <line
        x1={frame.left}
        x2={frame.right}
        y1={y}
        y2={y}
        stroke={palette.quiet}
        stroke-width="2"
        stroke-dasharray="4 6"
      />
      <text
        x={frame.right - 4}
        y={y - 7}
        text-anchor="end"
        font-size={frame.small}
        fill={palette.quiet}
      >
        chance
      </text>
    </g>
  );
}

interface PartProps {
  readonly series: Series;
  readonly index: number;
  readonly x: Scale;
  readonly y: Scale;
}

function Band({ series, index, x, y }: PartProps): JSX.Element | null {
  const points = series.points.filter(({ low, high }) => low !== null && high !== null);
  if (points.length < 2) return null;
  const outline = area<Series["points"][number]>()
    .x((point) => placeOf(x, point.x))
    .y0((point) => placeOf(y, point.low ?? point.y))
    .y1((point) => placeOf(y, point.high ?? point.y));
  return <path d={outline([...points]) ?? ""} fill={lookOf(index).colour} fill-opacity="0.16" />;
}

function Line({ series, index, x, y, frame }: PartProps & { frame: Frame }): JSX.Element {
  const look = lookOf(index);
  const along = line<Series["points"][number]>()
    .x((point) => placeOf(x, point.x))
    .y((point) => placeOf(y, point.y));
  const r = frame.size === "wide" ? 6 : 4.5;
  return (
    <g>
      <path
        d={along([...series.points]) ?? ""}
        fill="none"
        stroke={look.colour}
        stroke-width="3"
        stroke-dasharray={look.dash}
      />
      {series.points.length <= 40 &&
        series.points.map((point) => (
          <Mark key={point.x} x={placeOf(x, point.x)} y={placeOf(y, point.y)} r={r} look={look} />
        ))}
    </g>
  );
}

function wordsOf(figure: CurveFigure): string {
  const series = figure.series.map(({ name, points }) => {
    const said = points.map((point) => `${plain(point.y)} at ${plain(point.x)}`);
    return `${name}: ${said.join(", ")}`;
  });
  return `${figure.caption} ${figure.y.label} by ${figure.x.label}. ${series.join("; ")}.`;
}
