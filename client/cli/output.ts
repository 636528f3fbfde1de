import type { Line } from "./lines.ts";
import { createPaint, fold, type Paint, wantsColours } from "./paint.ts";
import { showLine } from "./view.ts";

/** Where a verb's results go: data on stdout, talk on stderr (DESIGN section 5). */
export interface Output {
  readonly json: boolean;
  /** Whether a person sits there who can be asked. */
  readonly interactive: boolean;
  /** Colours for stderr. */
  readonly paint: Paint;
  line(line: Line): void;
  /** With `--json`, an object that is no verb's line, such as a lab run; else nothing. */
  object(value: object): void;
  /** Something to say to a person; silent with `--json`. */
  talk(text: string): void;
}

export interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly stderr: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    write(text: string): unknown;
  };
}

export function createOutput(
  streams: Streams,
  environment: { readonly [name: string]: string | undefined },
  json: boolean,
): Output {
  const { stdin, stdout, stderr } = streams;
  const paint = createPaint(wantsColours(stderr, environment));
  const dataPaint = createPaint(wantsColours(stdout, environment));
  const say = (text: string): void => {
    const fitted = stderr.isTTY === true ? fold(text, stderr.columns ?? 80) : text;
    stderr.write(`${fitted}\n`);
  };
  return {
    json,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    paint,
    line(line) {
      if (json) {
        stdout.write(`${JSON.stringify({ v: 1, ...line })}\n`);
        return;
      }
      const data = showLine(line, dataPaint).data;
      const { talk } = showLine(line, paint);
      // On one terminal both would show the code twice: the sentence around it is enough.
      const both = talk !== null && stdout.isTTY === true && stderr.isTTY === true;
      if (talk !== null) say(talk);
      if (data !== null && !both) stdout.write(`${data}\n`);
    },
    object(value) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    talk(text) {
      if (!json) say(text);
    },
  };
}
