import PDFDocument from "pdfkit";
import { assert } from "#shared/failure.ts";

/** Fonts that every reader of PDF files has, with published widths. */
export const fonts = ["Helvetica", "Times-Roman", "Courier"] as const;
export type Font = (typeof fonts)[number];

/** Gives the width of a text in points, by the font's own metrics with its kerning. */
export function widthsIn(font: Font, sizePt: number): (text: string) => number {
  assert(sizePt > 0, "letters have a size");
  const document = new PDFDocument({ autoFirstPage: false });
  document.font(font).fontSize(sizePt);
  return (text) => document.widthOfString(text);
}

/** How the width of a box comes from what it covers. */
export interface BoxRule {
  /** Boxes are rounded up to a multiple of this many points; 0: drawn as wide as the text. */
  readonly gridPt: number;
  /** Every box has the width of the widest name. */
  readonly isFixed: boolean;
}

/** Widths of the boxes over each of these texts. */
export function boxWidths(texts: readonly number[], rule: BoxRule): number[] {
  if (rule.isFixed) return texts.map(() => Math.max(...texts));
  if (rule.gridPt === 0) return [...texts];
  return texts.map((width) => Math.ceil(width / rule.gridPt) * rule.gridPt);
}

/** Numbers in a PDF file have few digits: two widths this near are written alike. */
export const writtenPt = 0.005;

/**
 * Which of the candidates a box can cover (Bland, Iyer and Levchenko 2022, without their shifts of single
 * glyphs): indices of those whose own box would be as wide.
 */
export function fitting(boxPt: number, candidates: readonly number[]): number[] {
  return candidates.flatMap((width, index) =>
    Math.abs(width - boxPt) <= writtenPt ? [index] : [],
  );
}

/** Chance to name what a box covers by one best guess, each candidate being as likely as any other. */
export function guessedShare(boxes: readonly number[]): number {
  if (boxes.length === 0) return 0;
  return boxes.reduce((sum, box) => sum + 1 / fitting(box, boxes).length, 0) / boxes.length;
}

/** Steps that an editor of documents may round boxes to, the coarsest first: exact boxes fit no step. */
const stepsPt = [72, 48, 36, 24, 18, 12, 9, 8, 6, 5, 4, 3, 2, 1] as const;

/** By which rule a document's boxes were drawn, as far as their widths show it. */
export function ruleOf(boxes: readonly number[]): BoxRule {
  const isStep = (stepPt: number) =>
    boxes.every((box) => Math.abs(box / stepPt - Math.round(box / stepPt)) * stepPt <= writtenPt);
  const isFixed = boxes.length > 2 && Math.max(...boxes) - Math.min(...boxes) <= writtenPt;
  return { isFixed, gridPt: isFixed ? 0 : (stepsPt.find(isStep) ?? 0) };
}

/** Which candidates each box of a document can cover, every one as likely as any other. */
export function coverable(
  boxes: readonly number[],
  candidates: readonly number[],
): readonly (readonly number[])[] {
  const rule = ruleOf(boxes);
  // Boxes all alike say that no name is wider, and nothing else.
  if (rule.isFixed) {
    return boxes.map((box) =>
      candidates.flatMap((width, index) => (width <= box + writtenPt ? [index] : [])),
    );
  }
  const widths = boxWidths(candidates, rule);
  return boxes.map((box) => fitting(box, widths));
}
