import { render } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import type { Figure, ParetoFigure } from "#client/charts/figure.ts";
import { FigureView } from "#client/charts/figure-view.tsx";
import { frontOf } from "#client/charts/pareto.tsx";

const base = { title: 'A "title" <b>', caption: "What to see & where." };
const linear = { label: "share", scale: "linear" } as const;
const log = { label: "messages", scale: "log" } as const;

const figures: readonly Figure[] = [
  {
    ...base,
    kind: "curve",
    id: "curve",
    x: log,
    y: linear,
    chance: 0.1,
    series: [
      {
        name: "one",
        points: [
          { x: 1, y: 0.2, low: 0.1, high: 0.3 },
          { x: 10, y: 0.8, low: 0.7, high: 0.9 },
        ],
      },
      { name: "two", points: [{ x: 0, y: 0.5, low: null, high: null }] },
    ],
  },
  {
    ...base,
    kind: "bars",
    id: "bars",
    y: linear,
    chance: 0.025,
    bars: [
      { name: "none", value: 0.9, low: 0.8, high: 1 },
      { name: "all", value: 0, low: null, high: null },
    ],
  },
  {
    ...base,
    kind: "heat",
    id: "heat",
    scale: "dark leaks",
    rows: [
      {
        name: "x",
        note: "y",
        tiles: [
          { name: "as it is", value: 1, text: "1", verdict: "" },
          {
            name: "a defence with a very long name that needs two lines",
            value: 0,
            text: "0",
            verdict: "less leaks",
          },
          { name: "unknown", value: null, text: "–", verdict: "not measured" },
        ],
      },
    ],
  },
  {
    ...base,
    kind: "timeline",
    id: "timeline",
    startMs: 0,
    endMs: 3_600_000,
    lanes: [
      {
        name: "lane",
        events: [
          { atMs: 10, kind: "text" },
          { atMs: 500, kind: "commit" },
        ],
      },
    ],
    marks: [
      { atMs: 100, words: "stolen" },
      { atMs: 200, words: "noticed" },
    ],
  },
  {
    ...base,
    kind: "pareto",
    id: "pareto",
    x: linear,
    y: linear,
    points: [
      { name: "as it is", x: 0, y: 1, low: null, high: null },
      { name: "dear", x: 5, y: 0.2, low: 0.1, high: 0.3 },
    ],
  },
];

const empty: readonly Figure[] = [
  { ...base, kind: "curve", id: "e1", x: log, y: linear, chance: null, series: [] },
  { ...base, kind: "bars", id: "e2", y: linear, chance: null, bars: [] },
  { ...base, kind: "heat", id: "e3", scale: "", rows: [] },
  { ...base, kind: "timeline", id: "e4", startMs: 0, endMs: 0, lanes: [], marks: [] },
  { ...base, kind: "pareto", id: "e5", x: linear, y: linear, points: [] },
];

const draw = (figure: Figure, size: "wide" | "narrow" = "wide") =>
  render(<FigureView figure={figure} id={figure.id} size={size} />);

describe("a figure", () => {
  test.each([...figures, ...empty])("$kind $id is drawn without a broken number", (figure) => {
    for (const size of ["wide", "narrow"] as const) {
      const svg = draw(figure, size);
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toMatch(/NaN|Infinity|undefined|="null"/);
    }
  });

  test.each(figures)("$kind says in words what it shows, under its title", (figure) => {
    const svg = draw(figure);
    expect(svg).toContain(`<title id="${figure.id}-title">`);
    expect(svg).toContain("What to see &amp; where.");
  });

  test.each(figures)("$kind takes texts as texts", (figure) => {
    expect(draw(figure)).not.toContain("<b>");
    expect(draw(figure)).not.toMatch(/<script|<style|on\w+=|href=/);
  });

  test("more leak is a longer bar in the heat map, so that it reads without colour", () => {
    const heat = figures.find(({ kind }) => kind === "heat") as Figure;
    const widths = [...draw(heat).matchAll(/width="([\d.]+)" height="8"/g)].map(([, w]) =>
      Number(w),
    );
    expect(widths).toHaveLength(3);
    expect(widths[0]).toBeGreaterThan(200);
    expect(widths[1]).toBe(0);
  });

  test("series differ in colour, in dashes and in the shape of their points", () => {
    const curve = figures[0] as Figure;
    const svg = draw(curve);
    expect(svg).toContain("var(--s1");
    expect(svg).toContain("var(--s2");
    expect(svg).toContain('stroke-dasharray="10 5"');
    expect(svg).toContain("<circle");
  });
});

describe("the front of leak against price", () => {
  const points = (...pairs: readonly (readonly [number, number])[]): ParetoFigure["points"] =>
    pairs.map(([x, y], index) => ({ name: `${index}`, x, y, low: null, high: null }));
  const names = (of: ParetoFigure["points"]) => frontOf(of).map(({ name }) => name);

  test("holds what nothing else beats in both", () => {
    expect(names(points([0, 1], [5, 0.2], [3, 0.5], [6, 0.6], [9, 0.2]))).toEqual(["0", "2", "1"]);
  });

  test("of two for the same price holds the one that leaks less", () => {
    expect(names(points([0, 1], [0, 0.4]))).toEqual(["1"]);
  });

  test("of nothing is empty", () => {
    expect(frontOf([])).toEqual([]);
  });
});
