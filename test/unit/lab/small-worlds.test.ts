import { access } from "node:fs/promises";
import { expect, test } from "vitest";
import { attacks } from "#client/lab/attacks/catalogue.ts";
import { rigs } from "#client/lab/rigs/catalogue.ts";
import { builtInPaths } from "#client/lab/scenario.ts";
import { groups, smallWorlds } from "#test/end-to-end/lab/small-worlds.ts";

test("every scenario, and every attack, has a small world in which it is held to what all must stand", async () => {
  const names = Object.keys(smallWorlds).sort();
  expect([...(await builtInPaths()).keys()].sort()).toEqual(names);
  expect([...rigs.keys()].sort()).toEqual(names);
  expect(Object.keys(attacks).sort()).toEqual(names);
});

test.each(Object.entries(smallWorlds))(
  "%s is compared by metrics that its rig makes",
  (id, world) => {
    const { exact, guessed = [], varies = [] } = world;
    const gains = [...exact, ...guessed];
    expect(gains.length).toBeGreaterThan(0);
    const asked = [...gains.flatMap(({ ids }) => ids), ...varies];
    expect(asked.filter((each) => !rigs.get(id)?.metrics.includes(each))).toEqual([]);
  },
);

test.each(groups)("the group %s has its file of tests", async (group) => {
  const file = new URL(`../../end-to-end/lab/conformance-${group}.test.ts`, import.meta.url);
  await expect(access(file)).resolves.toBeUndefined();
});
