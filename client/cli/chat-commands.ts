import { Failure } from "#shared/failure.ts";
import { compareAlarms } from "./alarms.ts";
import type { Session } from "./caller.ts";
import { parseMotionId } from "./door-verbs.ts";
import { parseDurationOrOff } from "./duration.ts";
import type { Line } from "./lines.ts";
import { type MotionRequest, runMotionVerb } from "./motion-verbs.ts";
import { oneLine, type Paint } from "./paint.ts";
import { parseSpoken } from "./spoken.ts";
import { memberLine } from "./translate.ts";
import { provenanceWords, showLine } from "./view.ts";

const help = `/who      the members, and who admitted them
/pending  what waits for another person
/approve  ID: agree, or check a newcomer by voice; ID WORD WORD WORD: what they read to you
/deny     ID: say no
/remove   LABEL: take a seat away, together with another member
/freeze   stop everybody from sending, for an hour at most; /lift ends it
/rotate   renew your own keys
/timer    24h or off: forget messages so long after they were read
/compared the words at the top were compared by voice and agree
/quit     end; the channel stays. PgUp and PgDn go back and forth.`;

/** The conversation in which a command was typed. */
export interface Conversation {
  readonly session: Session;
  readonly channel: string;
  readonly signal: AbortSignal;
  readonly paint: Paint;
  note(text: string): void;
}

/** Carries out what was typed after a slash. Failures are those of the verb of the same name. */
export async function runCommand(text: string, conversation: Conversation): Promise<void> {
  const { session, channel, note } = conversation;
  const { client } = session;
  const [verb = "", ...rest] = text.trim().split(/\s+/);
  switch (verb) {
    case "/who":
      for (const member of client.who(channel).map((each) => memberLine(channel, each))) {
        note(`${oneLine(member.label)}${member.self ? " (you)" : ""}: ${provenanceWords(member)}`);
      }
      return;
    case "/rotate":
      await client.rotate({ channel });
      return;
    case "/timer":
      await client.setTimer({ channel, timerMs: parseDurationOrOff(rest[0] ?? "") });
      return;
    case "/compared":
      await compareAlarms(session, channel);
      return note("Noted: the words were compared by voice and agree.");
    default: {
      const request = motionRequest(verb, rest);
      if (request === null) return note(help);
      return await decide(request, conversation);
    }
  }
}

function motionRequest(verb: string, rest: readonly string[]): MotionRequest | null {
  const [id = "", ...words] = rest;
  switch (verb) {
    case "/pending":
      return { verb: "pending" };
    case "/approve":
      return {
        verb: "approve",
        id: parseMotionId(id),
        words: words.length === 0 ? null : parseSpoken(words.join(" ")),
        despite: false,
        codeMs: null,
      };
    case "/deny":
      return { verb: "deny", id: parseMotionId(id) };
    case "/remove":
      return { verb: "remove", label: rest.join(" ") };
    case "/freeze":
      return { verb: "freeze", on: true };
    case "/lift":
      return { verb: "freeze", on: false };
    default:
      return null;
  }
}

/** A command as one types it here. */
export function asTyped(text: string): string {
  return text.replaceAll("backchannel approve", "/approve");
}

/** As the verb does it; what it prints becomes notes, and a stop for words says how to go on here. */
async function decide(
  request: MotionRequest,
  { session, channel, signal, paint, note }: Conversation,
): Promise<void> {
  let isAsked = false;
  const emit = (line: Line): void => {
    const { data, talk } = showLine(line, paint);
    note(asTyped(talk ?? data ?? ""));
    if (line.type === "check") {
      isAsked = true;
      note(`Then: /approve ${line.id?.slice(0, 4)} and the three words that they read to you`);
    }
  };
  try {
    await runMotionVerb(session.client, { ...request, channel }, { emit, signal });
  } catch (error) {
    if (!(isAsked && error instanceof Failure && error.code === "pending")) throw error;
  }
}
