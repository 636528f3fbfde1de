import { scaleBand } from "d3-scale";
import type { Blast, BlastRow, Reading } from "./blast.ts";

/** One drawn square; above the bound it stands for `messages` messages of one reading. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly reading: Reading;
  readonly messages: number;
}

export interface RowLayout {
  readonly top: number;
  readonly baseline: number;
  readonly squares: readonly Square[];
  readonly healedX: number | null;
  /** Whether the copied device exposes this row from `stolenX` on. */
  readonly isExposed: boolean;
}

export interface BlastLayout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly rows: readonly RowLayout[];
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  readonly stolenX: number | null;
  readonly perSquare: number;
  readonly axisY: number;
  readonly size: "wide" | "narrow";
  /** Height of the shaded band above a baseline: the stack, and room for a line of words over it. */
  readonly band: number;
}

/** More squares than this in a row are drawn one for n messages (a page stays quick, an eye counts less). */
const squaresPerRowMax = 1_500;

interface Frame {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly head: number;
  readonly rowHead: number;
  readonly stack: number;
  readonly gap: number;
  readonly foot: number;
}

const frames: Readonly<Record<"wide" | "narrow", Frame>> = {
  wide: {
    width: 1200,
    left: 12,
    right: 1188,
    head: 48,
    rowHead: 74,
    stack: 110,
    gap: 26,
    foot: 84,
  },
  narrow: { width: 400, left: 6, right: 394, head: 40, rowHead: 78, stack: 96, gap: 22, foot: 116 },
};

function squaresOf(readings: readonly Reading[], perSquare: number): [Reading, number][] {
  const squares: [Reading, number][] = [];
  for (const reading of readings) {
    const last = squares.at(-1);
    if (last !== undefined && last[0] === reading && last[1] < perSquare) last[1] += 1;
    else squares.push([reading, 1]);
  }
  return squares;
}

/**
 * Columns that hold `squares` in a band of `width`: of the arrangements whose squares are nearly as large
 * as the largest possible, the one with the fewest empty places.
 */
function packSquares(squares: number, width: number, stack: number) {
  const tries = Array.from({ length: Math.max(1, squares) }, (_, index) => {
    const columns = index + 1;
    const high = Math.max(1, Math.ceil(squares / columns));
    const size = Math.min(width / columns, stack / high, 26);
    return { columns, size, empty: columns * high - squares };
  });
  const largest = Math.max(...tries.map((one) => one.size));
  const good = tries.filter((one) => one.size >= 0.75 * largest);
  return good.reduce((best, one) =>
    one.empty < best.empty || (one.empty === best.empty && one.size > best.size) ? one : best,
  );
}

/** Where each square, line and label lies. Time runs from left to right, within a column from the bottom up. */
export function layOut(blast: Blast, size: "wide" | "narrow"): BlastLayout {
  const frame = frames[size];
  const first = blast.rows[0];
  const labels = first?.groups.map((_, index) => String(index)) ?? [];
  const bands = scaleBand()
    .domain(labels)
    .range([frame.left, frame.right])
    .paddingInner(size === "wide" ? 0.16 : 0.12);
  const longest = Math.max(1, ...blast.rows.map(messagesOf));
  const perSquare = Math.max(1, Math.ceil(longest / squaresPerRowMax));
  const rowHeight = frame.rowHead + frame.stack + frame.gap;
  const place = (row: BlastRow, baseline: number) =>
    placeRow(row, {
      baseline,
      frame,
      perSquare,
      start: (index) => bands(String(index)) ?? 0,
      band: bands.bandwidth(),
    });
  const rows = blast.rows.map((row, index): RowLayout => {
    const top = frame.head + index * rowHeight;
    const baseline = top + frame.rowHead + frame.stack;
    const { squares, edges } = place(row, baseline);
    const healedX = row.healedAt === null ? null : (edges[row.healedAt] ?? edges.at(-1) ?? null);
    const isExposed = row.withoutDevice !== true;
    return { top, baseline, squares, healedX: isExposed ? healedX : null, isExposed };
  });
  const edges = first === undefined ? [] : place(first, 0).edges;
  return {
    width: frame.width,
    height: frame.head + blast.rows.length * rowHeight - frame.gap + frame.foot,
    left: frame.left,
    right: frame.right,
    rows,
    ticks: ticksOf(first, (index) => (bands(String(index)) ?? 0) + bands.bandwidth() / 2, size),
    stolenX: blast.stolenAt === null ? null : (edges[blast.stolenAt] ?? edges.at(-1) ?? null),
    perSquare,
    axisY: frame.head + blast.rows.length * rowHeight - frame.gap,
    size,
    band: frame.stack + (size === "wide" ? 28 : 22),
  };
}

function messagesOf(row: BlastRow): number {
  return row.groups.reduce((sum, group) => sum + group.readings.length, 0);
}

interface Place {
  readonly baseline: number;
  readonly frame: Frame;
  readonly perSquare: number;
  readonly start: (group: number) => number;
  readonly band: number;
}

/** Squares of one row, and for each message index the x at which a line before that message stands. */
function placeRow(row: BlastRow, place: Place): { squares: Square[]; edges: number[] } {
  const squares: Square[] = [];
  const edges: number[] = [];
  const most = Math.max(1, ...row.groups.map((g) => squaresOf(g.readings, place.perSquare).length));
  const { columns, size } = packSquares(most, place.band, place.frame.stack);
  const high = Math.ceil(most / columns);
  row.groups.forEach((group, index) => {
    const start = place.start(index) + (place.band - columns * size) / 2;
    squaresOf(group.readings, place.perSquare).forEach(([reading, messages], at) => {
      const column = Math.floor(at / high);
      const x = start + column * size;
      squares.push({
        x,
        y: place.baseline - ((at % high) + 1) * size,
        size,
        reading,
        messages,
      });
      // Only a line before the first square of a column is exact; inside a column it stands at its middle.
      const inside = at % high === 0 ? -1 : size / 2;
      for (let each = 0; each < messages; each++) edges.push(x + inside);
    });
  });
  const last = squares.at(-1);
  edges.push(last === undefined ? place.frame.right : last.x + last.size + 1);
  return { squares, edges };
}

/** Labels of the axis, thinned so that they never touch. */
function ticksOf(
  row: BlastRow | undefined,
  centre: (index: number) => number,
  size: "wide" | "narrow",
): { x: number; label: string }[] {
  if (row === undefined) return [];
  const room = size === "wide" ? 24 : 9;
  const step = Math.max(1, Math.ceil(row.groups.length / room));
  return row.groups.flatMap((group, index) =>
    index % step === 0 ? [{ x: centre(index), label: group.label }] : [],
  );
}
