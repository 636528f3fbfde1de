import { render } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { type Blast, blastInWords, percent, type Reading } from "#client/charts/blast.ts";
import { layOut } from "#client/charts/blast-layout.ts";
import { BlastRadius } from "#client/charts/blast-radius.tsx";

const groups = (readings: readonly Reading[]) =>
  readings.map((reading, index) => ({
    label: String(index + 1),
    readings: Array.from({ length: 10 }, () => reading),
  }));

const blast: Blast = {
  groupWord: "session",
  stolenAt: 10,
  stolenWord: "device copied",
  rows: [
    {
      name: "Nobody updates",
      note: "baseline",
      groups: groups(["stored", "key", "key"]),
      healedAt: null,
      healedBy: null,
    },
    {
      name: "Heron updates",
      note: "once",
      groups: groups(["stored", "key", "sealed"]),
      healedAt: 20,
      healedBy: "update by Heron",
    },
  ],
};

describe("the blast radius", () => {
  test("says in words what the picture shows", () => {
    const words = blastInWords(blast);
    expect(words).toContain("30 of 30 messages read, 100%, 20 with stolen keys and 10 as stored");
    expect(words).toContain("20 of 30 messages read, 67%");
    expect(words).toContain("Healed by update by Heron");
    expect(words).toContain("comes before message 11");
  });

  test("a picture has a title and a description that its own ids name", () => {
    const svg = render(<BlastRadius blast={blast} title="What was read" id="x" />);
    expect(svg).toContain('aria-labelledby="x-title x-desc"');
    expect(svg).toContain('<title id="x-title">What was read</title>');
    expect(svg).toContain('<desc id="x-desc">Each square is one message');
    expect(svg).not.toMatch(/<script|onload|href/);
  });

  test("what was read is hatched, each way in its own pattern, and what is sealed is not", () => {
    const svg = render(<BlastRadius blast={blast} title="t" id="x" />);
    expect(svg.match(/fill="url\(#x-key\)"/g)?.length).toBe(30 + 1);
    expect(svg.match(/fill="url\(#x-stored\)"/g)?.length).toBe(20 + 1);
    expect(svg).toContain('id="x-key"');
  });

  test("names from outside arrive as text", () => {
    const evil = { ...blast, rows: [{ ...blast.rows[0]!, name: "<script>alert(1)</script>" }] };
    const svg = render(<BlastRadius blast={evil} title="t" id="x" />);
    expect(svg).not.toContain("<script>");
    expect(svg).toContain("&lt;script>");
  });

  test.each(["wide", "narrow"] as const)(
    "%s: every message is one square inside the picture",
    (size) => {
      const layout = layOut(blast, size);
      for (const row of layout.rows) {
        expect(row.squares).toHaveLength(30);
        for (const square of row.squares) {
          expect(square.x).toBeGreaterThanOrEqual(layout.left - 1);
          expect(square.x + square.size).toBeLessThanOrEqual(layout.right + 1);
          expect(square.y).toBeGreaterThan(row.top);
          expect(square.y + square.size).toBeLessThanOrEqual(row.baseline + 1e-6);
        }
      }
    },
  );

  test("time runs from left to right: the theft stands before its message, the healing after the theft", () => {
    const layout = layOut(blast, "wide");
    const squares = layout.rows[0]!.squares;
    expect(layout.stolenX).not.toBeNull();
    expect(Math.max(...squares.slice(0, 10).map((s) => s.x + s.size))).toBeLessThan(
      layout.stolenX!,
    );
    expect(squares[10]!.x).toBeGreaterThan(layout.stolenX!);
    expect(layout.rows[1]!.healedX!).toBeGreaterThan(layout.stolenX!);
  });

  test.each(["wide", "narrow"] as const)(
    "%s: no line stands over a square, wherever in a column it falls",
    (size) => {
      const [one, other] = [blast.rows[0]!, blast.rows[1]!];
      for (let stolenAt = 0; stolenAt < 30; stolenAt++) {
        const healedAt = Math.min(29, stolenAt + 4);
        const rows = [one, { ...other, healedAt }];
        const layout = layOut({ ...blast, stolenAt, rows }, size);
        for (const { squares, healedX } of layout.rows) {
          for (const line of [layout.stolenX, healedX]) {
            const under = squares.filter(({ x, size: side }) => {
              return line !== null && x + 1 < line && line < x + side - 1.01;
            });
            expect(under).toEqual([]);
          }
        }
      }
    },
  );

  test("ten thousand messages are drawn one square for several, none lost", () => {
    const many: Reading[] = Array.from({ length: 10_000 }, (_, i) =>
      i < 2_500 ? "key" : "sealed",
    );
    const row = { ...blast.rows[0]!, groups: [{ label: "1", readings: many }] };
    const layout = layOut({ ...blast, rows: [row] }, "wide");
    const squares = layout.rows[0]!.squares;
    expect(layout.perSquare).toBeGreaterThan(1);
    expect(squares.length).toBeLessThan(2_000);
    expect(squares.reduce((sum, square) => sum + square.messages, 0)).toBe(10_000);
  });

  test("no messages at all draw without failing", () => {
    expect(layOut({ ...blast, rows: [] }, "wide").rows).toEqual([]);
    expect(percent(0, 0)).toBe("–");
  });

  test("a share is rounded to 0 or 100 percent only when it is exactly that", () => {
    expect([percent(0, 300), percent(1, 300), percent(299, 300), percent(300, 300)]).toEqual([
      "0%",
      "1%",
      "99%",
      "100%",
    ]);
  });
});
