import type { Life } from "../life.ts";
import type { Violation } from "./violation.ts";

/** The founder alone lets in the second person; from then on it takes two, and three stay at least. */
const founders = ["P0", "P1"];
const needed = 2;

/**
 * The rule of approvals, told by what people did and not by what clients say: whoever came in was let
 * in by two persons' own hands, and whoever was removed was removed by two, or had left.
 */
export function approvals(life: Life): Violation[] {
  const violations: Violation[] = [];
  const hands = (op: "admit" | "remove", label: string): number =>
    new Set(life.deeds.filter((deed) => deed.op === op && deed.label === label).map(({ by }) => by))
      .size;
  const hasLeft = (label: string): boolean =>
    life.deeds.some((deed) => deed.op === "leave" && deed.label === label);
  const epochs = life.people
    .flatMap(({ device }) => device.notices)
    .flatMap((notice) => (notice.type === "epoch" ? [notice] : []));
  for (const label of new Set(epochs.flatMap(({ joined }) => joined.map((one) => one.label)))) {
    const count = hands("admit", label);
    if (!founders.includes(label) && count < needed) {
      violations.push({ checker: "approvals", detail: `${label} was let in by ${count} persons` });
    }
  }
  for (const label of new Set(epochs.flatMap(({ removed }) => removed))) {
    const count = hands("remove", label);
    if (count < needed && !hasLeft(label)) {
      violations.push({ checker: "approvals", detail: `${label} was removed by ${count} persons` });
    }
  }
  return violations;
}
