import { describe, expect, test } from "vitest";
import { dice } from "#test/dice.ts";
import { planLife } from "./mls-plan.ts";

const bounds = { steps: 60, members: 9 };

describe("a life's plan", () => {
  test("is made by its seed alone, so that a failing seed can be lived again", () => {
    expect(planLife(7, bounds)).toEqual(planLife(7, bounds));
    expect(planLife(7, bounds)).not.toEqual(planLife(8, bounds));
  });

  test("asks of nobody what he cannot do: only members act, only strangers come", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { founder, steps } = planLife(seed, bounds);
      expect(steps).toHaveLength(bounds.steps);
      const ever = new Set([founder]);
      let members = [founder];
      for (const step of steps) {
        if (step.do === "talk") {
          const acting = [
            ...step.lines.map(({ by }) => by),
            ...step.to.map(({ reader }) => reader),
          ];
          for (const name of acting) expect(members).toContain(name);
        } else if (step.do === "reload") {
          for (const name of step.who) expect(members).toContain(name);
        } else {
          const { by, add, remove } = step.change;
          for (const name of [by, ...remove]) expect(members).toContain(name);
          expect(remove).not.toContain(by);
          for (const name of add) expect(ever.has(name)).toBe(false);
          for (const name of add) ever.add(name);
          members = [...members.filter((name) => !remove.includes(name)), ...add];
          expect(members.length).toBeLessThanOrEqual(bounds.members);
        }
      }
    }
  });

  test("rests on dice that give the same numbers for ever", () => {
    const d = dice(1);
    expect([d.word(), d.word(), d.below(100), d.chance(0.5)]).toMatchInlineSnapshot(`
      [
        3063500945,
        52107484,
        0,
        false,
      ]
    `);
  });
});
