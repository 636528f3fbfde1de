/** One number of a report, as it was and as it came out again. */
export interface ReplayedNumber {
  /** Whose it is: empty for a run's baseline, else its change of the defences; in an exercise the team before it. */
  readonly run: string;
  readonly name: string;
  readonly recorded: string | number | null;
  readonly replayed: string | number | null;
  readonly same: boolean;
  /** Speeds depend on the machine and need not come out again. */
  readonly isSpeed: boolean;
}

export type Plain = string | number | null;

/** One number that was compared. */
export function compared(
  run: string,
  name: string,
  recorded: Plain,
  replayed: Plain,
  isSpeed = false,
): ReplayedNumber {
  return { run, name, recorded, replayed, same: recorded === replayed, isSpeed };
}

/**
 * Compares two values leaf by leaf: one line for the whole where all agree, else a line for each leaf that
 * does not, named by its path.
 */
export function comparedWhole(
  run: string,
  name: string,
  recorded: unknown,
  replayed: unknown,
  isSpeed = false,
): ReplayedNumber[] {
  const was = leavesOf(recorded);
  const is = leavesOf(replayed);
  const paths = [...new Set([...was.keys(), ...is.keys()])];
  const faults = paths.filter((path) => was.get(path) !== is.get(path));
  if (faults.length === 0) {
    const words = `${was.size} values`;
    return [compared(run, name, words, words, isSpeed)];
  }
  return faults.map((path) => ({
    ...{ run, name: `${name}${path}`, same: false, isSpeed },
    recorded: was.get(path) ?? null,
    replayed: is.get(path) ?? null,
  }));
}

function leavesOf(value: unknown): Map<string, Plain> {
  const leaves = new Map<string, Plain>();
  const walk = (each: unknown, path: string): void => {
    if (typeof each === "object" && each !== null) {
      const entries = Object.entries(each);
      // An empty list is a value too: it differs from one that is missing.
      if (entries.length === 0) leaves.set(path, Array.isArray(each) ? "[]" : "{}");
      for (const [key, inner] of entries) walk(inner, `${path}.${key}`);
    } else if (typeof each === "boolean") leaves.set(path, String(each));
    else if (typeof each === "number" || typeof each === "string" || each === null) {
      leaves.set(path, each);
    }
  };
  walk(value, "");
  return leaves;
}
