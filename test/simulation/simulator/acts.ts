import { hex } from "#shared/bytes.ts";
import { quiet, seededRandom } from "../kit.ts";
import { admitByTwo } from "./admission.ts";
import {
  channel,
  type Life,
  note,
  observe,
  type Person,
  present,
  pursue,
  type Regime,
} from "./life.ts";
import type { Weather } from "./network.ts";

/** People in a channel at most, and at least once it has its size. */
const peopleMax = 6;
const peopleMin = 3;

/** People look at their screens so often: what a timer forgets has been seen before. */
const glanceMs = 15_000;

type Act = (life: Life, person: Person) => Promise<void>;

const talk: Act = async (life, person) => {
  const text = `${person.label} says ${life.said.length}: ${hex(seededRandom(life.dice.word())(9))}`;
  const said = { by: person.label, text, at: life.clock.now(), isRefused: false };
  person.device.client.send({ channel, text }).catch((error) => {
    // Without the relay it is kept; whatever else is answered means that it was not taken.
    said.isRefused = !["network", "interrupted"].includes(error.code);
  });
  // Taken in, though perhaps not yet out: from here on it must not be lost in silence.
  await quiet(3);
  life.said.push(said);
  life.counts.texts++;
};

const rotate: Act = async (life, person) => {
  life.counts.rotations++;
  person.device.client.rotate({ channel }).catch(() => {});
  await quiet(2);
};

/** Several people change something at once: one commit wins, the others are made anew. */
const race: Act = async (life) => {
  const people = life.dice.some(present(life), 2);
  life.counts["commit races"]++;
  for (const { device } of people) device.client.rotate({ channel }).catch(() => {});
  await quiet(4);
};

const switchOff: Act = async (life, person) => {
  const { path } = person.device;
  path.isUp = !path.isUp;
  path.cut();
  life.counts.cuts++;
};

const crash: Act = async (life, person) => {
  life.counts.crashes++;
  if (life.dice.chance(0.5)) person.device.client.rotate({ channel }).catch(() => {});
  await quiet(life.dice.below(4));
  await person.device.crash(life.dice.chance(0.5));
};

const passTime: Act = async (life) => {
  for (let left = life.dice.below(120_000); left > 0; left -= glanceMs) {
    await life.clock.advance(Math.min(left, glanceMs));
    await observe(life);
  }
};

const changeWeather: Act = async (life, person) => {
  const some = (bound: number): number => (life.dice.chance(0.5) ? bound : 0);
  const weather: Weather = {
    drop: some(0.1),
    delay: some(0.2),
    duplicate: some(0.2),
    reorder: some(0.5),
  };
  person.device.path.weather = weather;
};

const letGo: Act = async (_life, person) => {
  person.device.path.release();
};

const loseRelay: Act = async (life) => {
  life.counts["relay losses"]++;
  await life.loseRelay();
};

const comeIn: Act = async (life, person) => {
  if (present(life).length >= peopleMax || life.isForked) return;
  const others = present(life).filter((one) => one !== person);
  await admitByTwo(life, person, life.dice.pick(others));
};

/** Those whom nobody has asked to go yet: removals that wait must not leave so few that one voice is enough. */
function staying(life: Life): Person[] {
  const going = new Set(
    life.deeds.filter(({ op }) => op === "remove" || op === "leave").map(({ label }) => label),
  );
  return present(life).filter(({ label }) => !going.has(label));
}

const remove: Act = async (life, person) => {
  const people = staying(life);
  if (people.length <= peopleMin || life.isForked) return;
  const others = people.filter((one) => one !== person);
  const [target, second] = life.dice.some(others, 2) as [Person, Person];
  const { label } = target;
  note(life, `${person.label} and ${second.label} remove ${label}`);
  life.deeds.push({ op: "remove", label, by: person.label });
  const moved = await pursue(life, person.device.client.remove({ channel, label }), 15);
  if (moved === null || "failure" in moved || moved.value.epoch !== null) return;
  const { id } = moved.value;
  const isSeen = () => second.device.client.pending(channel).some((one) => one.id === id);
  for (let round = 0; round < 10 && !isSeen(); round++) await life.clock.advance(2_000);
  if (!isSeen()) return;
  life.deeds.push({ op: "remove", label, by: second.label });
  life.counts.removals++;
  second.device.client.approve({ channel, id }).catch(() => {});
  await quiet(6);
};

const leave: Act = async (life, person) => {
  if (staying(life).length <= peopleMin || life.isForked) return;
  life.counts.leaves++;
  note(life, `${person.label} leaves`);
  life.deeds.push({ op: "leave", label: person.label, by: person.label });
  person.device.client.leave({ channel }).catch(() => {});
  await quiet(4);
};

const freeze: Act = async (life, person) => {
  life.counts.freezes++;
  await pursue(life, person.device.client.freeze({ channel, on: true }), 2);
  if (life.dice.chance(0.7)) {
    await pursue(life, person.device.client.freeze({ channel, on: false }), 2);
  }
};

const setTimer: Act = async (life, person) => {
  if (life.timerMs !== null) return;
  life.timerMs = 40_000;
  note(life, `${person.label} sets the timer`);
  person.device.client.setTimer({ channel, timerMs: life.timerMs }).catch(() => {});
  await quiet(4);
};

/** One person's client is shown nothing new for a time: withheld commits, an old log, a false end. */
const withhold: Act = async (life, person) => {
  const { hostile } = life;
  if (hostile === null) return;
  life.counts.withholdings++;
  const at = life.people.indexOf(person);
  const lies = hostile.lies(numberOf(person));
  const lengths = new Map([...hostile.logs()].map(([name, log]) => [name, log.length]));
  lies.log = (entries, mailbox) => entries.slice(0, lengths.get(mailbox) ?? 0);
  note(life, `the relay withholds everything from person ${at}`);
};

const tellTruth: Act = async (life, person) => {
  const { hostile } = life;
  if (hostile === null) return;
  hostile.lies(numberOf(person)).log = (entries) => entries;
  hostile.tell();
};

/** What was valid once, or never, stands in the log once more. */
const inject: Act = async (life) => {
  const { hostile, dice } = life;
  if (hostile === null) return;
  const logs = [...hostile.logs()].filter(([, log]) => log.length > 0);
  const [target] = logs.at(-1) ?? [];
  const source = dice.pick(logs)[1];
  if (target === undefined) return;
  if (dice.chance(0.5)) {
    life.counts.replays++;
    hostile.inject(dice.pick(source).frame.slice(), target);
    return;
  }
  life.counts.injections++;
  hostile.inject(seededRandom(dice.word())(1024), target);
};

/** From now on some of them are shown another log than the others, which begins as a copy. */
const fork: Act = async (life) => {
  const { hostile, dice } = life;
  if (hostile === null || life.isForked) return;
  const people = present(life);
  const half = dice.some(people, 1 + dice.below(people.length - 1));
  if (life.mutant.relay === "omits") {
    const [reader, author] = dice.some(people, 2) as [Person, Person];
    const lies = hostile.lies(numberOf(reader));
    lies.log = (entries) => entries.filter(({ by }) => by !== numberOf(author));
    life.isForked = true;
    return;
  }
  life.isForked = true;
  life.counts.forks++;
  note(life, `the relay forks: ${half.map(({ label }) => label).join(" ")} aside`);
  hostile.fork("other", half.map(numberOf));
};

/** The number under which the relay knows a device: they are dealt in the order of labels. */
function numberOf({ label }: Person): number {
  return Number(label.slice(1));
}

interface Card {
  readonly weight: number;
  readonly act: Act;
  /** Under which relay it makes sense; any when it is not said. */
  readonly regime?: Regime;
}

const deck: readonly Card[] = [
  { weight: 14, act: talk },
  { weight: 2, act: rotate },
  { weight: 2, act: race },
  { weight: 3, act: switchOff },
  { weight: 3, act: crash },
  { weight: 3, act: passTime },
  { weight: 2, act: changeWeather },
  { weight: 2, act: letGo },
  { weight: 2, act: comeIn },
  { weight: 1.5, act: remove },
  { weight: 0.6, act: leave },
  { weight: 0.5, act: freeze },
  { weight: 0.4, act: setTimer },
  { weight: 0.3, act: loseRelay, regime: "honest" },
  { weight: 3, act: withhold, regime: "lying" },
  { weight: 3, act: tellTruth, regime: "lying" },
  { weight: 3, act: inject, regime: "lying" },
  { weight: 4, act: fork, regime: "forking" },
];

/** Somebody does something. */
export async function act(life: Life): Promise<void> {
  const person = life.dice.pick(present(life));
  const cards = deck.filter(({ regime }) => regime === undefined || regime === life.regime);
  const weightOfAll = cards.reduce((sum, { weight }) => sum + weight, 0);
  let roll = (life.dice.below(1_000_000) / 1_000_000) * weightOfAll;
  const drawn = cards.find(({ weight }) => {
    roll -= weight;
    return roll < 0;
  });
  const chosen = (drawn ?? (cards[0] as Card)).act;
  note(life, `${person.label}: ${chosen.name}`);
  await chosen(life, person);
  if (life.mutant.approvesAlone) await approveAlone(life);
}

/** A client that takes every motion for its person's own: what the rule of approvals must notice. */
async function approveAlone(life: Life): Promise<void> {
  for (const { device } of present(life)) {
    for (const { id, op, approved, ended, granted } of device.client.pending(channel)) {
      if (op === "admit" || approved || ended !== null || granted !== null) continue;
      device.client.approve({ channel, id }).catch(() => {});
      await quiet(2);
    }
  }
}
