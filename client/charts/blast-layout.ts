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

/** How a column of the picture is filled: so many squares side by side and one over the other. */
interface Packing {
  readonly columns: number;
  readonly high: number;
  readonly size: number;
}

/**
 * The arrangement for groups of so many squares between the lines that cut them: a line never stands over
 * squares, so each part begins a column. Of the arrangements whose squares are nearly as large as the largest
 * possible, the one with the fewest empty places.
 */
function packSquares(
  groups: readonly (readonly number[])[],
  width: number,
  stack: number,
): Packing {
  const sums = groups.map((parts) => parts.reduce((sum, part) => sum + part, 0));
  const most = Math.max(1, ...sums);
  const tries = Array.from({ length: most }, (_, index) => {
    const high = index + 1;
    const needed = groups.map((parts) => parts.reduce((n, part) => n + Math.ceil(part / high), 0));
    const columns = Math.max(1, ...needed);
    const size = Math.min(width / columns, stack / high, 26);
    return { columns, high, size, empty: columns * high - most };
  });
  const largest = Math.max(...tries.map((one) => one.size));
  const good = tries.filter((one) => one.size >= 0.75 * largest);
  return good.reduce((best, one) =>
    one.empty < best.empty || (one.empty === best.empty && one.size > best.size) ? one : best,
  );
}

/** A row's groups as squares, each group cut where a line stands. */
function partsOf(
  row: BlastRow,
  stolenAt: number | null,
  perSquare: number,
): [Reading, number][][][] {
  let first = 0;
  return row.groups.map(({ readings }) => {
    const from = first;
    first += readings.length;
    const cuts = [stolenAt, row.healedAt]
      .filter((at) => at !== null)
      .map((at) => at - from)
      .filter((at) => at > 0 && at < readings.length)
      .sort((a, b) => a - b);
    const edges = [0, ...cuts, readings.length];
    return edges
      .slice(1)
      .map((end, index) => squaresOf(readings.slice(edges[index], end), perSquare));
  });
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
  const cut = (row: BlastRow) => partsOf(row, blast.stolenAt, perSquare);
  // One packing for all rows, so that a line stands at the same place in each.
  const lengths = blast.rows.flatMap((row) => {
    return cut(row).map((parts) => parts.map((part) => part.length));
  });
  const packing = packSquares(lengths, bands.bandwidth(), frame.stack);
  const indent = (bands.bandwidth() - packing.columns * packing.size) / 2;
  const place = (row: BlastRow, baseline: number) =>
    placeRow(cut(row), {
      baseline,
      packing,
      right: frame.right,
      start: (index) => (bands(String(index)) ?? 0) + indent,
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
  readonly packing: Packing;
  readonly right: number;
  readonly start: (group: number) => number;
}

/** Squares of one row, and for each message index the x at which a line before that message stands. */
function placeRow(
  groups: readonly [Reading, number][][][],
  place: Place,
): { squares: Square[]; edges: number[] } {
  const { high, size } = place.packing;
  const squares: Square[] = [];
  const edges: number[] = [];
  groups.forEach((parts, index) => {
    let column = 0;
    for (const part of parts) {
      part.forEach(([reading, messages], at) => {
        const x = place.start(index) + (column + Math.floor(at / high)) * size;
        const y = place.baseline - ((at % high) + 1) * size;
        squares.push({ x, y, size, reading, messages });
        // Lines stand only where a part begins; between groups there is room for them.
        const room = at % high > 0 ? -size / 2 : column === 0 && at === 0 ? 5 : 1;
        for (let each = 0; each < messages; each++) edges.push(x - room);
      });
      column += Math.ceil(part.length / high);
    }
  });
  const last = squares.at(-1);
  edges.push(last === undefined ? place.right : last.x + last.size + 1);
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
