import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";
import type { ComponentChildren, JSX } from "preact";
import type { Axis } from "./figure.ts";
import { fontFamily, palette } from "./palette.ts";

export type Size = "wide" | "narrow";
export type Scale = ScaleContinuousNumeric<number, number>;

/** The rectangle in which a chart's data lie, in the units of its picture. */
export interface Frame {
  readonly size: Size;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Font sizes: of the words, and of ticks. */
  readonly font: number;
  readonly small: number;
}

/** Room for a chart: `above` for a legend, `left` for the y axis' words. */
export function frameOf(size: Size, room: { above: number; left: number; height: number }): Frame {
  const wide = size === "wide";
  const width = wide ? 1200 : 420;
  const height = room.height + room.above + (wide ? 76 : 60);
  return {
    ...{ size, width, height },
    left: room.left,
    right: width - (wide ? 28 : 16),
    top: room.above,
    bottom: height - (wide ? 76 : 60),
    font: wide ? 20 : 14,
    small: wide ? 18 : 13,
  };
}

/** A scale over the values; of a logarithmic one only values above 0 count. */
export function scaleOf(axis: Axis, values: readonly number[], range: [number, number]): Scale {
  const finite = values.filter((value) => Number.isFinite(value));
  if (axis.scale === "log") {
    const positive = finite.filter((value) => value > 0);
    const low = positive.length === 0 ? 1 : Math.min(...positive);
    const high = positive.length === 0 ? 10 : Math.max(...positive);
    return scaleLog([low * 0.9, high === low ? low * 10 : high * 1.1], range);
  }
  const low = Math.min(0, ...finite);
  const high = Math.max(low + 1e-9, ...finite);
  const scale = scaleLinear([low, high], range);
  // A share ends at 1 and not at a rounder number above it.
  return high <= 1 && high > 0.5 && low === 0 ? scaleLinear([0, 1], range) : scale.nice();
}

/** Where a value lies; a value that a logarithmic scale has no place for lies at its lower end. */
export function placeOf(scale: Scale, value: number): number {
  const [low = 0] = scale.domain();
  const place = scale(Math.max(value, low));
  return Number.isFinite(place) ? place : scale(low);
}

interface PictureProps {
  readonly frame: Pick<Frame, "width" | "height">;
  readonly id: string;
  readonly title: string;
  /** What the picture shows, for those who do not see it. */
  readonly words: string;
  readonly children: ComponentChildren;
}

/** An SVG picture with its title and its words. */
export function Picture({ frame, id, title, words, children }: PictureProps): JSX.Element {
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      role="img"
      aria-labelledby={`${id}-title ${id}-desc`}
      viewBox={`0 0 ${frame.width} ${frame.height}`}
      width="100%"
      font-family={fontFamily}
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-desc`}>{words}</desc>
      {children}
    </svg>
  );
}

interface AxesProps {
  readonly frame: Frame;
  readonly x: Scale | null;
  readonly y: Scale;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yFormat?: (value: number) => string;
}

/** Rules, ticks and the words of both axes. `x` is null where the chart writes its own names below. */
export function Axes({ frame, x, y, xLabel, yLabel, yFormat = plain }: AxesProps): JSX.Element {
  const { left, right, top, bottom, small, font } = frame;
  const wide = frame.size === "wide";
  const yTicks = ticksOf(y, wide ? 6 : 4);
  const xTicks = x === null ? [] : ticksOf(x, wide ? 9 : 5);
  return (
    <g>
      {yTicks.map((tick) => (
        <g key={tick}>
          <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} stroke={palette.rule} />
          <text
            x={left - 10}
            y={y(tick) + small * 0.35}
            text-anchor="end"
            font-size={small}
            fill={palette.quiet}
          >
            {yFormat(tick)}
          </text>
        </g>
      ))}
      {x !== null &&
        xTicks.map((tick) => (
          <g key={tick}>
            <line x1={x(tick)} x2={x(tick)} y1={bottom} y2={bottom + 7} stroke={palette.quiet} />
            <text
              x={x(tick)}
              y={bottom + small + 9}
              text-anchor="middle"
              font-size={small}
              fill={palette.quiet}
            >
              {plain(tick)}
            </text>
          </g>
        ))}
      <line
        x1={left}
        x2={right}
        y1={bottom}
        y2={bottom}
        stroke={palette.quiet}
        stroke-width="1.5"
      />
      <text x={left - 10} y={top - 14} font-size={font} fill={palette.ink} text-anchor="start">
        <tspan dx={wide ? -60 : -34}>{yLabel}</tspan>
      </text>
      <text x={right} y={frame.height - 10} text-anchor="end" font-size={font} fill={palette.ink}>
        {xLabel}
      </text>
    </g>
  );
}

/** About so many round numbers; of a logarithmic scale 1, 2 and 5 of each decade, or the decades alone. */
function ticksOf(scale: Scale, count: number): readonly number[] {
  const ticks = scale.ticks(count);
  if (!("base" in scale)) return ticks;
  const mantissa = (tick: number) =>
    Number((tick / 10 ** Math.floor(Math.log10(tick) + 1e-9)).toFixed(3));
  const round = scale.ticks().filter((tick) => [1, 2, 5].includes(mantissa(tick)));
  return round.length <= 1.5 * count ? round : round.filter((tick) => mantissa(tick) === 1);
}

/** A number as a tick says it: `1200`, `0.25`, `1e+6`. */
export function plain(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)) {
    return value.toExponential(0).replace("e+", "e");
  }
  return String(Number(value.toPrecision(4)));
}

/**
 * How series are told apart: by colour (Okabe and Ito's, for colour-blind eyes), by dashes and by the
 * shape of their points, so that each of the three is enough.
 */
export const seriesLooks = [
  { colour: "var(--s1, #0072b2)", dash: "", shape: "circle" },
  { colour: "var(--s2, #c2410c)", dash: "10 5", shape: "square" },
  { colour: "var(--s3, #00795a)", dash: "3 5", shape: "diamond" },
  { colour: "var(--s4, #9c3d7f)", dash: "14 4 3 4", shape: "triangle" },
  { colour: "var(--s5, #7a5c00)", dash: "6 3", shape: "cross" },
  { colour: "var(--s6, #33414e)", dash: "2 3", shape: "ring" },
] as const;

export type Look = (typeof seriesLooks)[number];

export function lookOf(index: number): Look {
  return seriesLooks[index % seriesLooks.length] as Look;
}

interface MarkProps {
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly look: Look;
}

/** One point, in the shape of its series. */
export function Mark({ x, y, r, look }: MarkProps): JSX.Element {
  const { colour, shape } = look;
  switch (shape) {
    case "circle":
      return <circle cx={x} cy={y} r={r} fill={colour} />;
    case "ring":
      return <circle cx={x} cy={y} r={r} fill="none" stroke={colour} stroke-width={r / 2} />;
    case "square":
      return <rect x={x - r} y={y - r} width={2 * r} height={2 * r} fill={colour} />;
    case "diamond":
      return <path d={path(x, y, [0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0])(r)} fill={colour} />;
    case "triangle":
      return <path d={path(x, y, [0, -1.2], [1.2, 1], [-1.2, 1])(r)} fill={colour} />;
    case "cross":
      return (
        <path
          d={`M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`}
          stroke={colour}
          stroke-width={r / 1.6}
        />
      );
  }
}

function path(x: number, y: number, ...corners: readonly (readonly [number, number])[]) {
  return (r: number): string =>
    `M${corners.map(([dx, dy]) => `${x + dx * r} ${y + dy * r}`).join("L")}Z`;
}

interface LegendProps {
  readonly names: readonly string[];
  readonly frame: Frame;
}

/** Height that a legend of these names takes. */
export function legendHeight(names: readonly string[], size: Size): number {
  if (names.length < 2) return 0;
  return legendRows(names, size).length * (size === "wide" ? 30 : 22) + 8;
}

function legendRows(names: readonly string[], size: Size): number[][] {
  const room = size === "wide" ? 1150 : 395;
  const letter = size === "wide" ? 10.5 : 7.4;
  const rows: number[][] = [[]];
  let used = 0;
  names.forEach((name, index) => {
    const width = name.length * letter + 74;
    if (used + width > room && used > 0) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(index);
    used += width;
  });
  return rows;
}

/** The names of the series with their looks; nothing for a single one. */
export function Legend({ names, frame }: LegendProps): JSX.Element | null {
  if (names.length < 2) return null;
  const wide = frame.size === "wide";
  const letter = wide ? 10.5 : 7.4;
  return (
    <g>
      {legendRows(names, frame.size).flatMap((row, at) => {
        let x = 8;
        return row.map((index) => {
          const from = x;
          const name = names[index] ?? "";
          const look = lookOf(index);
          const y = (wide ? 22 : 16) + at * (wide ? 30 : 22);
          x += name.length * letter + 74;
          return (
            <g key={name}>
              <line
                x1={from}
                x2={from + 40}
                y1={y - 6}
                y2={y - 6}
                stroke={look.colour}
                stroke-width="3"
                stroke-dasharray={look.dash}
              />
              <Mark x={from + 20} y={y - 6} r={wide ? 6 : 4.5} look={look} />
              <text x={from + 48} y={y} font-size={frame.small} fill={palette.ink}>
                {name}
              </text>
            </g>
          );
        });
      })}
    </g>
  );
}
