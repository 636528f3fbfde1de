import { equalBytes, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import {
  type Change,
  type Delivery,
  describeStep,
  type Line,
  type Plan,
  type Step,
} from "./mls-plan.ts";
import { count, type Newcomer, type Seat, type Tally, topicType, type Wish } from "./mls-seat.ts";

/** Where the members of a life come from. */
export interface Casting {
  found(name: string): Promise<Seat>;
  /** `foreign` seats are on the oracle at this moment. */
  newcomer(name: string, foreign: number): Promise<Newcomer>;
  /** What an implementation cannot do is left out here, and counted. */
  adapt(change: Change, by: Seat, others: ReadonlyMap<string, Seat>): Change;
}

interface Held {
  readonly reader: string;
  readonly line: Line;
  readonly message: Uint8Array;
}

interface World {
  readonly casting: Casting;
  readonly tally: Tally;
  readonly seats: Map<string, Seat>;
  /** Removed members with everything they had: they must stay outside. */
  readonly ghosts: Map<string, Seat>;
  /** Messages of the current epoch that arrive after its end. */
  held: Held[];
  members: readonly string[];
}

/** Lives one plan to its end; throws at the first step that does not do what it must, naming the step. */
export async function live(plan: Plan, casting: Casting, tally: Tally): Promise<void> {
  const world: World = {
    casting,
    tally,
    seats: new Map([[plan.founder, await casting.found(plan.founder)]]),
    ghosts: new Map(),
    held: [],
    members: [plan.founder],
  };
  for (const [at, step] of plan.steps.entries()) {
    try {
      await take(world, step);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const words = `seed ${plan.seed}, step ${at} (${describeStep(step)}): ${why}`;
      throw new Error(words, { cause: error });
    }
  }
}

async function take(world: World, step: Step): Promise<void> {
  if (step.do === "commit") return commit(world, step.change, step.rival);
  if (step.do === "talk") return talk(world, step.lines, step.to);
  for (const name of step.who) {
    await seatOf(world, name).reload();
    count(world.tally, "states saved and read back");
  }
}

async function commit(world: World, asked: Change, rivalAsked: Change | null): Promise<void> {
  const { casting, tally } = world;
  const committer = seatOf(world, asked.by);
  const change = casting.adapt(asked, committer, world.seats);
  const newcomers: { name: string; newcomer: Newcomer }[] = [];
  let foreign = [...world.seats.values()].filter((seat) => seat.kind === "oracle").length;
  for (const name of change.add) {
    const newcomer = await casting.newcomer(name, foreign);
    if (newcomer.kind === "oracle") foreign++;
    newcomers.push({ name, newcomer });
  }
  const packages = newcomers.map(({ newcomer }) => newcomer.keyPackage);
  const made = await committer.commit(wishOf(committer, change, packages));
  if (rivalAsked !== null) {
    const rival = seatOf(world, rivalAsked.by);
    await rival.commit(wishOf(rival, casting.adapt(rivalAsked, rival, world.seats), []));
    count(tally, "commits that lost a race");
  }

  for (const [name, seat] of world.seats) {
    if (name === change.by || change.remove.includes(name)) continue;
    await attempt(`${name} (${seat.kind}) applies the commit`, () => seat.apply(made.message));
    count(tally, `commits applied, ${committer.kind} by ${seat.kind}`);
  }
  await committer.win();
  for (const name of change.remove) await expel(world, name, made.message);
  for (const { name, newcomer } of newcomers) {
    if (made.welcome === null) throw new Error("the commit adds and has no Welcome");
    const welcome = made.welcome;
    const seat = await attempt(`${name} joins`, () => newcomer.join(welcome));
    world.seats.set(name, seat);
    count(tally, `joins, ${seat.kind} by the Welcome of ${committer.kind}`);
  }
  countChange(tally, change);
  world.members = [...world.members.filter((name) => !change.remove.includes(name)), ...change.add];
  await converge(world);
  await hearLate(world);
}

function wishOf(by: Seat, change: Change, add: readonly Uint8Array[]): Wish {
  const leaves = new Map(by.members().map(({ leaf, identity }) => [identity, leaf]));
  return {
    add,
    remove: change.remove.map((name) => {
      const leaf = leaves.get(name);
      if (leaf === undefined) throw new Error(`${change.by} does not see ${name} in the group`);
      return leaf;
    }),
    extensions: change.topic === null ? null : [{ type: topicType, data: utf8(change.topic) }],
    newSignatureKey: change.newSignatureKey,
  };
}

function countChange(tally: Tally, change: Change): void {
  count(tally, "commits");
  count(tally, "adds", change.add.length);
  count(tally, "removes", change.remove.length);
  if (change.add.length > 0 && change.remove.length > 0)
    count(tally, "commits that add and remove");
  if (change.add.length + change.remove.length === 0) count(tally, "commits that only update");
  if (change.topic !== null) count(tally, "GroupContext changes");
  if (change.newSignatureKey) count(tally, "new signature keys");
}

/** A removed member tries the commit that removed it, and keeps everything for later tries. */
async function expel(world: World, name: string, message: Uint8Array): Promise<void> {
  const ghost = seatOf(world, name);
  world.seats.delete(name);
  if (ghost.kind === "ours") {
    await mustFail(`${name}, removed, follows the commit`, ghost, () => ghost.apply(message));
    world.ghosts.set(name, ghost);
    count(world.tally, "removed members kept outside");
  }
}

/** Everybody stands in the same epoch: authenticator, exporter, and who sits where. */
async function converge(world: World): Promise<void> {
  const seats = [...world.seats];
  const [, first] = seats[0] as [string, Seat];
  const authenticator = await first.authenticator();
  const exported = await first.exported();
  const roster = JSON.stringify(first.members());
  const names = first.members().map(({ identity }) => identity);
  if ([...names].sort().join() !== [...world.members].sort().join()) {
    throw new Error(`the tree seats ${names} and should seat ${world.members}`);
  }
  for (const [name, seat] of seats) {
    if (!equalBytes(await seat.authenticator(), authenticator)) {
      throw new Error(`${name} (${seat.kind}) has another epoch authenticator`);
    }
    if (!equalBytes(await seat.exported(), exported)) {
      throw new Error(`${name} (${seat.kind}) exports another secret`);
    }
    if (JSON.stringify(seat.members()) !== roster) {
      throw new Error(
        `${name} (${seat.kind}) sees ${JSON.stringify(seat.members())}, not ${roster}`,
      );
    }
    count(world.tally, "authenticators compared");
  }
  count(world.tally, `epochs of ${seats.length > 4 ? "5 or more" : "1 to 4"} members`);
}

async function talk(
  world: World,
  lines: readonly Line[],
  deliveries: readonly Delivery[],
): Promise<void> {
  const messages: Uint8Array[] = [];
  for (const line of lines) messages.push(await seatOf(world, line.by).protect(line.text));
  count(world.tally, "messages", lines.length);
  for (const { reader, order, late } of deliveries) {
    const seat = seatOf(world, reader);
    const seen = new Set<number>();
    for (const at of order) {
      const message = messages[at] as Uint8Array;
      if (seen.has(at)) {
        await mustFail(`${reader} reads line ${at} twice`, seat, () => seat.unprotect(message));
        count(world.tally, "replays refused");
      } else {
        await hear(world, { reader, line: lines[at] as Line, message }, "unprotect");
      }
      seen.add(at);
    }
    for (const at of late) {
      world.held.push({ reader, line: lines[at] as Line, message: messages[at] as Uint8Array });
    }
    count(world.tally, "messages lost", messages.length - seen.size - late.length);
  }
  await haunt(world, messages);
}

/** What was held back arrives after the epoch has ended. */
async function hearLate(world: World): Promise<void> {
  const held = world.held;
  world.held = [];
  for (const one of held) if (world.seats.has(one.reader)) await hear(world, one, "unprotectLate");
}

async function hear(
  world: World,
  { reader, line, message }: Held,
  how: "unprotect" | "unprotectLate",
) {
  const seat = seatOf(world, reader);
  const what = `${reader} (${seat.kind}) ${how}s a message of ${line.by}`;
  const heard = await attempt(what, () => seat[how](message));
  if (heard.text !== line.text) throw new Error(`${what}, and it says ${heard.text}`);
  const author = seat.members().find(({ leaf }) => leaf === heard.sender)?.identity;
  // In a late message's epoch the leaf may have had another tenant, so only the text is compared.
  if (how === "unprotect" && heard.sender !== null && author !== line.by) {
    throw new Error(`${what}, and takes ${author} for its author`);
  }
  count(world.tally, how === "unprotect" ? `messages read, ${seat.kind}` : "late messages read");
}

/** No removed member reads anything that is said after the removal. */
async function haunt(world: World, messages: readonly Uint8Array[]): Promise<void> {
  for (const [name, ghost] of world.ghosts) {
    for (const message of messages) {
      await mustFail(`${name}, removed, reads on`, ghost, () => ghost.unprotect(message));
    }
    count(world.tally, "messages refused to removed members", messages.length);
  }
}

function seatOf(world: World, name: string): Seat {
  const seat = world.seats.get(name);
  if (seat === undefined) throw new Error(`nobody is called ${name}`);
  return seat;
}

async function attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** A refusal must be a named one: an error of ours that is not a Failure is a defect as well. */
async function mustFail(what: string, seat: Seat, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (seat.kind === "oracle") return;
    if (error instanceof Failure && error.code !== "internal") return;
    throw new Error(`${what}, and fails without a name: ${error}`, { cause: error });
  }
  throw new Error(`${what}, and should not`);
}
