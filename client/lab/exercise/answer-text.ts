/** How what people type is read, before anything is compared. */

/** Texts compare without regard to case, spaces, outer quotes and a full stop at the end. */
export function normalise(text: string): string {
  const plain = text.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
  const bare = plain.replace(/^["'“”‘’«»]+|["'“”‘’«».]+$/g, "").trim();
  return ["no one", "noone", "none", "nobody", "never"].includes(bare) ? "nobody" : bare;
}

/** Several names, separated by commas, `>` or semicolons. */
export function namesIn(text: string): string[] {
  return text
    .split(/[,;>]/)
    .map(normalise)
    .filter((each) => each !== "");
}

/** `0.4`, `.4`, `40 %`, `0,4`, `2/5`; null for anything else. */
export function numberIn(text: string): number | null {
  const plain = text.trim().replace(/(\d),(\d)/, "$1.$2");
  const share = /^(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)$/.exec(plain);
  if (share !== null) return Number(share[2]) === 0 ? null : Number(share[1]) / Number(share[2]);
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)$/i.exec(plain);
  if (match === null) return null;
  return Number(match[1]) / (match[2] === "%" ? 100 : 1);
}
