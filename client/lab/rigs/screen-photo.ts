import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { encode as encodePng } from "fast-png";
import { encode as encodeQr } from "uqr";
import { seeded } from "../seeded.ts";

/** What the press office did to the picture before it was published. */
export const pictureKinds = ["words-hidden", "corner-hidden", "cropped"] as const;
export type PictureKind = (typeof pictureKinds)[number];

export interface ScreenPlan {
  readonly seed: number;
  readonly kind: PictureKind;
  /** What the QR code on the screen holds. */
  readonly link: string;
  readonly channel: string;
  readonly newcomer: string;
  readonly members: readonly string[];
}

/** Pixels of the picture; the scene is drawn on 1200 by 800. */
const size = { width: 960 } as const;
/** Octets of a colour that the sensor's noise moves up or down, one standard deviation. */
const noiseOctets = 7;

let ready: Promise<Uint8Array> | null = null;

/** The renderer, started once, and a font for it. */
function renderer(): Promise<Uint8Array> {
  ready ??= (async () => {
    const require = createRequire(import.meta.url);
    await initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
    const pdfjs = dirname(require.resolve("pdfjs-dist/package.json"));
    return new Uint8Array(
      await readFile(join(pdfjs, "standard_fonts", "LiberationSans-Regular.ttf")),
    );
  })();
  return ready;
}

/** A photograph of a screen on which somebody is being invited, as a PNG file. The seed tilts and grains it. */
export async function photographScreen(plan: ScreenPlan): Promise<Uint8Array> {
  const font = await renderer();
  // What is out of focus has nothing fine in it: blurred small, it takes a sixteenth of the time.
  const room = render(roomScene(), size.width / 4, font);
  const roomUrl = `data:image/png;base64,${Buffer.from(room.asPng()).toString("base64")}`;
  room.free();
  const image = render(scene(plan, roomUrl), size.width, font);
  const { width, height } = image;
  const data = expose(image.pixels, width, height, plan.seed);
  image.free();
  return encodePng({ width, height, data, channels: 3, depth: 8 });
}

function render(svg: string, width: number, font: Uint8Array) {
  const drawn = new Resvg(svg, {
    fitTo: { mode: "width", value: width },
    font: { fontBuffers: [font], defaultFontFamily: "Liberation Sans", loadSystemFonts: false },
  });
  const image = drawn.render();
  drawn.free();
  return image;
}

/** Darker to the corners, and grained: what a lens and a sensor do to light. */
function expose(rgba: Uint8Array, width: number, height: number, seed: number): Uint8Array {
  const choices = seeded("sensor", seed);
  // A tile of noise, drawn once: the hash behind the seed is slow for a million pixels.
  const tile = Int8Array.from({ length: 8_191 }, () =>
    Math.round(noiseOctets * Math.sqrt(3) * (choices.next() + choices.next() - 1) * Math.SQRT2),
  );
  const data = new Uint8Array(width * height * 3);
  const [middleX, middleY] = [width / 2, height / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const far = ((x - middleX) / middleX) ** 2 + ((y - middleY) / middleY) ** 2;
      const light = 1 - 0.16 * far;
      const at = y * width + x;
      for (let channel = 0; channel < 3; channel++) {
        const noise = tile[(at * 3 + channel * 2_731 + y * 677) % tile.length] ?? 0;
        const value = (rgba[at * 4 + channel] ?? 0) * light + noise;
        data[at * 3 + channel] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
  return data;
}

/** What is behind the laptop, out of focus. */
function roomScene(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 800">
<defs>
<linearGradient id="wall" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#b9ae9b"/><stop offset="1" stop-color="#7d7466"/></linearGradient>
<linearGradient id="desk" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#5b4130"/><stop offset="1" stop-color="#2f2119"/></linearGradient>
<filter id="far" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="14"/></filter>
</defs>
<rect width="1200" height="800" fill="url(#wall)"/>
<g filter="url(#far)">
<rect x="60" y="-40" width="250" height="420" fill="#dfe7ea"/><rect x="180" y="-40" width="14" height="420" fill="#867a68"/>
<rect x="930" y="40" width="190" height="300" fill="#49525a"/><circle cx="1090" cy="520" r="90" fill="#3d4d35"/>
</g>
<rect y="600" width="1200" height="200" fill="url(#desk)"/>
<g filter="url(#far)"><ellipse cx="600" cy="716" rx="520" ry="40" fill="#000" opacity="0.45"/><ellipse cx="90" cy="770" rx="150" ry="70" fill="#e9e4da"/></g>
</svg>`;
}

/** The room, the laptop and, askew, what its screen shows. */
function scene(plan: ScreenPlan, roomUrl: string): string {
  const choices = seeded("camera", plan.seed);
  const tilt = 5 * choices.next() - 2.5;
  const skew = 4 * choices.next() - 2;
  const zoom = 0.94 + 0.06 * choices.next();
  const camera = `translate(600 380) rotate(${tilt}) skewX(${skew}) scale(${zoom}) translate(-600 -380)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1200 800" font-family="Liberation Sans">
<defs>
<linearGradient id="glare" x1="0" y1="0" x2="1" y2="0.7"><stop offset="0" stop-color="#fff" stop-opacity="0.16"/><stop offset="0.45" stop-color="#fff" stop-opacity="0.02"/><stop offset="1" stop-color="#fff" stop-opacity="0.1"/></linearGradient>
<filter id="focus"><feGaussianBlur stdDeviation="0.7"/></filter>
</defs>
<image xlink:href="${roomUrl}" width="1200" height="800" preserveAspectRatio="none"/>
<g transform="${camera}" filter="url(#focus)">
<rect x="190" y="80" width="820" height="560" rx="18" fill="#17191c"/>
<svg x="214" y="104" width="772" height="500" viewBox="0 0 772 500">${screen(plan)}</svg>
<path d="M150 640 H1050 L1100 706 Q1102 722 1080 722 H120 Q98 722 100 706 Z" fill="#8f9296"/>
<path d="M150 640 H1050 L1056 648 H144 Z" fill="#55585c"/>${keyboard()}
<rect x="214" y="104" width="772" height="500" fill="url(#glare)"/>
</g>
</svg>`;
}

function keyboard(): string {
  const rows = Array.from({ length: 3 }, (_, row) => {
    const y = 655 + 16 * row;
    return Array.from({ length: 22 }, (_, key) => {
      const left = 190 - 12 * row;
      const step = (1200 - 2 * left) / 22;
      return `<rect x="${left + key * step}" y="${y}" width="${step - 5}" height="11" rx="2" fill="#2a2c2f"/>`;
    }).join("");
  });
  return rows.join("");
}

/** The page on the screen. The press office has greyed out the talk and the words of the code. */
function screen(plan: ScreenPlan): string {
  const lines = seeded("greyed lines", plan.seed);
  const talk = Array.from({ length: 9 }, (_, index) => {
    const y = 92 + 42 * index;
    const width = 120 + Math.round(170 * lines.next());
    const x = 150 + (index % 3 === 2 ? 300 - width : 0);
    return `<rect x="${x}" y="${y}" width="${width}" height="28" rx="8" fill="#c9ced4"/>`;
  });
  const members = plan.members.map(
    (label, index) =>
      `<circle cx="24" cy="${96 + 34 * index}" r="8" fill="#5f8a76"/><text x="40" y="${101 + 34 * index}" font-size="14" fill="#e6e9ec">${escaped(label)}</text>`,
  );
  return `<rect width="772" height="500" fill="#f4f5f6"/>
<rect width="130" height="500" fill="#27313a"/><rect width="772" height="44" fill="#1d252c"/>
<text x="16" y="28" font-size="16" fill="#fff">Backchannel</text>
<text x="150" y="28" font-size="16" fill="#cfd6dc">${escaped(plan.channel)}</text>
<text x="16" y="72" font-size="12" fill="#9fb0bd">members</text>${members.join("")}${talk.join("")}
${plan.kind === "cropped" ? "" : invitation(plan)}`;
}

function invitation({ link, newcomer, kind }: ScreenPlan): string {
  const { data } = encodeQr(link, { border: 2 });
  const side = 200;
  const module = side / data.length;
  const dark = data.flatMap((row, y) =>
    row.flatMap((isDark, x) =>
      isDark
        ? [`<rect x="${x * module}" y="${y * module}" width="${module}" height="${module}"/>`]
        : [],
    ),
  );
  // A sticker over the corner that has no finder pattern, a quarter of the code's side each way.
  const sticker =
    kind === "corner-hidden"
      ? `<rect x="${side * 0.7}" y="${side * 0.7}" width="${side * 0.3}" height="${side * 0.3}" fill="#d8c64a"/>`
      : "";
  return `<rect x="500" y="70" width="252" height="376" rx="10" fill="#fff" stroke="#c4cad0"/>
<text x="520" y="102" font-size="17" fill="#1d252c">Invite ${escaped(newcomer)}</text>
<text x="520" y="124" font-size="12" fill="#596570">Say these words, or show the code:</text>
<g fill="#10151a" shape-rendering="crispEdges" transform="translate(526 140)">${dark.join("")}${sticker}</g>
<rect x="520" y="352" width="212" height="26" rx="4" fill="#101010"/>
<text x="520" y="404" font-size="12" fill="#596570">One guess. Good for ten minutes.</text>
<rect x="520" y="414" width="96" height="24" rx="5" fill="#2f6f55"/><text x="541" y="430" font-size="12" fill="#fff">Withdraw</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}
