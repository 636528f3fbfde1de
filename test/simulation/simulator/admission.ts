import type { Device } from "./device.ts";
import { address, calmDown, channel, type Life, note, type Person, pursue, until } from "./life.ts";

/** What goes differently than it should. */
const twists = [
  "none",
  "none",
  "none",
  "wrong word at the sponsor",
  "wrong word at the newcomer",
  "denied",
  "first crashes",
  "second crashes",
  "newcomer crashes",
] as const;
type Twist = (typeof twists)[number];

const wrong = ["aardvark", "acorn", "acrobat"];

interface Joining {
  outcome: "under way" | "in" | "failed";
  said: readonly string[] | null;
  answer: ((words: readonly string[]) => void) | null;
}

/** The newcomer's side: reads its words aloud and waits for the sponsor's. */
function startJoin(joining: Joining, device: Device, code: string | null, sponsors: 1 | 2): void {
  const ask = ({ say }: { readonly say: readonly string[] }) => {
    joining.said = say;
    return new Promise<readonly string[]>((resolve) => {
      joining.answer = resolve;
    });
  };
  const options =
    code === null
      ? ({ resume: true, ask } as const)
      : { code, relay: address, name: channel, sponsors, ask };
  device.client.join(options).then(
    () => {
      joining.outcome = "in";
    },
    () => {
      if (joining.outcome === "under way") joining.outcome = "failed";
    },
  );
}

/** The founder lets in the second person alone: nobody else is there to ask. */
export async function admitAlone(life: Life, first: Person): Promise<void> {
  await admit(life, first, null, "none");
}

/** Two people let in a third, with whatever the dice make go wrong. */
export async function admitByTwo(life: Life, first: Person, second: Person): Promise<void> {
  await admit(life, first, second, life.dice.pick(twists));
}

async function admit(
  life: Life,
  first: Person,
  second: Person | null,
  twist: Twist,
): Promise<void> {
  const label = `P${life.nextLabel++}`;
  life.counts["admissions tried"]++;
  note(life, `${first.label} and ${second?.label ?? "nobody"} admit ${label}: ${twist}`);
  const since = life.said.length;
  const invited = await pursue(
    life,
    first.device.client.invite({ channel, label, expiresMs: 600_000 }),
  );
  if (invited === null || "failure" in invited) {
    life.counts["admissions refused"]++;
    return;
  }
  const invitation = invited.value;
  invitation.done.catch(() => {});
  life.deeds.push({ op: "admit", label, by: first.label });
  const device = await life.device(label);
  const person: Person = { device, label, since, standing: "in" };
  life.people.push(person);
  const joining: Joining = { outcome: "under way", said: null, answer: null };
  startJoin(joining, device, invitation.code, 2);
  const isIn =
    second === null
      ? await until(life, () => joining.outcome !== "under way")
      : await vouch(life, { first, second, id: invitation.id, label, twist, joining, device });
  if (isIn && joining.outcome === "in") {
    life.counts["admissions granted"]++;
    note(life, `${label} is in`);
    return;
  }
  life.counts["admissions refused"]++;
  note(life, `${label} is not in`);
  await first.device.client.deny({ channel, id: invitation.id }).catch(() => {});
  await abandon(life, person);
}

/** The newcomer throws its device away; should a commit have let it in, it is a seat that stays silent. */
async function abandon(life: Life, person: Person): Promise<void> {
  person.standing = "gone";
  person.device.path.isUp = false;
  person.device.path.cut();
  await person.device.client.close();
  life.people.splice(life.people.indexOf(person), 1);
}

async function vouch(
  life: Life,
  parts: {
    readonly first: Person;
    readonly second: Person;
    readonly id: string;
    readonly label: string;
    readonly twist: Twist;
    readonly joining: Joining;
    readonly device: Device;
  },
): Promise<boolean> {
  const { first, second, id, label, twist, joining, device } = parts;
  const isPending = (person: Person) =>
    person.device.client.pending(channel).some((one) => one.id === id && one.ended === null);
  if (!(await until(life, () => isPending(second) || joining.outcome === "failed"))) return false;
  if (twist === "denied") {
    await pursue(life, first.device.client.deny({ channel, id }));
    await until(life, () => joining.outcome !== "under way");
    return false;
  }
  if (twist === "first crashes") await crash(life, first);
  const checked = await pursue(life, second.device.client.check({ channel, id }), 60);
  if (checked === null || "failure" in checked) return false;
  if (!(await until(life, () => joining.said !== null))) return false;
  if (twist === "newcomer crashes") {
    await device.crash(life.dice.chance(0.5));
    life.counts.crashes++;
    joining.answer = null;
    startJoin(joining, device, null, 2);
    if (!(await until(life, () => joining.answer !== null))) return false;
  }
  if (twist === "second crashes") await crash(life, second);
  const words = twist === "wrong word at the sponsor" ? wrong : (joining.said ?? wrong);
  if (twist !== "wrong word at the sponsor") {
    life.deeds.push({ op: "admit", label, by: second.label });
  }
  const approved = second.device.client.approve({ channel, id, words });
  approved.catch(() => {});
  joining.answer?.(twist === "wrong word at the newcomer" ? wrong : checked.value.say);
  await pursue(life, approved);
  const isOver = await until(life, () => joining.outcome !== "under way", 60);
  return isOver && joining.outcome === "in";
}

async function crash(life: Life, person: Person): Promise<void> {
  note(life, `${person.label} crashes in an admission`);
  life.counts.crashes++;
  await person.device.crash(life.dice.chance(0.5));
}

/** A channel of so many people, in fair weather. */
export async function found(life: Life, size: number): Promise<void> {
  const label = `P${life.nextLabel++}`;
  const device = await life.device(label);
  const founder: Person = { device, label, since: 0, standing: "in" };
  life.people.push(founder);
  const mailboxFrames = life.dice.chance(0.3) ? 7 : 10_000;
  const update = { afterMessages: 8, afterMs: 24 * 3_600_000 };
  const wanted = { name: channel, relay: address, label, approvals: 2, mailboxFrames, update };
  await device.client.openChannel(wanted);
  await admitAlone(life, founder);
  for (let at = 2; at < size; at++) {
    const [first, second] = life.dice.some(life.people, 2) as [Person, Person];
    await admit(life, first, second, "none");
  }
  await calmDown(life);
}
