import { type Dice, dice } from "#test/dice.ts";

/**
 * A life of a group as a plain list, made from a seed alone: who does what, by name. The planner follows
 * the membership, so that every step can be carried out; it knows nothing of MLS or of an implementation.
 */
export interface Change {
  readonly by: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Content of the application's GroupContext extension from now on; null leaves it. */
  readonly topic: string | null;
  readonly newSignatureKey: boolean;
}

/** One line said, and how the network treats it for each reader. */
export interface Line {
  readonly by: string;
  readonly text: string;
}

/** What one reader gets: positions in the talk's lines, in this order, some twice, some never. */
export interface Delivery {
  readonly reader: string;
  readonly order: readonly number[];
  /** Positions held back until the epoch has ended, to be read from the past. */
  readonly late: readonly number[];
}

export type Step =
  | { readonly do: "commit"; readonly change: Change; readonly rival: Change | null }
  | { readonly do: "talk"; readonly lines: readonly Line[]; readonly to: readonly Delivery[] }
  | { readonly do: "reload"; readonly who: readonly string[] };

export interface Plan {
  readonly seed: number;
  readonly founder: string;
  readonly steps: readonly Step[];
}

export interface Bounds {
  readonly steps: number;
  /** The group's size stays between 1 and this. */
  readonly members: number;
}

/** The life of one seed. */
export function planLife(seed: number, bounds: Bounds): Plan {
  const d = dice(seed);
  const founder = "m0";
  // Small groups meet odd trees more often; large ones reach the deep paths.
  const size = 2 + d.below(bounds.members - 1);
  let members = [founder];
  let born = 1;
  const steps: Step[] = [];
  while (steps.length < bounds.steps) {
    const kind = members.length === 1 ? 0 : d.below(20);
    if (kind < 10) {
      const change = planChange(d, members, size, () => `m${born++}`);
      const rival = members.length > 1 && d.chance(0.15) ? planRival(d, members, change.by) : null;
      steps.push({ do: "commit", change, rival });
      members = [...members.filter((name) => !change.remove.includes(name)), ...change.add];
    } else if (kind < 16) {
      steps.push(planTalk(d, members, steps.length));
    } else {
      steps.push({ do: "reload", who: d.some(members, 1 + d.below(members.length)) });
    }
  }
  return { seed, founder, steps };
}

function planChange(d: Dice, members: readonly string[], size: number, name: () => string): Change {
  const by = d.pick(members);
  const others = members.filter((member) => member !== by);
  const small = members.length < (size + 1) / 2;
  const kind = members.length === 1 ? 0 : d.below(8);
  const mixed = kind === 3 || kind === 4;
  // Small groups tend to grow and full ones to shrink; the mixed commits do both at once.
  const removing = mixed || (kind === 1 && !small) || kind === 2 || members.length >= size;
  const remove = removing ? d.some(others, 1 + d.below(mixed || !small ? 2 : 1)) : [];
  const room = size - (members.length - remove.length);
  const adding = kind === 0 || kind === 7 || mixed || (small && kind === 1);
  const add = adding ? Array.from({ length: Math.min(room, 1 + d.below(3)) }, name) : [];
  return {
    by,
    add,
    remove,
    topic: kind === 5 || d.chance(0.1) ? `topic ${d.word()}` : null,
    newSignatureKey: kind === 6 || d.chance(0.1),
  };
}

/** A commit that comes second in the log and is lost: a bare update, or a removal. */
function planRival(d: Dice, members: readonly string[], winner: string): Change {
  const by = d.pick(members.filter((member) => member !== winner));
  const others = members.filter((member) => member !== by);
  return {
    by,
    add: [],
    remove: d.chance(0.3) ? [d.pick(others)] : [],
    topic: null,
    newSignatureKey: d.chance(0.3),
  };
}

function planTalk(d: Dice, members: readonly string[], step: number): Step {
  const lines = Array.from({ length: 1 + d.below(5) }, (_, at) => ({
    by: d.pick(members),
    text: `${step}.${at} ${"la ".repeat(d.below(40))}`,
  }));
  const to = members.map((reader) => {
    const heard = lines.flatMap((line, at) => (line.by === reader ? [] : [at]));
    const arriving = heard.filter(() => !d.chance(0.15));
    const late = arriving.filter(() => d.chance(0.2));
    const timely = arriving.filter((at) => !late.includes(at));
    const order = d.chance(0.5) ? d.some(timely, timely.length) : timely;
    const doubled = order.filter(() => d.chance(0.1));
    return { reader, order: [...order, ...doubled], late };
  });
  return { do: "talk", lines, to };
}

/** A step in a few words, for the report of a failure. */
export function describeStep(step: Step): string {
  if (step.do === "commit") {
    const { by, add, remove, topic, newSignatureKey } = step.change;
    return [
      `commit by ${by}`,
      add.length > 0 && `add ${add}`,
      remove.length > 0 && `remove ${remove}`,
      topic !== null && "new topic",
      newSignatureKey && "new signature key",
      step.rival !== null && `against ${step.rival.by}`,
    ]
      .filter(Boolean)
      .join(", ");
  }
  if (step.do === "talk") return `talk of ${step.lines.length} lines`;
  return `reload of ${step.who}`;
}
