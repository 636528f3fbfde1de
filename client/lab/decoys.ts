import type { Scenario } from "./scenario-schema.ts";

/** Names of strangers: two for each pair of decoys. */
const labels = [
  ...["Adze", "Bobbin", "Candle", "Dibble", "Easel", "Flagon", "Gimlet", "Hammock"],
  ...["Inkwell", "Jigsaw", "Kettle", "Ladle", "Mallet", "Needle", "Oven", "Pestle"],
  ...["Quill", "Rasp", "Spindle", "Trivet", "Urn", "Vial", "Whisk", "Yoke"],
  ...["Anvil", "Bellows", "Chisel", "Drill", "Ewer", "Funnel", "Griddle", "Hinge"],
] as const;

/** Ids of decoys and their channels; a scenario's own must be others. */
export const decoyId = /^decoy-\d+[ab]?$/;

/** A world with its decoys among its actors and channels: real people with a channel of their own. */
export function withDecoys(scenario: Scenario): Scenario {
  const { world } = scenario;
  if (world.decoys === 0) return scenario;
  const taken = new Set(world.actors.map(({ label }) => label));
  const free = labels.filter((label) => !taken.has(label));
  const pairs = Array.from({ length: world.decoys }, (_, at) => {
    const id = `decoy-${at + 1}`;
    const people = ["a", "b"].map((which, index) => ({
      id: `${id}${which}`,
      label: free[2 * at + index] ?? `${id}${which}`,
      role: "has nothing to do with it",
      side: "elsewhere",
    }));
    const members = people.map((each) => each.id);
    return { people, channel: { id, members, weight: 1, relay: "relay" } };
  });
  return {
    ...scenario,
    world: {
      ...world,
      actors: [...world.actors, ...pairs.flatMap(({ people }) => people)],
      channels: [...world.channels, ...pairs.map((pair) => pair.channel)],
    },
  };
}
