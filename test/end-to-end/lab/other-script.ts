import type { Raw } from "./trial.ts";

/** Ways of saying the same in other letters, and of calling the same people otherwise. */

/** Armenian letters for Latin ones, one for one: two octets each in UTF-8. */
export function foreign(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const isSmall = letter >= "a";
    const at = letter.charCodeAt(0) - (isSmall ? 0x61 : 0x41);
    return String.fromCharCode((isSmall ? 0x561 : 0x531) + at);
  });
}

/** Letters with accents, as fonts of Western Europe have them. */
export function western(text: string): string {
  const accents: Readonly<Record<string, string>> = { a: "à", e: "ê", i: "ï", o: "ö", u: "ü" };
  return text.replace(/[aeiou]/g, (letter) => accents[letter] ?? letter);
}

/** Other words in plain ASCII, for what must stay ASCII. */
export function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter >= "a" ? 0x61 : 0x41;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

/** The same sessions, with lines of our own instead of the lab's: other scripts, markup, one text twice. */
export function saidLineByLine({ world }: Raw): void {
  const { sessions, messages, spacing, every } = world.traffic;
  const members: string[] = world.channels.find((each: Raw) => each.id === world.scope).members;
  const texts = [
    "Да.",
    "Да.",
    '{"v":1} <b>нет</b>',
    "「線は越えない」と言った。",
    "x",
    "لا أحد يعلم",
  ];
  const lines = Array.from({ length: sessions * messages }, (_, at) => ({
    from: members[(at * 2 + 1) % members.length],
    text: texts[at % texts.length],
    session: Math.floor(at / messages) + 1,
  }));
  world.traffic = { model: "replay", spacing, every, lines };
}

/** Unusual names: some begin another, some are as long as names may be, none is ASCII all through. */
const labels = [
  "Ж",
  "Жа",
  "Жаворонок",
  "李明",
  "李明 (2)",
  `O’Brien “Q” ${"ö".repeat(20)}`,
  "Ñandú",
];
const ids = ["n", "n1", "n1-x", `n${"0".repeat(40)}`, "id", "actor", "x_y"];

function pick(names: readonly string[], at: number): string {
  const name = names[at % names.length] ?? "";
  return at < names.length ? name : `${name.slice(0, 12)}-w${Math.floor(at / names.length)}`;
}

/** Gives every actor another id and label, wherever the file names them, and tells the new labels. */
export function renamed(raw: Raw): { raw: Raw; labels: ReadonlyMap<string, string> } {
  const names = new Map<string, string>();
  const told = new Map<string, string>();
  raw.world.actors.forEach(({ id, label }: Raw, at: number) => {
    names.set(id, pick(ids, at)).set(label, pick(labels, at));
    told.set(label, pick(labels, at));
  });
  return { raw: swapped(raw, names), labels: told };
}

/** Other channels too: what is said in them is drawn by their names, so it becomes another talk. */
export function elsewhere(raw: Raw): Raw {
  const names = raw.world.channels.map(({ id }: Raw, at: number) => [id, `canal-${at}`] as const);
  return swapped(raw, new Map(names));
}

function swapped(value: Raw, names: ReadonlyMap<string, string>): Raw {
  if (typeof value === "string") return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((each) => swapped(each, names));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, swapped(each, names)]);
  return Object.fromEntries(entries);
}
