import type { Client, Invitation } from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";
import { type Caller, type Session, unlessAborted } from "./caller.ts";
import type { RequestOf } from "./request.ts";
import { chooseChannel, useChannel } from "./settings.ts";
import { noticeLine } from "./translate.ts";

/** Gives out a code and waits until the newcomer is in, telling meanwhile who has to do what. */
export async function invite(
  session: Session,
  request: RequestOf<"invite">,
  caller: Caller,
): Promise<void> {
  const { client } = session;
  const channel = await chooseChannel(session, request.channel);
  const { label, personOf, despite, expiresMs } = request;
  const invitation = await client.invite({
    ...{ channel, label, despite, expiresMs },
    ...(personOf === null ? {} : { personOf }),
  });
  const wish = { channel, invitation, motion: invitation.id, isSecond: false };
  await followInvitation(client, wish, caller);
}

/** Shows a code and what becomes of it. Failures: those of the invitation, `interrupted` after it was withdrawn. */
export async function followInvitation(
  client: Client,
  wish: {
    readonly channel: string;
    readonly invitation: Invitation;
    /** Id of the motion to admit the newcomer. */
    readonly motion: string;
    readonly isSecond: boolean;
  },
  { emit, signal }: Caller,
): Promise<void> {
  const { channel, invitation, motion, isSecond } = wish;
  const { label, code } = invitation;
  // Whatever happens below, somebody has to hear of its end.
  invitation.done.catch(() => {});
  const { relay, check } = client.status(channel);
  const expiresAt = new Date(invitation.expiresAt).toISOString();
  const needed = neededOf(client, channel);
  const second = isSecond;
  emit({ type: "invite", channel, label, code, relay, expiresAt, needed, check, second });
  const stop = client.subscribe((notice) => {
    if (notice.type !== "motion" || notice.id !== motion) return;
    const line = noticeLine(client, notice, channel);
    if (line !== null) emit(line);
  });
  try {
    const { epoch } = await unlessAborted(invitation.done, signal);
    const sponsors = client.who(channel).find((seat) => seat.label === label)?.admittedBy ?? [];
    const admittedBy = sponsors.map((sponsor) => sponsor.label);
    emit({ type: "joined", channel, label, epoch, admittedBy, sponsors });
  } catch (error) {
    if (signal.aborted) await invitation.cancel();
    throw error;
  } finally {
    stop();
  }
}

/** Persons who must agree to an admission now. */
function neededOf(client: Client, channel: string): number {
  const persons = new Set(client.who(channel).map(({ person }) => person));
  return Math.min(client.status(channel).approvals, persons.size);
}

/**
 * Joins, or goes on with a join. Where a sponsor checks by voice, the words to read aloud are shown and
 * the person is asked for the sponsor's; where nobody can be asked the join stops with Failure `pending`
 * until a `resume` brings them.
 */
export async function join(
  session: Session,
  request: RequestOf<"join" | "resume">,
  caller: Caller,
): Promise<void> {
  const { client, store } = session;
  const { emit, signal } = caller;
  const talk = askInJoin(caller);
  try {
    const joined = await unlessAborted(client.join(joinWish(client, request, talk.ask)), signal);
    await useChannel(store, joined.channel);
    const { channel, label, epoch, admittedBy: sponsors } = joined;
    const admittedBy = sponsors.map((sponsor) => sponsor.label);
    emit({ type: "joined", channel, label, epoch, admittedBy, sponsors });
  } catch (error) {
    // Whoever hangs up at the question has not been refused: the join goes on by `join --words`.
    throw talk.interrupted() ?? error;
  } finally {
    talk.end();
  }
}

type Ask = NonNullable<Parameters<Client["join"]>[0]["ask"]>;

function joinWish(
  client: Client,
  request: RequestOf<"join" | "resume">,
  ask: Ask,
): Parameters<Client["join"]>[0] {
  if (request.verb === "resume") {
    const { words } = request;
    return { resume: true, ask, ...(words === null ? {} : { words }) };
  }
  const { code, second, sponsors, archives, relay } = request;
  const name = request.name ?? freeName(client.channels().map((view) => view.name));
  return { code, relay, name, sponsors, archives, ask, ...(second === null ? {} : { second }) };
}

/** The newcomer's side of a check by voice; `end` takes an open question back. */
function askInJoin(caller: Caller) {
  const over = new AbortController();
  let interruption: Failure | null = null;
  const ask: Ask = async ({ by, say }) => {
    const next = 'backchannel join --words "WORD WORD WORD"';
    caller.emit({ type: "check", channel: null, id: null, label: by, say, next });
    if (caller.ask === undefined) {
      throw new Failure("pending", `the words that ${by} reads aloud are still to be typed`);
    }
    try {
      return await caller.ask(by, over.signal);
    } catch (error) {
      if (error instanceof Failure && !over.signal.aborted) interruption = error;
      throw error;
    }
  };
  return { ask, interrupted: () => interruption, end: () => over.abort() };
}

/** The newcomer learns no name from the others: it is local, and stays so. */
function freeName(taken: readonly string[]): string {
  let name = "channel";
  for (let number = 2; taken.includes(name); number++) name = `channel-${number}`;
  return name;
}
