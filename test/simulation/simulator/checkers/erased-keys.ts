import type { Life } from "../life.ts";
import type { Violation } from "./violation.ts";

/** No key is used after its erasure: none protects twice, all are wiped, none is found in a store. */
export function erasedKeys(life: Life): Violation[] {
  return life.people.flatMap(({ device, label }) =>
    [...new Set(device.spy.faults)].map((fault) => ({
      checker: "erased keys",
      detail: `${label}: ${fault}`,
    })),
  );
}
