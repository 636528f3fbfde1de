import PDFDocument from "pdfkit";
import { type Font, widthsIn } from "../algorithms/redaction.ts";

/** A run of text of the minutes; a box hides a name. */
export type Span =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "name"; readonly text: string; readonly boxPt: number };

/** What an exporter draws where a name stands, at the left end of its line. */
export type CoverName = (
  document: PDFKit.PDFDocument,
  name: { readonly text: string; readonly boxPt: number },
  at: { readonly x: number; readonly y: number },
) => void;

export interface MinutesItem {
  readonly speaker: string;
  readonly spans: readonly Span[];
}

export interface Minutes {
  readonly title: string;
  readonly reference: string;
  readonly heading: string;
  readonly items: readonly MinutesItem[];
}

/** The font of the minutes, which every reader of PDF files has. */
export const minutesFont: Font = "Helvetica";
export const minutesSizePt = 11;
const leadingPt = 17;
const margin = { left: 72, top: 72, right: 72, bottom: 84 } as const;
const page = { width: 595.28, height: 841.89 } as const;

/** The file of published minutes on A4. Nothing in it depends on the clock. */
export async function exportMinutes(minutes: Minutes, cover: CoverName): Promise<Uint8Array> {
  const document = new PDFDocument({
    size: "A4",
    margins: margin,
    // Uncompressed: that a text lies in the file is seen with any editor.
    compress: false,
    info: { Title: minutes.title, Producer: "minutes", CreationDate: new Date(0) },
  });
  const parts: Uint8Array[] = [];
  document.on("data", (part: Uint8Array) => parts.push(part));
  const ended = new Promise<void>((resolve, reject) => {
    document.on("end", () => resolve());
    document.on("error", reject);
  });
  drawHead(document, minutes);
  let y = 190;
  for (const [index, { speaker, spans }] of minutes.items.entries()) {
    const words: Span[] = [{ kind: "text", text: `${speaker}: ` }, ...spans];
    const lines = breakLines(words, page.width - margin.left - margin.right - 24);
    if (y + lines.length * leadingPt > page.height - margin.bottom) {
      document.addPage();
      y = margin.top;
    }
    plain(document);
    document.text(`${index + 1}.`, margin.left, y, { lineBreak: false });
    for (const line of lines) {
      drawLine(document, line, { x: margin.left + 24, y }, cover);
      y += leadingPt;
    }
    y += 6;
  }
  document.end();
  await ended;
  return new Uint8Array(Buffer.concat(parts));
}

function drawHead(document: PDFKit.PDFDocument, { title, reference, heading }: Minutes): void {
  const width = page.width - margin.left - margin.right;
  document.font("Times-Bold").fontSize(20).fillColor("#111111");
  document.text(title, margin.left, margin.top, { width });
  document.font("Times-Roman").fontSize(10).fillColor("#444444");
  document.text(reference, margin.left, 102, { width });
  document
    .moveTo(margin.left, 122)
    .lineTo(page.width - margin.right, 122)
    .lineWidth(0.8)
    .stroke("#444444");
  document.font("Times-Italic").fontSize(11).fillColor("#111111");
  document.text(heading, margin.left, 136, { width });
}

function plain(document: PDFKit.PDFDocument): void {
  document.font(minutesFont).fontSize(minutesSizePt).fillColor("#111111");
}

const widthOf = widthsIn(minutesFont, minutesSizePt);

/** How far a span goes to the right. */
function advance(span: Span): number {
  return span.kind === "name" ? span.boxPt : widthOf(span.text);
}

/** Breaks between words and never inside a name. */
function breakLines(spans: readonly Span[], widthPt: number): Span[][] {
  const pieces = spans.flatMap((span): Span[] =>
    span.kind === "name"
      ? [span]
      : (span.text.match(/\S+\s*|\s+/g) ?? []).map((text) => ({ kind: "text", text })),
  );
  const lines: Span[][] = [[]];
  let used = 0;
  for (const piece of pieces) {
    const width = advance(piece);
    const isOnlyMark = piece.kind === "text" && /^[.,;:?!)]/.test(piece.text);
    if (used + width > widthPt && used > 0 && !isOnlyMark) {
      lines.push([]);
      used = 0;
    }
    const line = lines.at(-1) as Span[];
    const last = line.at(-1);
    if (piece.kind === "text" && last?.kind === "text") {
      line[line.length - 1] = { kind: "text", text: last.text + piece.text };
    } else line.push(piece);
    used += width;
  }
  return lines;
}

function drawLine(
  document: PDFKit.PDFDocument,
  spans: readonly Span[],
  { x: start, y }: { readonly x: number; readonly y: number },
  cover: CoverName,
): void {
  let x = start;
  for (const span of spans) {
    plain(document);
    if (span.kind === "name") cover(document, span, { x, y });
    else document.text(span.text, x, y, { lineBreak: false });
    x += advance(span);
  }
}

/** A black box where a line of the minutes stands. */
export function drawBox(
  document: PDFKit.PDFDocument,
  boxPt: number,
  { x, y }: { readonly x: number; readonly y: number },
): void {
  document.rect(x, y - 2.5, boxPt, minutesSizePt + 3).fill("#000000");
}

/** Redacts: what is under the box is not in the file. */
export const removeName: CoverName = (document, { boxPt }, at) => drawBox(document, boxPt, at);
