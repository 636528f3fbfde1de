import type { ComponentChildren, JSX } from "preact";
import { type Blast, type BlastRow, blastInWords, countReadings, percent } from "./blast.ts";
import { type BlastLayout, layOut, type RowLayout, type Square } from "./blast-layout.ts";
import { fontFamily, palette } from "./palette.ts";

interface Props {
  readonly blast: Blast;
  readonly title: string;
  /** Prefix of the ids inside the picture; two pictures in one page need two. */
  readonly id: string;
  readonly size?: "wide" | "narrow";
}

/**
 * The blast radius: one square a message, one row a run, columns by epoch or round. Filled and hatched
 * means read by someone else; pale with an edge means sealed. Works without colour, without script, in print.
 */
export function BlastRadius({ blast, title, id, size = "wide" }: Props): JSX.Element {
  const layout = layOut(blast, size);
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      role="img"
      aria-labelledby={`${id}-title ${id}-desc`}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      width="100%"
      font-family={fontFamily}
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-desc`}>{blastInWords(blast)}</desc>
      <Patterns id={id} />
      <Wash layout={layout} />
      {layout.rows.map((row, index) => (
        <Row key={index} row={blast.rows[index] as BlastRow} place={row} layout={layout} id={id} />
      ))}
      <Stolen layout={layout} word={blast.stolenWord} />
      <Axis blast={blast} layout={layout} id={id} />
    </svg>
  );
}

/** Hatching: what a black-and-white print and a colour-blind eye read. */
function Patterns({ id }: { id: string }): JSX.Element {
  return (
    <defs>
      <Hatch id={`${id}-key`} fill={palette.leak} line={palette.leakLine}>
        <path d="M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6" stroke={palette.leakLine} stroke-width="1.6" />
      </Hatch>
      <Hatch id={`${id}-stored`} fill={palette.stored} line={palette.storedLine}>
        <path d="M0 2 H8 M0 6 H8" stroke={palette.storedLine} stroke-width="1.4" />
      </Hatch>
      <Hatch id={`${id}-plain`} fill={palette.leak} line={palette.leakLine}>
        <circle cx="4" cy="4" r="1.6" fill={palette.leakLine} />
      </Hatch>
    </defs>
  );
}

interface HatchProps {
  readonly id: string;
  readonly fill: string;
  readonly line: string;
  readonly children: ComponentChildren;
}

function Hatch({ id, fill, children }: HatchProps): JSX.Element {
  return (
    <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse">
      <rect width="8" height="8" fill={fill} />
      {children}
    </pattern>
  );
}

function Wash({ layout }: { layout: BlastLayout }): JSX.Element | null {
  const from = layout.stolenX;
  if (from === null) return null;
  return (
    <g>
      {layout.rows
        .filter((row) => row.isExposed)
        .map((row, index) => (
          <rect
            key={index}
            x={from}
            y={row.baseline - layout.band}
            width={Math.max(0, (row.healedX ?? layout.right) - from)}
            height={layout.band}
            fill={palette.leakWash}
          />
        ))}
    </g>
  );
}

interface RowProps {
  readonly row: BlastRow;
  readonly place: RowLayout;
  readonly layout: BlastLayout;
  readonly id: string;
}

function Row({ row, place, layout, id }: RowProps): JSX.Element {
  const wide = layout.size === "wide";
  const count = countReadings(row);
  const colour = count.read > 0 ? palette.leak : palette.sealedEdge;
  return (
    <g>
      <text
        x={layout.left}
        y={place.top + (wide ? 32 : 24)}
        font-size={wide ? 24 : 18}
        fill={palette.ink}
      >
        <tspan font-weight="700">{row.name}</tspan>
        {wide && (
          <tspan dx="12" font-size="19" fill={palette.quiet}>
            {row.note}
          </tspan>
        )}
      </text>
      {!wide && (
        <text x={layout.left} y={place.top + 46} font-size="14" fill={palette.quiet}>
          {shortened(row.note)}
        </text>
      )}
      <text
        x={layout.right}
        y={place.top + (wide ? 34 : 26)}
        text-anchor="end"
        fill={palette.quiet}
        font-size={wide ? 19 : 14}
      >
        <tspan font-size={wide ? 38 : 26} font-weight="800" fill={colour}>
          {percent(count.read, count.all)}
        </tspan>
        <tspan dx={wide ? 12 : 6}>{`${count.read} of ${count.all}`}</tspan>
      </text>
      {place.squares.map((square, index) => (
        <MessageSquare key={index} square={square} id={id} />
      ))}
      <line
        x1={layout.left}
        x2={layout.right}
        y1={place.baseline + 1.5}
        y2={place.baseline + 1.5}
        stroke={palette.rule}
        stroke-width="1.5"
      />
      <Healed place={place} row={row} layout={layout} />
    </g>
  );
}

function MessageSquare({ square, id }: { square: Square; id: string }): JSX.Element {
  const gap = Math.min(2, square.size * 0.12);
  const side = Math.max(1, square.size - gap);
  const read = square.reading !== "sealed";
  const edge = square.reading === "stored" ? palette.stored : palette.leak;
  return (
    <rect
      x={square.x}
      y={square.y}
      width={side}
      height={side}
      rx={Math.min(3.5, side * 0.18)}
      fill={read ? `url(#${id}-${square.reading})` : palette.sealed}
      stroke={read ? edge : palette.sealedEdge}
      stroke-width={square.size < 6 ? 0.4 : 1.2}
    />
  );
}

function Healed({ place, row, layout }: Omit<RowProps, "id">): JSX.Element | null {
  if (place.healedX === null) return null;
  const wide = layout.size === "wide";
  const top = place.baseline - layout.band;
  const words = `▾ ${row.healedBy ?? "healed"}`;
  const label = besideLine(place.healedX, words, layout);
  return (
    <g>
      <line
        x1={place.healedX}
        x2={place.healedX}
        y1={top}
        y2={place.baseline + 6}
        stroke={palette.sealedEdge}
        stroke-width="3"
        stroke-dasharray="7 5"
      />
      <text
        x={label.x}
        y={top + (wide ? 17 : 13)}
        text-anchor={label.anchor}
        font-size={wide ? 18 : 13}
        font-weight="600"
        fill={palette.sealedEdge}
      >
        {words}
      </text>
    </g>
  );
}

/** What fits below a name on a phone. */
function shortened(note: string): string {
  return note.length > 54 ? `${note.slice(0, 53)}…` : note;
}

/** Where words beside a line begin: to its right, pushed back from the edge, or ending to its left. */
function besideLine(x: number, words: string, layout: BlastLayout) {
  const width = words.length * (layout.size === "wide" ? 10.5 : 7.4);
  const room = layout.right - x;
  const isLeft = room < 0.85 * width && x - (layout.stolenX ?? layout.left) > width;
  return isLeft
    ? ({ x: x - 8, anchor: "end" } as const)
    : ({ x: Math.min(x + 8, layout.right - width), anchor: "start" } as const);
}

function Stolen({ layout, word }: { layout: BlastLayout; word: string }): JSX.Element | null {
  const x = layout.stolenX;
  if (x === null) return null;
  const wide = layout.size === "wide";
  const late = x > layout.left + (layout.right - layout.left) / 2;
  return (
    <g>
      <text
        x={x + (late ? 6 : -8)}
        y={wide ? 26 : 20}
        text-anchor={late ? "end" : "start"}
        font-size={wide ? 21 : 15}
        font-weight="700"
        fill={palette.leak}
      >
        {late ? `${word} ▾` : `▾ ${word}`}
      </text>
      {layout.rows.map((row, index) => (
        <line
          key={index}
          x1={x}
          x2={x}
          y1={row.baseline - layout.band}
          y2={row.baseline + 6}
          stroke={palette.leak}
          stroke-width={row.isExposed ? "3.5" : "1.5"}
          stroke-dasharray={row.isExposed ? undefined : "2 6"}
        />
      ))}
    </g>
  );
}

interface AxisProps {
  readonly blast: Blast;
  readonly layout: BlastLayout;
  readonly id: string;
}

function Axis({ blast, layout, id }: AxisProps): JSX.Element {
  const wide = layout.size === "wide";
  const used = new Set(blast.rows.flatMap((row) => row.groups.flatMap((group) => group.readings)));
  const keys = legend.filter((key) => used.has(key.reading));
  const legendY = layout.axisY + (wide ? 70 : 58);
  const square =
    layout.perSquare === 1
      ? "one square is one message"
      : `one square is up to ${layout.perSquare} messages`;
  return (
    <g font-size={wide ? 19 : 14} fill={palette.quiet}>
      {layout.ticks.map((tick) => (
        <text key={tick.label} x={tick.x} y={layout.axisY + (wide ? 28 : 22)} text-anchor="middle">
          {tick.label}
        </text>
      ))}
      <text x={layout.left} y={legendY}>{`${blast.groupWord}; ${square}`}</text>
      {keys.map((key, index) => {
        const x = wide ? 470 + index * 250 : layout.left + (index % 2) * 190;
        const y = wide ? legendY : legendY + 22 + Math.floor(index / 2) * 18;
        return (
          <g key={key.reading}>
            <MessageSquare
              square={{
                x,
                y: y - (wide ? 16 : 12),
                size: wide ? 20 : 14,
                reading: key.reading,
                messages: 1,
              }}
              id={id}
            />
            <text x={x + (wide ? 28 : 19)} y={y} fill={palette.ink}>
              {key.word}
            </text>
          </g>
        );
      })}
    </g>
  );
}

const legend = [
  { reading: "key", word: "opened by key" },
  { reading: "stored", word: "read as stored text" },
  { reading: "plain", word: "read in the clear" },
  { reading: "sealed", word: "stays sealed" },
] as const;
