import type { Life } from "../life.ts";
import { channel, present } from "../life.ts";
import type { Violation } from "./violation.ts";

/** A calm vault holds a session, a group and what was said last; the longest lives seen kept 21 records. */
const recordsMax = 40;
const octetsMax = 200_000;
const listed = 64;

/** Bounded state: what a seat keeps depends on what is open, not on how long it has lived. */
export function bounded(life: Life): Violation[] {
  return present(life).flatMap(({ device, label }) => {
    const { gaps, alarms } = device.client.status(channel);
    const octets = [...device.store.records.values()].reduce((sum, one) => sum + one.length, 0);
    const records = device.store.records.size;
    const motions = device.client.pending(channel).length;
    const excess = [
      octets > octetsMax ? `${octets} octets` : "",
      records > recordsMax ? `${records} records` : "",
      gaps.length > listed ? `${gaps.length} gaps` : "",
      alarms.length > listed ? `${alarms.length} alarms` : "",
      motions > 32 ? `${motions} motions` : "",
    ].filter((one) => one !== "");
    return excess.map((detail) => ({ checker: "bounded state", detail: `${label}: ${detail}` }));
  });
}
