import type { Life, Person } from "../life.ts";
import { channel, present } from "../life.ts";
import type { Violation } from "./violation.ts";

/**
 * No silent loss: whoever has stayed has every text that an author who has stayed has said since, once
 * and in the author's order, or was told of a gap or an alarm. Where the reader's group has gone on without
 * the author, it is the author who must have been told.
 */
export function silentLoss(life: Life): Violation[] {
  const stayed = present(life);
  return stayed.flatMap((reader) =>
    stayed.flatMap((author) => {
      const wrong = compare(life, reader, author);
      if (wrong === null) return [];
      const detail = `${reader.label} has ${wrong} of ${author.label}`;
      return [{ checker: "silent loss", detail }];
    }),
  );
}

function compare(life: Life, reader: Person, author: Person): string | null {
  // Own words that wait for the relay longer than the timer are forgotten before anybody could look.
  if (reader === author && life.timerMs !== null) return null;
  const since = Math.max(reader.since, author.since);
  const wanted = life.said
    .slice(since)
    .filter(({ by, isRefused }) => by === author.label && !isRefused)
    .map(({ text }) => text);
  const had = reader.device.seen.filter((text) => wanted.includes(text));
  if (new Set(had).size < had.length) return "a text twice";
  const order = wanted.filter((text) => had.includes(text));
  const wasTold = isWarned(reader) || (!isSeated(reader, author) && isWarned(author));
  if (had.length < wanted.length && !wasTold) return `${wanted.length - had.length} texts less`;
  const isInOrder = had.every((text, at) => text === order[at]);
  return isInOrder || wasTold ? null : "the texts in another order";
}

/** Whether the reader's group has this author. */
function isSeated({ device }: Person, { label }: Person): boolean {
  return device.client.who(channel).some((member) => member.label === label);
}

/** Whether this person was told that something is missing, moved or shown differently. */
export function isWarned({ device }: Person): boolean {
  return device.notices.some(({ type }) => type === "gap" || type === "alarm");
}
