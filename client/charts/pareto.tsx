import type { JSX } from "preact";
import type { ParetoFigure } from "./figure.ts";
import { palette } from "./palette.ts";
import { Axes, frameOf, Picture, placeOf, plain, type Size, scaleOf } from "./plot.tsx";

interface Props {
  readonly figure: ParetoFigure;
  readonly id: string;
  readonly size: Size;
}

type Point = ParetoFigure["points"][number];

/**
 * Leak against price. Points on the lower left line are worth their price: nothing measured here is
 * better in both. The names stand in a list below, by number, where no two can cover each other.
 */
export function Pareto({ figure, id, size }: Props): JSX.Element {
  const wide = size === "wide";
  const row = wide ? 30 : 22;
  const columns = wide ? 2 : 1;
  const list = Math.ceil(figure.points.length / columns) * row + 12;
  const plot = frameOf(size, {
    above: wide ? 44 : 34,
    left: wide ? 92 : 56,
    height: wide ? 400 : 240,
  });
  const xs = figure.points.map((point) => point.x);
  const ys = figure.points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const x = scaleOf(figure.x, xs, [plot.left, plot.right - 20]);
  const y = scaleOf(figure.y, ys, [plot.bottom, plot.top]);
  const front = new Set(frontOf(figure.points));
  const r = wide ? 15 : 11;
  const places = figure.points.map((point) => ({ x: placeOf(x, point.x), y: placeOf(y, point.y) }));
  const labels = apart(places, r);
  return (
    <Picture
      frame={{ width: plot.width, height: plot.height + list }}
      id={id}
      title={figure.title}
      words={wordsOf(figure)}
    >
      <Axes frame={plot} x={x} y={y} xLabel={figure.x.label} yLabel={figure.y.label} />
      <path
        d={stepsOf([...front].map((point) => [placeOf(x, point.x), placeOf(y, point.y)]))}
        fill="none"
        stroke={palette.sealedEdge}
        stroke-width="2.5"
        stroke-dasharray="8 5"
      />
      {places.map((place, index) => (
        <circle key={index} cx={place.x} cy={place.y} r={4} fill={palette.ink} />
      ))}
      {figure.points.map((point, index) => (
        <g key={point.name}>
          {point.low !== null && point.high !== null && (
            <line
              x1={placeOf(x, point.x)}
              x2={placeOf(x, point.x)}
              y1={placeOf(y, point.low)}
              y2={placeOf(y, point.high)}
              stroke={palette.ink}
              stroke-width="2"
            />
          )}
          <Label
            label={labels[index] ?? origin}
            isFront={front.has(point)}
            {...{ r, font: plot.small, text: String(index + 1) }}
          />
        </g>
      ))}
      {figure.points.map((point, index) => {
        const column = Math.floor(index / Math.ceil(figure.points.length / columns));
        const line = index % Math.ceil(figure.points.length / columns);
        return (
          <text
            key={point.name}
            x={12 + (column * plot.width) / columns}
            y={plot.height + row * (line + 0.7)}
            font-size={plot.small}
            fill={palette.ink}
          >
            <tspan font-weight="700">{`${index + 1}`}</tspan>
            <tspan dx="8">{point.name}</tspan>
            <tspan dx="8" fill={palette.quiet}>
              {`${plain(point.y)} for ${plain(point.x)}`}
            </tspan>
          </text>
        );
      })}
    </Picture>
  );
}

interface Place {
  readonly x: number;
  readonly y: number;
}

const origin: Place = { x: 0, y: 0 };

/** Where each number goes: on its point, or above what stands there already. */
export function apart(places: readonly Place[], r: number): Place[] {
  const taken: Place[] = [];
  for (const { x, y } of places) {
    let at = y;
    while (taken.some((other) => Math.hypot(other.x - x, other.y - at) < 2 * r)) at -= 2 * r + 2;
    taken.push({ x, y: at });
  }
  return taken;
}

function Label(props: {
  label: Place;
  isFront: boolean;
  r: number;
  font: number;
  text: string;
}): JSX.Element {
  const { label, isFront, r, font, text } = props;
  return (
    <g>
      <circle
        cx={label.x}
        cy={label.y}
        r={r}
        fill={isFront ? palette.sealedEdge : palette.gone}
        stroke={palette.ink}
        stroke-width="1.5"
      />
      <text
        x={label.x}
        y={label.y + font * 0.35}
        text-anchor="middle"
        font-size={font}
        font-weight="700"
        fill={isFront ? palette.gone : palette.ink}
      >
        {text}
      </text>
    </g>
  );
}

/** Points that no other beats in price without losing in leak, from cheap to dear. */
export function frontOf(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const front: Point[] = [];
  for (const point of sorted) {
    if (point.y < (front.at(-1)?.y ?? Number.POSITIVE_INFINITY)) front.push(point);
  }
  return front;
}

function stepsOf(corners: readonly (readonly [number, number])[]): string {
  return corners.map(([x, y], index) => (index === 0 ? `M${x} ${y}` : `H${x}V${y}`)).join("");
}

function wordsOf(figure: ParetoFigure): string {
  const said = figure.points.map(
    ({ name, x, y }) => `${name}: ${plain(y)} ${figure.y.label} for ${plain(x)} ${figure.x.label}`,
  );
  return `${figure.caption} ${said.join("; ")}.`;
}
