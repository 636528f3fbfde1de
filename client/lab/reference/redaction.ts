import { Failure } from "#shared/failure.ts";
import {
  boxWidths,
  type Font,
  fitting,
  fonts,
  guessedShare,
  widthsIn,
} from "../algorithms/redaction.ts";
import { seeded } from "../seeded.ts";
import type { Reference, ReferenceRow, ReferenceRun, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  names: { value: 64, words: "persons whom a box may cover, 2 to 10000", source: "ours" },
  font: { value: "Helvetica", words: fonts.join(", "), source: "ours" },
  size: { value: 11, words: "size of the letters in points, 4 to 72", source: "ours" },
  grid: {
    value: 0,
    words: "boxes are rounded up to so many points; 0: as the text",
    source: "ours",
  },
  box: {
    value: "text",
    words: "text: as wide as the text; fixed: all boxes alike",
    source: "LEAKLAB",
  },
} as const;

const firsts = [
  "Al",
  "Be",
  "Cor",
  "Da",
  "El",
  "Fin",
  "Gre",
  "Har",
  "Il",
  "Jo",
  "Kar",
  "Lu",
  "Mi",
  "No",
  "Or",
  "Per",
];
const seconds = ["ba", "den", "fi", "go", "lin", "mar", "ne", "ro", "sta", "tu", "vi", "wen"];
const thirds = ["d", "ker", "ll", "man", "n", "ris", "s", "th", "va", "z"];

/** So many different names of no real person, drawn by the seed. */
function drawNames(count: number, seed: number): string[] {
  const random = seeded("names under boxes", seed);
  const names = new Set<string>();
  while (names.size < count) {
    const middle = random.below(2) === 0 ? "" : random.pick(seconds);
    names.add(random.pick(firsts) + middle + random.pick(seconds) + random.pick(thirds));
  }
  return [...names];
}

function measureOne(settled: Settled, run: ReferenceRun): ReferenceRow {
  const [count, sizePt, gridPt] = ["names", "size", "grid"].map((key) => settled.number(key));
  const [font, box] = [settled.text("font"), settled.text("box")];
  const refuse = (words: string): never => {
    throw new Failure("usage", `redaction: ${words}`);
  };
  if (count === undefined || !Number.isInteger(count) || count < 2 || count > 10_000) {
    return refuse("names: expected a whole number, 2 to 10000");
  }
  if (sizePt === undefined || sizePt < 4 || sizePt > 72) return refuse("size: expected 4 to 72");
  if (gridPt === undefined || gridPt < 0 || gridPt > 1_000)
    return refuse("grid: expected 0 to 1000");
  if (!isFont(font)) return refuse(`font: expected one of ${fonts.join(", ")}`);
  if (box !== "text" && box !== "fixed") return refuse("box: expected text or fixed");
  const widthOf = widthsIn(font, sizePt);
  const widths = drawNames(count, run.seed).map(widthOf);
  const boxes = boxWidths(widths, { gridPt, isFixed: box === "fixed" });
  const share = guessedShare(boxes);
  const alone = boxes.filter((each) => fitting(each, boxes).length === 1).length;
  const isFixed = box === "fixed";
  return {
    setting: `${count} names, ${font} ${sizePt} pt, ${isFixed ? "boxes all alike" : gridPt === 0 ? "boxes as the text" : `boxes on a grid of ${gridPt} pt`}`,
    published: isFixed ? "chance" : "",
    ours: `${share.toFixed(3)} named; ${alone} alone of their width`,
    interval: "",
    agrees: isFixed ? Math.abs(share - 1 / count) < 1e-9 : null,
    note: `chance ${(1 / count).toFixed(4)}; exact over all names of this list`,
  };
}

function isFont(name: string): name is Font {
  return fonts.some((font) => font === name);
}

/** What the width of a black box says about the name below it. */
export const redaction: Reference = {
  name: "redaction",
  source: "Bland, Iyer and Levchenko 2022; LEAKLAB 3.15",
  parameters,
  async rows(run) {
    const settings = [
      [],
      ["font=Times-Roman"],
      ["font=Courier"],
      ["grid=1"],
      ["grid=6"],
      ["box=fixed"],
      ["names=1000"],
    ];
    return settings.map((each) => measureOne(settle("redaction", parameters, each), run));
  },
  measure: async (settled, run) => [measureOne(settled, run)],
  differs:
    "The paper also uses shifts of single glyphs that word processors leave behind, and a prior over names; here there is the width of the box alone, and every name is as likely. LEAKLAB prints no figure for it.",
};
