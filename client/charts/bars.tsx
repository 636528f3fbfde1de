import type { JSX } from "preact";
import type { BarsFigure } from "./figure.ts";
import { palette } from "./palette.ts";
import { frameOf, Picture, placeOf, plain, type Size, scaleOf } from "./plot.tsx";

interface Props {
  readonly figure: BarsFigure;
  readonly id: string;
  readonly size: Size;
}

/** Bars lying down, so that their names are read without turning the head; intervals as whiskers. */
export function Bars({ figure, id, size }: Props): JSX.Element {
  const wide = size === "wide";
  const step = wide ? 46 : 46;
  const longest = Math.max(0, ...figure.bars.map(({ name }) => name.length));
  const left = wide ? Math.min(430, 30 + longest * 10.6) : 16;
  const frame = frameOf(size, { above: 16, left, height: figure.bars.length * step + 8 });
  const values = figure.bars.flatMap(({ value, high }) => [value, high ?? value]);
  const x = scaleOf(
    figure.y,
    [...values, figure.chance ?? 0],
    [frame.left, frame.right - (wide ? 96 : 60)],
  );
  return (
    <Picture frame={frame} id={id} title={figure.title} words={wordsOf(figure)}>
      {figure.bars.map((bar, index) => {
        const y = frame.top + index * step;
        const thick = wide ? 26 : 16;
        const end = placeOf(x, bar.value);
        const top = wide ? y + 8 : y + 20;
        const middle = top + thick / 2;
        return (
          <g key={bar.name}>
            <text
              x={wide ? left - 12 : left}
              y={wide ? middle + 6 : y + 14}
              text-anchor={wide ? "end" : "start"}
              font-size={frame.small}
              fill={palette.ink}
            >
              {bar.name}
            </text>
            <rect
              x={left}
              y={top}
              width={Math.max(1.5, end - left)}
              height={thick}
              fill={palette.leak}
            />
            {figure.chance !== null && (
              <line
                x1={placeOf(x, figure.chance)}
                x2={placeOf(x, figure.chance)}
                y1={top - 5}
                y2={top + thick + 5}
                stroke={palette.ink}
                stroke-width="2"
                stroke-dasharray="4 4"
              />
            )}
            <Whisker
              low={bar.low}
              high={bar.high}
              place={(value) => placeOf(x, value)}
              y={middle}
            />
            <text
              x={Math.max(end, bar.high === null ? 0 : placeOf(x, bar.high)) + 10}
              y={middle + 6}
              font-size={frame.small}
              font-weight="700"
              fill={palette.ink}
            >
              {plain(bar.value)}
            </text>
          </g>
        );
      })}
      <text
        x={left}
        y={frame.bottom + (wide ? 34 : 28)}
        font-size={frame.font}
        fill={palette.quiet}
      >
        {figure.chance === null ? figure.y.label : `${figure.y.label}; dashed: chance`}
      </text>
    </Picture>
  );
}

interface WhiskerProps {
  readonly low: number | null;
  readonly high: number | null;
  readonly place: (value: number) => number;
  readonly y: number;
}

function Whisker({ low, high, place, y }: WhiskerProps): JSX.Element | null {
  if (low === null || high === null || low === high) return null;
  const [from, to] = [place(low), place(high)];
  const d = `M${from} ${y - 7}V${y + 7}M${from} ${y}H${to}M${to} ${y - 7}V${y + 7}`;
  // The pale line below makes it read on the bar as well as beside it.
  return (
    <g fill="none">
      <path d={d} stroke={palette.gone} stroke-width="5" />
      <path d={d} stroke={palette.ink} stroke-width="2" />
    </g>
  );
}

function wordsOf(figure: BarsFigure): string {
  const said = figure.bars.map(({ name, value }) => `${name}: ${plain(value)}`);
  return `${figure.caption} ${figure.y.label}. ${said.join("; ")}.`;
}
