/** One row of a roll table: what two ten-sided dice show, and what then happens. */
export interface Roll {
  /** 1 to 100, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly outcome: string;
  /** In how many of the measured worlds it was so. */
  readonly count: number;
}

const rowsMax = 6;

/**
 * Measured outcomes as a table for a hundred-sided roll: each row is as wide as its share of the measured
 * worlds. Up to six outcomes stand alone; more are put together by neighbours, in groups of equal size.
 */
export function rollsOf(
  outcomes: readonly (number | null)[],
  text: (value: number | null) => string,
): Roll[] {
  const groups = groupsOf(outcomes);
  let sum = 0;
  return groups.flatMap((group) => {
    const from = 1 + edge(sum, outcomes.length);
    sum += group.length;
    const to = edge(sum, outcomes.length);
    const [first, last] = [text(group[0] ?? null), text(group.at(-1) ?? null)];
    const outcome = first === last ? first : `${first} to ${last}`;
    return to < from ? [] : [{ from, to, outcome, count: group.length }];
  });
}

function edge(sum: number, of: number): number {
  return Math.round((100 * sum) / of);
}

function groupsOf(outcomes: readonly (number | null)[]): (number | null)[][] {
  // What was not reached is farther than any number.
  const place = (value: number | null) => value ?? Number.POSITIVE_INFINITY;
  const sorted = [...outcomes].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
  const alone = new Map<number | null, (number | null)[]>();
  for (const value of sorted) alone.set(value, [...(alone.get(value) ?? []), value]);
  if (alone.size <= rowsMax) return [...alone.values()];
  const numbers = sorted.filter((value) => value !== null);
  const none = sorted.filter((value) => value === null);
  const rows = none.length > 0 ? rowsMax - 1 : rowsMax;
  const groups = Array.from({ length: rows }, (_, row) =>
    numbers.slice(
      Math.round((row * numbers.length) / rows),
      Math.round(((row + 1) * numbers.length) / rows),
    ),
  );
  return [...groups, none].filter((group) => group.length > 0);
}
