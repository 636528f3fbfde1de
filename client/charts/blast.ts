/** What became of one message: sealed, opened with a stolen key, read as stored text, or read in the clear. */
export type Reading = "sealed" | "key" | "stored" | "plain";

/** One round or epoch of a row: its messages in the order in which they were sent. */
export interface BlastGroup {
  readonly label: string;
  readonly readings: readonly Reading[];
}

/** One run of the same story: what differs (name, note), and what was read. */
export interface BlastRow {
  readonly name: string;
  readonly note: string;
  readonly groups: readonly BlastGroup[];
  /** Message index (0-based over the row) before which the victim healed; null when nothing healed. */
  readonly healedAt: number | null;
  readonly healedBy: string | null;
  /** This row's adversary never had the device: nothing is exposed by its copy, and nothing heals. */
  readonly withoutDevice?: boolean;
}

export interface Blast {
  /** What one column of the picture is, in the singular: `epoch` or `round`. */
  readonly groupWord: string;
  readonly rows: readonly BlastRow[];
  /** Message index before which the device was copied; null when nothing was stolen. */
  readonly stolenAt: number | null;
  readonly stolenWord: string;
}

/** How many messages of a row were read at all, and by which way. */
export function countReadings(row: BlastRow): Readonly<Record<Reading | "read" | "all", number>> {
  const count = { sealed: 0, key: 0, stored: 0, plain: 0, read: 0, all: 0 };
  for (const group of row.groups) {
    for (const reading of group.readings) {
      count[reading] += 1;
      count.all += 1;
      if (reading !== "sealed") count.read += 1;
    }
  }
  return count;
}

/** A share as a whole percentage, never rounded to 0 or 100 unless it is exactly that. */
export function percent(hits: number, of: number): string {
  if (of === 0) return "–";
  if (hits === 0 || hits === of) return hits === 0 ? "0%" : "100%";
  return `${Math.min(99, Math.max(1, Math.round((100 * hits) / of)))}%`;
}

/** The whole picture in sentences: for people who do not see it, and for the test that reads it. */
export function blastInWords(blast: Blast): string {
  const sentences = blast.rows.map((row) => {
    const count = countReadings(row);
    const ways = [
      count.key > 0 ? `${count.key} with stolen keys` : "",
      count.stored > 0 ? `${count.stored} as stored text` : "",
      count.plain > 0 ? `${count.plain} in the clear` : "",
    ].filter((way) => way !== "");
    const how = ways.length === 0 ? "" : `, ${ways.join(" and ")}`;
    const healed = row.healedBy === null ? "" : ` Healed by ${row.healedBy}.`;
    return `${row.name} (${row.note}): ${count.read} of ${count.all} messages read, ${percent(count.read, count.all)}${how}.${healed}`;
  });
  const stolen =
    blast.stolenAt === null
      ? ""
      : ` The ${blast.stolenWord} comes before message ${blast.stolenAt + 1}.`;
  return `Each square is one message, in columns by ${blast.groupWord}.${stolen} ${sentences.join(" ")}`;
}
