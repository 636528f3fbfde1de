/** What a life really contained; a run adds them up, so that it can be seen what it has tried. */
const names = [
  "texts",
  "frames",
  "drops",
  "delays",
  "duplicates",
  "reorders",
  "replays",
  "injections",
  "withholdings",
  "forks",
  "cuts",
  "crashes",
  "relay losses",
  "commits",
  "commit races",
  "admissions tried",
  "admissions granted",
  "admissions refused",
  "removals",
  "leaves",
  "freezes",
  "rotations",
  "alarms",
] as const;

export type Count = (typeof names)[number];
export type Counts = Record<Count, number>;

export function noCounts(): Counts {
  return Object.fromEntries(names.map((name) => [name, 0])) as Counts;
}

export function addCounts(sum: Counts, more: Counts): Counts {
  return Object.fromEntries(names.map((name) => [name, sum[name] + more[name]])) as Counts;
}

export function showCounts(counts: Counts): string {
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${counts[name]}`).join("\n");
}
