import type { AccessEntry } from "./access-log.ts";

/** Two network addresses that were given the same mailboxes, and how many of them. */
export interface Contact {
  /** The two addresses, in the order of their texts. */
  readonly lines: readonly [string, string];
  readonly mailboxes: number;
}

/**
 * Who is in touch with whom, from an access log alone: a mailbox belongs to the members of one channel, so
 * addresses that open the same one are in the same channel. Whoever only relays frames sees this without a
 * key (LEAKLAB 5, scenario 01). Contacts come strongest first.
 */
export function contactsOf(log: readonly AccessEntry[]): readonly Contact[] {
  const visitors = new Map<string, Set<string>>();
  for (const { mailbox, line } of log) {
    if (mailbox === undefined || mailbox === "") continue;
    visitors.set(mailbox, (visitors.get(mailbox) ?? new Set()).add(line));
  }
  const contacts = new Map<string, Contact>();
  for (const lines of visitors.values()) {
    const sorted = [...lines].sort();
    for (const [at, first] of sorted.entries()) {
      for (const second of sorted.slice(at + 1)) {
        const key = `${first}\n${second}`;
        const mailboxes = (contacts.get(key)?.mailboxes ?? 0) + 1;
        contacts.set(key, { lines: [first, second], mailboxes });
      }
    }
  }
  return [...contacts.values()].sort(
    (a, b) => b.mailboxes - a.mailboxes || (a.lines.join() < b.lines.join() ? -1 : 1),
  );
}

/**
 * Which mailbox follows which, from an access log alone: the members of a channel leave one mailbox together
 * and open the next one together, so mailboxes with the same visitors follow each other in the order in which
 * they were first opened. Of two channels with the same members it makes one.
 */
export function successionsOf(log: readonly AccessEntry[]): { from: string; to: string }[] {
  const visits = new Map<string, { lines: Set<string>; firstMs: number }>();
  for (const { mailbox, line, atMs } of log) {
    if (mailbox === undefined || mailbox === "") continue;
    const known = visits.get(mailbox) ?? { lines: new Set(), firstMs: atMs };
    known.lines.add(line);
    known.firstMs = Math.min(known.firstMs, atMs);
    visits.set(mailbox, known);
  }
  const byVisitors = new Map<string, { mailbox: string; firstMs: number }[]>();
  for (const [mailbox, { lines, firstMs }] of visits) {
    const key = [...lines].sort().join("\n");
    byVisitors.set(key, [...(byVisitors.get(key) ?? []), { mailbox, firstMs }]);
  }
  return [...byVisitors.values()].flatMap((mailboxes) => {
    const ordered = mailboxes.sort(
      (a, b) => a.firstMs - b.firstMs || (a.mailbox < b.mailbox ? -1 : 1),
    );
    return ordered.slice(1).map(({ mailbox }, at) => {
      return { from: ordered[at]?.mailbox ?? "", to: mailbox };
    });
  });
}

/** With how many others each address shares a mailbox, most first. */
export function degreesOf(
  contacts: readonly Contact[],
): readonly { line: string; others: number }[] {
  const degrees = new Map<string, number>();
  for (const { lines } of contacts) {
    for (const line of lines) degrees.set(line, (degrees.get(line) ?? 0) + 1);
  }
  return [...degrees]
    .map(([line, others]) => ({ line, others }))
    .sort((a, b) => b.others - a.others || (a.line < b.line ? -1 : 1));
}
