/** A line being typed: code points and the cursor's place among them. */
export interface Draft {
  readonly text: readonly string[];
  readonly at: number;
}

export const emptyDraft: Draft = { text: [], at: 0 };

/** A key as Node's readline reports it. */
export interface Key {
  readonly sequence?: string | undefined;
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

const isSpace = (character: string | undefined): boolean => character === " ";

/** The draft after a key; the same draft when the key is none of an editor's. */
export function edit(draft: Draft, key: Key): Draft {
  const { text, at } = draft;
  const name = key.ctrl === true ? `^${key.name}` : key.meta === true ? `M-${key.name}` : key.name;
  const cut = (from: number, to: number): Draft => ({
    text: [...text.slice(0, from), ...text.slice(to)],
    at: from,
  });
  switch (name) {
    case "backspace":
    case "^h":
      return at === 0 ? draft : cut(at - 1, at);
    case "delete":
    case "^d":
      return at === text.length ? draft : cut(at, at + 1);
    case "left":
    case "^b":
      return { text, at: Math.max(0, at - 1) };
    case "right":
    case "^f":
      return { text, at: Math.min(text.length, at + 1) };
    case "home":
    case "^a":
      return { text, at: 0 };
    case "end":
    case "^e":
      return { text, at: text.length };
    case "^u":
      return cut(0, at);
    case "^k":
      return cut(at, text.length);
    case "^w":
    case "M-backspace":
      return cut(wordStart(text, at), at);
    default:
      return insert(draft, key);
  }
}

function wordStart(text: readonly string[], at: number): number {
  let from = at;
  while (from > 0 && isSpace(text[from - 1])) from--;
  while (from > 0 && !isSpace(text[from - 1])) from--;
  return from;
}

function insert(draft: Draft, key: Key): Draft {
  const typed = key.sequence ?? "";
  // Everything else that begins with a control character is a key we do not know.
  if (key.ctrl === true || key.meta === true || typed === "" || /^\p{Cc}/u.test(typed))
    return draft;
  const characters = [...typed];
  return {
    text: [...draft.text.slice(0, draft.at), ...characters, ...draft.text.slice(draft.at)],
    at: draft.at + characters.length,
  };
}
