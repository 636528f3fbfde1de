/** A text with natural variation points: `[a|b]` is one, `[zw]` an invisible one. */
export interface MarkedText {
  /** The text around the points: one piece more than there are points. */
  readonly fixed: readonly string[];
  readonly points: readonly (readonly [string, string])[];
}

/** Two characters of no width: gone when somebody types the text again, and then they tell nothing. */
const invisible: readonly [string, string] = ["\u200b", "\u200c"];

/** What a paraphrase leaves where a mark was. */
export const reworded = "(…)";

/** Reads `[a|b]` and `[zw]`; null where a bracket is anything else, or two points touch. */
export function parseMarked(source: string): MarkedText | null {
  const parts = source.split(/\[([^[\]]*)\]/);
  const fixed = parts.filter((_, index) => index % 2 === 0);
  const points: (readonly [string, string])[] = [];
  for (const inside of parts.filter((_, index) => index % 2 === 1)) {
    if (inside === "zw") {
      points.push(invisible);
      continue;
    }
    const [zero, one, ...more] = inside.split("|");
    if (zero === undefined || one === undefined || more.length > 0 || zero === one) return null;
    points.push([zero, one]);
  }
  const isSplit = fixed.slice(1, -1).every((piece) => piece.length > 0);
  const isPlain = fixed.every((piece) => !/[[\]]/.test(piece));
  return isSplit && isPlain ? { fixed, points } : null;
}

/** The text with these variants; null stands for a place that was reworded. */
export function renderMarked(marked: MarkedText, word: readonly (0 | 1 | null)[]): string {
  return marked.fixed
    .map((piece, index) => {
      const point = marked.points[index];
      if (point === undefined) return piece;
      const variant = word[index] ?? null;
      return `${piece}${variant === null ? reworded : point[variant]}`;
    })
    .join("");
}

/** What typing a text again leaves of it: nothing that cannot be seen. */
export function retype(text: string): string {
  return text.replaceAll(/[\u200b\u200c]/g, "");
}

/** Reads which variant stands at each point; null where neither does. All null for another text. */
export function markReader(marked: MarkedText): (text: string) => (0 | 1 | null)[] {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const body = marked.fixed
    .map((piece, index) => {
      const isPoint = marked.points[index] !== undefined;
      return `${literal(piece)}${isPoint ? "(.{0,120}?)" : ""}`;
    })
    .join("");
  const pattern = new RegExp(`^${body}$`, "su");
  return (text) => {
    const found = pattern.exec(text);
    return marked.points.map(([zero, one], index) => {
      const had = found?.[index + 1];
      return had === zero ? 0 : had === one ? 1 : null;
    });
  };
}
