import { boxWidths, widthsIn } from "../algorithms/redaction.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { type MinutesItem, minutesFont, minutesSizePt, type Span } from "./minutes-page.ts";

export const entityKinds = ["person", "place", "date"] as const;
export type EntityKind = (typeof entityKinds)[number];

/** Names by kind. */
export type Names = Readonly<Record<EntityKind, readonly string[]>>;

/** How wide boxes are: as the name, in steps, or all alike. */
export const boxKinds = ["text", "grid", "fixed"] as const;
export type BoxKind = (typeof boxKinds)[number];
export const gridPt = 24;

/** Lines of a talk, with names drawn by the seed. Few of those who might be named are. */
export function drawTalk(plan: {
  readonly seed: number;
  readonly names: Names;
  readonly sentences: readonly string[];
  readonly count: number;
  readonly speakers: readonly string[];
}): { readonly from: string; readonly text: string; readonly session: number }[] {
  const choices = seeded("minutes", plan.seed);
  const cast = Object.fromEntries(
    entityKinds.map((kind) => [
      kind,
      choices.shuffle(plan.names[kind]).slice(0, Math.ceil(plan.count / 2)),
    ]),
  ) as Record<EntityKind, string[]>;
  const order = choices.shuffle(plan.sentences);
  return Array.from({ length: plan.count }, (_, index) => ({
    from: plan.speakers[index % plan.speakers.length] ?? "",
    text: fill(order[index % order.length] ?? "", cast, choices),
    session: 1,
  }));
}

/** Each place of a sentence gets a name of its kind, no name twice in one sentence. */
function fill(sentence: string, cast: Names, choices: Seeded): string {
  const used = new Set<string>();
  return sentence.replace(placePattern, (_, kind: EntityKind) => {
    const free = cast[kind].filter((name) => !used.has(name));
    const name = choices.pick(free.length > 0 ? free : cast[kind]);
    used.add(name);
    return name;
  });
}

export const placePattern = /\{(person|place|date)\}/g;

export interface Redaction {
  readonly names: Names;
  readonly boxes: BoxKind;
  readonly isPseudonymous: boolean;
}

export interface RedactedTalk {
  readonly items: readonly MinutesItem[];
  /** What each box stands for, in the order of the page. */
  readonly hidden: readonly string[];
  /** Names that were said, each once, whether a box or a pseudonym stands for it. */
  readonly said: readonly string[];
  readonly characters: number;
  readonly hiddenCharacters: number;
}

/** Turns what was said into minutes in which each name is a box, or a pseudonym. */
export function redactTalk(
  talk: readonly { readonly speaker: string; readonly text: string }[],
  { names, boxes, isPseudonymous }: Redaction,
): RedactedTalk {
  const all = entityKinds.flatMap((kind) => names[kind]);
  const widthOf = widthsIn(minutesFont, minutesSizePt);
  const widths = all.map(widthOf);
  const rule = { gridPt: boxes === "grid" ? gridPt : 0, isFixed: boxes === "fixed" };
  const boxOf = new Map(boxWidths(widths, rule).map((width, index) => [all[index], width]));
  const pseudonyms = new Map<string, string>();
  const hidden: string[] = [];
  const said = new Set<string>();
  let [characters, hiddenCharacters] = [0, 0];
  const items = talk.map(({ speaker, text }) => {
    const spans = splitAtNames(text, all).map(({ text: part, isName }): Span => {
      characters += part.length;
      if (!isName) return { kind: "text", text: part };
      said.add(part);
      hiddenCharacters += part.length;
      if (isPseudonymous) {
        const kind = entityKinds.find((each) => names[each].includes(part)) ?? "person";
        return { kind: "text", text: pseudonym(pseudonyms, kind, part) };
      }
      hidden.push(part);
      return { kind: "name", text: part, boxPt: boxOf.get(part) ?? 0 };
    });
    return { speaker, spans };
  });
  return { items, hidden, said: [...said], characters, hiddenCharacters };
}

/** `Person 1`, `Person 2`, in the order in which they are named. */
function pseudonym(known: Map<string, string>, kind: EntityKind, name: string): string {
  const word = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
  const count = [...known.values()].filter((each) => each.startsWith(word)).length;
  const made = known.get(name) ?? `${word} ${count + 1}`;
  known.set(name, made);
  return made;
}

/** Cuts a text where names stand, the longest name first. */
export function splitAtNames(
  text: string,
  names: readonly string[],
): { readonly text: string; readonly isName: boolean }[] {
  const parts: { text: string; isName: boolean }[] = [];
  const longest = [...names].sort((a, b) => b.length - a.length);
  let rest = "";
  let at = 0;
  const flush = () => {
    if (rest !== "") parts.push({ text: rest, isName: false });
    rest = "";
  };
  while (at < text.length) {
    const name = longest.find((each) => text.startsWith(each, at));
    if (name === undefined) rest += text[at++];
    else {
      flush();
      parts.push({ text: name, isName: true });
      at += name.length;
    }
  }
  flush();
  return parts;
}
