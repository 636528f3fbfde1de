import { z } from "zod";

/** Injects of a scenario file: what the exercise brings to the teams, by time or on a condition. */

const line = z.string().min(1).max(300);

/** Names that a condition may ask about; the exercise counts them from its event log. */
export const conditionNames = [
  /** Whole minutes on the exercise's clock. */
  "minutes",
  /** Questions closed, wrong answers, hints bought and defences chosen by the team that has fewest. */
  "closed",
  "wrong",
  "hints",
  "defences",
] as const;

const condition = z.strictObject({
  fact: z.enum(conditionNames),
  op: z.enum(["<", "<=", "==", ">=", ">"]),
  than: z.number(),
});

export const injectSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, "expected a lower-case name"),
    /** `T+30`: minutes on the exercise's clock, which stands still in pauses. */
    at: z
      .string()
      .regex(/^T\+\d{1,3}$/, "expected T+minutes")
      .transform((text) => Number(text.slice(2)) * 60_000)
      .optional(),
    /** Holds when every one of these does. */
    on: z.array(condition).min(1).max(4).optional(),
    to: z.enum(["all", "blue", "red", "press", "facilitator"]).default("all"),
    via: z.enum(["banner", "news", "message", "phone-card", "artefact"]),
    body: z.string().min(1).max(2_000),
    /** Which of the scenario's objectives it serves, counted from 1. */
    objective: z.number().int().min(1).max(8).optional(),
    expected_action: line.optional(),
    effect: line.optional(),
    /** `auto` is delivered when it is due; `manual` by the facilitator; `contingency` is offered to him when it is due. */
    mode: z.enum(["auto", "manual", "contingency"]).default("auto"),
  })
  .refine((inject) => inject.at !== undefined || inject.on !== undefined, {
    path: ["at"],
    message: "needs a time (at: T+30) or a condition (on)",
  });

export type Inject = z.infer<typeof injectSchema>;

interface InjectFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the types of injects cannot say; paths begin at the list of injects. */
export function checkInjects(injects: readonly Inject[], objectives: number): InjectFault[] {
  const seen = new Set<string>();
  return injects.flatMap((each, at) => {
    const faults: InjectFault[] = [];
    if (seen.has(each.id)) {
      faults.push({ path: [at, "id"], message: `another inject is called "${each.id}"` });
    }
    seen.add(each.id);
    if ((each.objective ?? 1) > objectives) {
      faults.push({ path: [at, "objective"], message: "no such objective" });
    }
    return faults;
  });
}
