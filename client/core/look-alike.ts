/** Characters that read alike at a glance; the second stands for both. A local warning, no rule of the group. */
const twins: readonly (readonly [string, string])[] = [
  ["0", "o"],
  ["1", "l"],
  ["i", "l"],
  ["|", "l"],
  ["5", "s"],
  ["rn", "m"],
  ["vv", "w"],
  ["а", "a"], // Cyrillic from here on
  ["е", "e"],
  ["о", "o"],
  ["р", "p"],
  ["с", "c"],
  ["х", "x"],
  ["у", "y"],
  ["і", "l"],
];

/** What is left of a label when case, accents, punctuation and look-alike letters are ignored. */
function skeleton(label: string): string {
  let text = label.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  for (const [one, other] of twins) text = text.replaceAll(one, other);
  return text.replace(/[^\p{L}\p{N}]/gu, "");
}

/** The label among those present that a new one could be mistaken for; null when there is none. */
export function lookAlike(label: string, present: readonly string[]): string | null {
  const shape = skeleton(label);
  return present.find((one) => one !== label && skeleton(one) === shape) ?? null;
}
