import { byMailbox, type SeizedDatabase } from "./relay-database.ts";

/** SQLite's default page, and the relay's. */
const pageBytes = 4096;

interface Span {
  readonly mailbox: string;
  /** Pages of the file where the mailbox's first and last frames lie. */
  readonly first: number;
  readonly last: number;
  readonly firstHour: number;
  readonly lastHour: number;
}

/**
 * Guesses which mailbox follows which. The tables keep no order across mailboxes and no time but the
 * hour; yet SQLite takes new pages from the end of the file, so where a frame lies tells roughly when it
 * came. A mailbox that begins where another ends is taken for its successor.
 */
export function guessSuccessions(database: SeizedDatabase): { from: string; to: string }[] {
  const spans = spansOf(database);
  const gaps: { from: Span; to: Span; gap: number }[] = [];
  for (const from of spans) {
    for (const to of spans) {
      if (from === to || to.firstHour < from.lastHour || to.last <= from.last) continue;
      // The end matters most: an epoch's last frame, its commit, comes just before the next one's first.
      gaps.push({ from, to, gap: Math.abs(to.first - from.last) });
    }
  }
  gaps.sort(
    (a, b) =>
      a.gap - b.gap || (a.from.mailbox + a.to.mailbox < b.from.mailbox + b.to.mailbox ? -1 : 1),
  );
  const followed = new Set<string>();
  const following = new Set<string>();
  const edges: { from: string; to: string }[] = [];
  for (const { from, to } of gaps) {
    if (followed.has(from.mailbox) || following.has(to.mailbox)) continue;
    followed.add(from.mailbox);
    following.add(to.mailbox);
    edges.push({ from: from.mailbox, to: to.mailbox });
  }
  return edges;
}

function spansOf(database: SeizedDatabase): Span[] {
  const file = [...database.files].find(([path]) => path.endsWith(".sqlite"))?.[1];
  if (file === undefined) return [];
  const haystack = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  return [...byMailbox(database.frames)].map(([mailbox, frames]) => {
    // A frame's beginning is unique: it holds a random nonce.
    const pages = frames
      .map((frame) => haystack.indexOf(frame.bytes.subarray(0, 32)))
      .filter((at) => at >= 0)
      .map((at) => Math.floor(at / pageBytes));
    const hours = frames.map((frame) => frame.expires);
    return {
      mailbox,
      first: Math.min(...pages),
      last: Math.max(...pages),
      firstHour: Math.min(...hours),
      lastHour: Math.max(...hours),
    };
  });
}
