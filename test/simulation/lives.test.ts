import { expect, test } from "vitest";
import { channelName as channel, createWorld, type Seat } from "./cast.ts";
import { quiet, seededRandom } from "./kit.ts";

const seeds = Array.from({ length: 16 }, (_, at) => at + 1);
const steps = 40;

/** Small whole numbers from a seed. */
function dice(seed: number): (sides: number) => number {
  const random = seededRandom(seed);
  return (sides) => {
    const [a = 0, b = 0, c = 0] = random(3);
    return ((a << 16) | (b << 8) | c) % sides;
  };
}

/**
 * A channel's life: seats talk, rotate, come and go, lose their connection, are switched off without
 * warning, and the clock goes on. At the end whoever stayed agrees on everything.
 */
test.each(seeds)(
  "life %i: no text is lost, doubled or reordered, and all who stay converge",
  async (seed) => {
    const roll = dice(seed);
    const world = await createWorld();
    const mailboxFrames = roll(2) === 0 ? 5 : 10_000;
    const update = { afterMessages: 6, afterMs: 3_600_000 };
    let seats = await world.gather(["A", "B", "C"], { mailboxFrames, update });
    const names = new Map<Seat, string>(seats.map((seat, at) => [seat, "ABC"[at] as string]));
    const said: { by: Seat; text: string }[] = [];
    const arrivals = new Map<Seat, number>(seats.map((seat) => [seat, 0]));
    let nextLabel = 0;

    const acts: ((seat: Seat) => Promise<void>)[] = [
      ...Array.from({ length: 6 }, () => async (seat: Seat) => {
        const text = `${names.get(seat)} says ${said.length}`;
        said.push({ by: seat, text });
        seat.client.send({ channel, text }).catch(() => {});
        // Taken in, though perhaps not yet said: from here on it must not be lost.
        await quiet(2);
      }),
      async (seat) => {
        seat.client.rotate({ channel }).catch(() => {});
      },
      async (seat) => {
        seat.wire.isUp = !seat.wire.isUp;
        seat.wire.hangUp();
      },
      async (seat) => {
        await quiet(roll(4));
        await seat.reopen();
      },
      async () => {
        await world.clock.advance(roll(90_000));
      },
      async (seat) => {
        if (seats.length >= 6) return;
        for (const one of seats) one.wire.isUp = true;
        await world.clock.advance(60_000);
        await world.settle(...seats);
        const newcomer = await world.seat();
        const label = `N${nextLabel++}`;
        await world.admit(seat, newcomer, label);
        names.set(newcomer, label);
        arrivals.set(newcomer, said.length);
        seats.push(newcomer);
      },
      async (seat) => {
        if (seats.length <= 2) return;
        const target = seats.find((one) => one !== seat) as Seat;
        for (const one of seats) one.wire.isUp = true;
        await world.clock.advance(60_000);
        await world.settle(...seats);
        const removed = seat.client.remove({ channel, label: names.get(target) as string });
        await quiet(24);
        await removed;
        seats = seats.filter((one) => one !== target);
        await quiet();
        expect(target.client.status(channel).state).toBe("removed");
      },
    ];
    for (let step = 0; step < steps; step++) {
      const seat = seats[roll(seats.length)] as Seat;
      await (acts[roll(acts.length)] as (typeof acts)[number])(seat);
      await quiet(roll(6));
    }
    for (const seat of seats) seat.wire.isUp = true;
    await world.clock.advance(120_000);
    await world.settle(...seats);
    await world.clock.advance(5_000);
    await world.settle(...seats);

    expect(said.length).toBeGreaterThan(5);
    const words = seats.map(({ client }) => client.status(channel).words.join(" "));
    expect(new Set(words).size).toBe(1);
    for (const seat of seats) {
      const status = seat.client.status(channel);
      expect(status).toMatchObject({ gaps: [], outbox: 0, state: "open", silent: [] });
      expect(status.alarms).toEqual([]);
      const texts = await seat.texts();
      expect(new Set(texts).size).toBe(texts.length);
      const since = said.slice(arrivals.get(seat));
      for (const author of seats) {
        const wanted = since.filter(({ by }) => by === author).map(({ text }) => text);
        const own = texts.filter((text) => text.startsWith(`${names.get(author)} `));
        expect(own).toEqual(wanted);
      }
    }
    await world.relay.close();
  },
);
