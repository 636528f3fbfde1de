/** One row of a roll table: what two ten-sided dice show, and what then happens. */
export interface Roll {
  /** 1 to 100, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly outcome: string;
  /** In how many of the measured worlds it was so. */
  readonly count: number;
}

const rowsMax = 5;

/**
 * Measured outcomes as a table for a hundred-sided roll: each row is as wide as its share of the measured
 * worlds. Up to five outcomes stand alone; more are put together by neighbours, in groups of about equal size.
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
  const alike = new Map<number | null, (number | null)[]>();
  for (const value of sorted) alike.set(value, [...(alike.get(value) ?? []), value]);
  if (alike.size <= rowsMax) return [...alike.values()];
  const none = alike.get(null) ?? [];
  const rows = none.length > 0 ? rowsMax - 1 : rowsMax;
  const least = (sorted.length - none.length) / rows;
  const groups: (number | null)[][] = [];
  // Equal outcomes stay together, so groups are only about equal.
  for (const [value, same] of alike) {
    const last = groups.at(-1);
    if (value === null || last === undefined || last.length >= least) groups.push([...same]);
    else last.push(...same);
  }
  return groups;
}
