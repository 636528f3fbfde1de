import type { JSX } from "preact";
import type { HeatFigure } from "./figure.ts";
import { palette } from "./palette.ts";
import { Picture, type Size } from "./plot.tsx";

interface Props {
  readonly figure: HeatFigure;
  readonly id: string;
  readonly size: Size;
}

type Tile = HeatFigure["rows"][number]["tiles"][number];

interface Layout {
  readonly width: number;
  readonly columns: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly head: number;
  readonly gap: number;
  readonly font: number;
}

const layouts: Readonly<Record<Size, Layout>> = {
  wide: { width: 1200, columns: 5, tileWidth: 233, tileHeight: 92, head: 40, gap: 8, font: 17 },
  narrow: { width: 420, columns: 2, tileWidth: 204, tileHeight: 78, head: 34, gap: 6, font: 13 },
};

/**
 * A tile for each measurement: the more leaks, the darker and the longer its bar, so that it reads without
 * colour and in black and white.
 */
export function Heat({ figure, id, size }: Props): JSX.Element {
  const layout = layouts[size];
  const { columns, tileHeight, gap, head } = layout;
  let y = 8;
  const rows = figure.rows.map((row) => {
    const top = y;
    const lines = Math.ceil(row.tiles.length / columns);
    y += head + lines * (tileHeight + gap) + 14;
    return { row, top };
  });
  const scale = linesOf(figure.scale, Math.floor(layout.width / (layout.font * 0.5)));
  return (
    <Picture
      frame={{ width: layout.width, height: y + 8 + scale.length * (layout.font + 4) }}
      id={id}
      title={figure.title}
      words={wordsOf(figure)}
    >
      {rows.map(({ row, top }) => (
        <g key={row.name}>
          <text x={0} y={top + head - 14} font-size={layout.font + 3} fill={palette.ink}>
            <tspan font-weight="700">{row.name}</tspan>
            <tspan dx="12" font-size={layout.font - 1} fill={palette.quiet}>
              {row.note}
            </tspan>
          </text>
          {row.tiles.map((tile, index) => (
            <HeatTile
              key={tile.name}
              tile={tile}
              layout={layout}
              x={(index % columns) * (layout.tileWidth + gap)}
              y={top + head + Math.floor(index / columns) * (tileHeight + gap)}
            />
          ))}
        </g>
      ))}
      {scale.map((line, index) => (
        <text
          key={line}
          x={0}
          y={y + 16 + index * (layout.font + 4)}
          font-size={layout.font - 1}
          fill={palette.quiet}
        >
          {line}
        </text>
      ))}
    </Picture>
  );
}

interface TileProps {
  readonly tile: Tile;
  readonly layout: Layout;
  readonly x: number;
  readonly y: number;
}

function HeatTile({ tile, layout, x, y }: TileProps): JSX.Element {
  const { tileWidth, tileHeight, font } = layout;
  const share = tile.value === null ? 0 : Math.min(1, Math.max(0, tile.value));
  const letters = Math.floor((tileWidth - 20) / (font * 0.53));
  return (
    <g>
      <rect
        x={x}
        y={y}
        width={tileWidth}
        height={tileHeight}
        rx="6"
        fill={palette.sealed}
        fill-opacity={tile.value === null ? 0 : 0.55}
        stroke={palette.rule}
        stroke-dasharray={tile.value === null ? "5 4" : ""}
      />
      <rect
        x={x}
        y={y}
        width={tileWidth}
        height={tileHeight}
        rx="6"
        fill={palette.leak}
        fill-opacity={share === 0 ? 0 : 0.08 + 0.3 * share}
      />
      <rect
        x={x + 1}
        y={y + tileHeight - 9}
        width={Math.max(0, (tileWidth - 2) * share)}
        height={8}
        fill={palette.leak}
      />
      {twoLines(tile.name, letters).map((line, index) => (
        <text
          key={index}
          x={x + 10}
          y={y + font + 4 + index * (font + 2)}
          font-size={font - 1}
          fill={palette.ink}
        >
          {line}
        </text>
      ))}
      <text
        x={x + 10}
        y={y + tileHeight - 17}
        font-size={font + 3}
        font-weight="800"
        fill={share === 0 ? palette.sealedEdge : palette.leak}
      >
        {tile.text}
      </text>
      <text
        x={x + tileWidth - 10}
        y={y + tileHeight - 17}
        font-size={font - 2}
        text-anchor="end"
        fill={palette.quiet}
      >
        {tile.verdict}
      </text>
    </g>
  );
}

/** A sentence in as many lines as it needs, broken between words. */
function linesOf(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A name in one line or two, broken between words; what does not fit ends in `…`. */
function twoLines(text: string, letters: number): string[] {
  if (text.length <= letters) return [text];
  const at = text.lastIndexOf(" ", letters);
  const cut = at > 0 ? at : letters;
  const rest = text.slice(cut).trim();
  const second = rest.length > letters ? `${rest.slice(0, letters - 1)}…` : rest;
  return [text.slice(0, cut), second];
}

function wordsOf(figure: HeatFigure): string {
  const rows = figure.rows.map(({ name, note, tiles }) => {
    const said = tiles.map((tile) => `${tile.name} ${tile.text} (${tile.verdict})`);
    return `${name}, ${note}: ${said.join(", ")}`;
  });
  return `${figure.caption} ${rows.join("; ")}.`;
}
