import { Failure } from "#shared/failure.ts";

/** A dark filled rectangle on a page, in points from the page's lower left corner. */
export interface Box {
  readonly page: number;
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

export interface HiddenBox extends Box {
  /** Text that the file holds where the box lies; null for none. */
  readonly text: string | null;
}

export interface ReadDocument {
  readonly pages: number;
  /** In reading order. */
  readonly boxes: readonly HiddenBox[];
  /** The type in which most of it is set; null where nothing is. */
  readonly type: { readonly font: string; readonly sizePt: number } | null;
  /** Everything that any reader shows and finds, boxes or not. */
  readonly text: string;
}

const pagesMax = 200;
/** A rule across the page is not a box: boxes are at least this high. */
const boxHeightPt = { min: 6, max: 40 } as const;

/**
 * Reads a PDF file with Mozilla's PDF.js: its dark rectangles from the drawing commands, and the text that
 * lies below each. Failure `malformed` for what is no PDF file.
 */
export async function readPage(bytes: Uint8Array): Promise<ReadDocument> {
  const pdfjs = await loadPdfjs();
  const loading = pdfjs.getDocument({
    data: new Uint8Array(bytes),
    verbosity: pdfjs.VerbosityLevel.ERRORS,
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
  });
  try {
    const document = await loading.promise;
    if (document.numPages > pagesMax) throw new Failure("too-large", "a document of 200 pages");
    const boxes: HiddenBox[] = [];
    const texts: string[] = [];
    const letters = new Map<string, number>();
    for (let number = 1; number <= document.numPages; number++) {
      const page = await document.getPage(number);
      const { fnArray, argsArray } = await page.getOperatorList();
      const dark = darkRectangles(number, fnArray, argsArray, pdfjs.OPS);
      const content = await page.getTextContent();
      const items = content.items.flatMap((item) => ("str" in item ? [item] : []));
      texts.push(items.map(({ str, hasEOL }) => str + (hasEOL ? "\n" : "")).join(""));
      for (const { str, fontName, height } of items) {
        const font: unknown = page.commonObjs.has(fontName) ? page.commonObjs.get(fontName) : null;
        const type = `${height} ${nameOf(font)}`;
        letters.set(type, (letters.get(type) ?? 0) + str.length);
      }
      const runs = items.filter(({ str }) => str.trim() !== "").map(runOf);
      boxes.push(...dark.map((box) => ({ ...box, text: textBelow(box, runs) })));
    }
    return { pages: document.numPages, boxes, type: mostOf(letters), text: texts.join("\n") };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("malformed", "document: not a PDF file that can be read");
  } finally {
    await loading.destroy();
  }
}

/**
 * PDF.js makes a DOMMatrix when it is loaded, and uses it to paint alone, which nobody does here. Node has
 * none, and the native canvas that PDF.js would take it from need not be installed.
 */
async function loadPdfjs() {
  if (!("DOMMatrix" in globalThis)) {
    Object.defineProperty(globalThis, "DOMMatrix", { value: class Unpainted {} });
  }
  return import("pdfjs-dist/legacy/build/pdf.mjs");
}

/** A font as the file names it. */
function nameOf(font: unknown): string {
  const isNamed = typeof font === "object" && font !== null && "name" in font;
  return isNamed ? String(font.name) : "";
}

function mostOf(letters: ReadonlyMap<string, number>): ReadDocument["type"] {
  const [most] = [...letters].sort(([, a], [, b]) => b - a);
  if (most === undefined) return null;
  const [size = "", ...font] = most[0].split(" ");
  return { font: font.join(" "), sizePt: Number(size) };
}

interface Run {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly baseline: number;
}

function runOf(item: { str: string; transform: readonly number[]; width: number }): Run {
  const [, , , , left = 0, baseline = 0] = item.transform;
  return { text: item.str, left, right: left + item.width, baseline };
}

/** Runs whose middle lies in the box: a name is written by itself, words beside the box are not below it. */
function textBelow(box: Box, runs: readonly Run[]): string | null {
  const below = runs.filter(({ left, right, baseline }) => {
    const middle = (left + right) / 2;
    const isBeside = middle > box.left && middle < box.left + box.width;
    const isInside = left >= box.left - 1 && right <= box.left + box.width + 1;
    return isBeside && isInside && baseline > box.bottom && baseline < box.bottom + box.height;
  });
  const text = below.map(({ text }) => text).join("");
  return text.trim() === "" ? null : text.trim();
}

type Matrix = readonly [number, number, number, number, number, number];

/** Follows the drawing commands: transformations, fill colours, and rectangles that are filled dark. */
function darkRectangles(
  page: number,
  commands: readonly number[],
  operands: readonly unknown[],
  ops: Readonly<Record<string, number>>,
): Box[] {
  const boxes: Box[] = [];
  let state: { matrix: Matrix; isDark: boolean } = { matrix: [1, 0, 0, 1, 0, 0], isDark: true };
  const saved: (typeof state)[] = [];
  commands.forEach((command, index) => {
    const args = operands[index];
    if (command === ops.save) saved.push(state);
    else if (command === ops.restore) state = saved.pop() ?? state;
    else if (command === ops.transform && isMatrix(args)) {
      state = { ...state, matrix: product(state.matrix, args) };
    } else if (command === ops.setFillRGBColor) state = { ...state, isDark: isDark(args) };
    else if (command === ops.constructPath && Array.isArray(args)) {
      const [finish, , extent] = args;
      const isFilled = finish === ops.fill || finish === ops.eoFill;
      const box = isFilled && state.isDark ? boxOf(page, extent, state.matrix) : null;
      if (box !== null) boxes.push(box);
    }
  });
  return boxes;
}

function isMatrix(args: unknown): args is Matrix {
  return Array.isArray(args) && args.length === 6 && args.every((each) => Number.isFinite(each));
}

function product(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[2] * b[1],
    a[1] * b[0] + a[3] * b[1],
    a[0] * b[2] + a[2] * b[3],
    a[1] * b[2] + a[3] * b[3],
    a[0] * b[4] + a[2] * b[5] + a[4],
    a[1] * b[4] + a[3] * b[5] + a[5],
  ];
}

/** `#000000`, or three octets. */
function isDark(args: unknown): boolean {
  if (!Array.isArray(args)) return false;
  const colour: unknown = args[0];
  if (typeof colour === "string") return /^#[0-3].[0-3].[0-3].$/.test(colour);
  return args.length >= 3 && args.slice(0, 3).every((each) => Number(each) < 64);
}

/** A path's extent is a box where it is about as high as a line. */
function boxOf(page: number, extent: unknown, matrix: Matrix): Box | null {
  if (!(Array.isArray(extent) || ArrayBuffer.isView(extent))) return null;
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = Array.from(extent as ArrayLike<number>);
  const at = (x: number, y: number) => [
    matrix[0] * x + matrix[2] * y + matrix[4],
    matrix[1] * x + matrix[3] * y + matrix[5],
  ];
  const [left = 0, one = 0] = at(x0, y0);
  const [right = 0, other = 0] = at(x1, y1);
  const width = Math.abs(right - left);
  const height = Math.abs(other - one);
  if (height < boxHeightPt.min || height > boxHeightPt.max || width < boxHeightPt.min) return null;
  return { page, left: Math.min(left, right), bottom: Math.min(one, other), width, height };
}
