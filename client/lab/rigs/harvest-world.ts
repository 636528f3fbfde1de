import { z } from "zod";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";

const years = z.number().min(0).max(1_000);

export const harvestWorld = z.strictObject({
  /** What is said, in turn, by whoever is in. */
  lines: z.array(z.string().min(1).max(1_000)).min(4).max(200),
  /** The last member comes in before this line (0-based). */
  enters: z.number().int().min(1),
  /** Before this line everybody goes over to X-Wing, where the suite is switched. */
  switches: z.number().int().min(2),
  /** Mosca's three: for how long it must stay secret, how long the change takes, when the computer comes. */
  years: z.strictObject({ secrecy: years, migration: years, computer: years }),
});

export type HarvestWorld = z.infer<typeof harvestWorld>;

export const harvestTruth = z.strictObject({
  /** Every epoch in which something was said, in order. */
  epochs: z.array(z.strictObject({ suite: z.enum(["x25519", "xwing"]), epoch: z.number().int() })),
  /** `at`: index of the epoch. */
  texts: z.array(z.strictObject({ id: z.string(), text: z.string(), at: z.number().int() })),
  /** Commits that only renew keys, each as its MLS message and as the frame that carries it, octets. */
  rotations: z.array(
    z.strictObject({
      suite: z.enum(["x25519", "xwing"]),
      message: z.number().int(),
      frame: z.number().int(),
    }),
  ),
  members: z.array(z.string()),
  recorded: z.strictObject({ lines: z.number().int(), of: z.number().int() }),
  years: z.strictObject({ secrecy: years, migration: years, computer: years }),
});

export type HarvestTruth = z.infer<typeof harvestTruth>;

export function checkHarvest(scenario: Scenario): Fault[] {
  const faults: Fault[] = [];
  const [channel, ...others] = scenario.world.channels;
  if (channel === undefined || others.length > 0 || channel.members.length !== 3) {
    faults.push({ path: ["world", "channels"], message: "one channel of three members" });
  }
  const parsed = harvestWorld.safeParse(scenario.world.params);
  if (!parsed.success) return faults;
  const { lines, enters, switches } = parsed.data;
  const inTurn = enters < switches && switches < lines.length;
  if (!inTurn) {
    const message =
      "the last member comes in before the switch, and the switch before the last line";
    faults.push({ path: ["world", "params", "switches"], message });
  }
  return faults;
}
