import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colours, or the bare text where colours are not wanted. Each name says what the text is, not how it looks. */
export interface Paint {
  readonly colours: boolean;
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
  /** A person's own colour, the same for the same label. */
  person(label: string, text: string): string;
}

const people = [
  "cyan",
  "magenta",
  "yellow",
  "blue",
  "green",
  "cyanBright",
  "magentaBright",
] as const;

export function createPaint(colours: boolean): Paint {
  const style = (format: Style) => (text: string) =>
    // The stream's own opinion was asked before (`wantsColours`); here the answer is known.
    colours ? styleText(format, text, { validateStream: false }) : text;
  return {
    colours,
    strong: style("bold"),
    faint: style("dim"),
    good: style("green"),
    warn: style("yellow"),
    bad: style("red"),
    accent: style("cyan"),
    person(label, text) {
      let sum = 0;
      for (const character of label) sum = (sum * 31 + (character.codePointAt(0) as number)) % 9973;
      return style(["bold", people[sum % people.length] as (typeof people)[number]])(text);
    },
  };
}

/** Whether a stream is a terminal that shows colours (no-color.org). */
export function wantsColours(
  stream: { readonly isTTY?: boolean },
  environment: { readonly [name: string]: string | undefined },
): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== "") return false;
  return stream.isTTY === true && environment.TERM !== "dumb";
}

// Control and formatting characters could move the cursor, hide text or turn its direction on the screen.
const unsafe = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text of others made safe for a terminal, on one line: what could steer the screen becomes `·`. */
export function oneLine(text: string): string {
  return text.replace(/\r\n|\r|\n|\t/g, " ").replace(unsafe, "·");
}

/** As `oneLine`, keeping line breaks. */
export function manyLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/).map((line) => oneLine(line));
}

/** Columns that a text takes on a terminal, without its colour codes. */
export function widthOf(text: string): number {
  let width = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character
  for (const character of text.replace(/\u001b\[[0-9;]*m/g, ""))
    width += widthOfCharacter(character);
  return width;
}

function widthOfCharacter(character: string): number {
  const point = character.codePointAt(0) as number;
  if (/\p{Mn}|\p{Me}/u.test(character)) return 0;
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Breaks a line of plain text at spaces so that no piece is wider than `columns`. */
export function wrap(text: string, columns: number): string[] {
  const pieces: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    let rest = word;
    if (line !== "" && widthOf(line) + 1 + widthOf(rest) > columns) {
      pieces.push(line);
      line = "";
    }
    // Only a word that is wider than a whole line gets here, and then the line is empty.
    while (widthOf(rest) > columns) {
      const head = takeColumns(rest, columns);
      pieces.push(head);
      rest = rest.slice(head.length);
    }
    line = line === "" ? rest : `${line} ${rest}`;
  }
  pieces.push(line);
  return pieces;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character
const lead = /^(?:\s|[✓✗→⚠…─]|\u001b\[[0-9;]*m)*/;

/**
 * Breaks the lines of a text that are wider than a terminal at spaces, each under its own beginning. A
 * command to copy stays in one piece: the terminal breaks it without a line break.
 */
export function fold(text: string, columns: number): string {
  return text
    .split("\n")
    .flatMap((line) => {
      if (widthOf(line) <= columns) return [line];
      const begin = lead.exec(line)?.[0] ?? "";
      const rest = line.slice(begin.length);
      const indent = widthOf(begin);
      if (rest.startsWith("backchannel ") || indent > columns / 2) return [line];
      return wrap(rest, columns - indent).map((piece, at) =>
        at === 0 ? begin + piece : " ".repeat(indent) + piece,
      );
    })
    .join("\n");
}

/** The longest beginning of a text that fits into `columns`. */
export function takeColumns(text: string, columns: number): string {
  let taken = "";
  let width = 0;
  for (const character of text) {
    width += widthOfCharacter(character);
    if (width > columns) break;
    taken += character;
  }
  return taken;
}
