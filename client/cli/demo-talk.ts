import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { packageRoot } from "#client/lab/package-root.ts";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";

const linesMax = 200;
const membersMax = 8;

const label = z.string().min(1).max(limits.labelBytesMax);
const lineSchema = z.union([
  z.strictObject({ from: label, text: z.string().min(1).max(4_000) }),
  z.strictObject({ event: z.literal("rotate"), by: label }),
  z.strictObject({ event: z.literal("theft"), of: label }),
]);

export type TalkStep = z.infer<typeof lineSchema>;

/** What the demonstration plays: who takes part, the founder first, and what happens in order. */
export interface Script {
  readonly title: string;
  readonly members: readonly string[];
  readonly steps: readonly TalkStep[];
  readonly victim: string;
}

/**
 * Reads a talk: one JSON object a line, `{"from":"Slate","text":"…"}`. Where the file names no theft, the
 * second speaker's device is taken in the middle and heals two lines later. Failure `usage` with the line.
 */
export function readScript(file: string | null): Script {
  const text = readTalk(file ?? join(packageRoot(), "client", "cli", "talks", "oman.jsonl"));
  const steps = text
    .split(/\r?\n/)
    .map((line, at) => [line, at + 1] as const)
    .filter(([line]) => line.trim() !== "")
    .map(([line, number]) => parseStep(line, `${file ?? "oman.jsonl"}:${number}`));
  const members = [...new Set(steps.flatMap((step) => ("from" in step ? [step.from] : [])))];
  const place = file ?? "oman.jsonl";
  if (steps.length > linesMax) throw new Failure("usage", `${place}: more than ${linesMax} lines`);
  if (members.length < 2 || members.length > membersMax) {
    throw new Failure("usage", `${place}: a talk has 2 to ${membersMax} people`);
  }
  for (const step of steps) {
    const named = "from" in step ? step.from : step.event === "theft" ? step.of : step.by;
    if (!members.includes(named)) throw new Failure("usage", `${place}: ${named} never speaks`);
  }
  return { title: place, members, ...withTheft(steps, members[1] as string) };
}

function withTheft(steps: readonly TalkStep[], second: string) {
  const theft = steps.findIndex((step) => "event" in step && step.event === "theft");
  if (theft >= 0) {
    const step = steps[theft] as Extract<TalkStep, { event: "theft" }>;
    return { steps, victim: step.of };
  }
  const middle = Math.ceil(steps.length / 2);
  const after = steps.slice(middle);
  return {
    steps: [
      ...steps.slice(0, middle),
      { event: "theft", of: second } as const,
      ...after.slice(0, 2),
      { event: "rotate", by: second } as const,
      ...after.slice(2),
    ],
    victim: second,
  };
}

function readTalk(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Failure("usage", `${file}: the talk cannot be read`);
  }
}

function parseStep(line: string, place: string): TalkStep {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Failure("usage", `${place}: not JSON`);
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    throw new Failure("usage", `${place}: expected {"from":"Slate","text":"…"}`);
  }
  return parsed.data;
}
