import { createPaint, type Paint, wantsColours } from "./paint.ts";

/** How wide the lab's texts are at most. */
export const textColumns = 76;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function paintOfStdout(): Paint {
  return createPaint(wantsColours(process.stdout, process.env));
}
