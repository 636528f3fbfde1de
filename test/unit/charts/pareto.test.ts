import { expect, test } from "vitest";
import { apart } from "#client/charts/pareto.tsx";

const near = (a: { x: number; y: number }, b: { x: number; y: number }) =>
  Math.hypot(a.x - b.x, a.y - b.y);

test("numbers of points that lie on each other stand above each other, in order", () => {
  const labels = apart(
    [
      { x: 100, y: 300 },
      { x: 101, y: 300 },
      { x: 100, y: 299 },
      { x: 400, y: 300 },
    ],
    15,
  );
  expect(labels[0]).toEqual({ x: 100, y: 300 });
  expect(labels[3]).toEqual({ x: 400, y: 300 });
  labels.forEach((label, at) => {
    for (const other of labels.slice(at + 1)) expect(near(label, other)).toBeGreaterThanOrEqual(30);
  });
});

test("points that lie apart keep their numbers", () => {
  const places = [
    { x: 0, y: 0 },
    { x: 31, y: 0 },
  ];
  expect(apart(places, 15)).toEqual(places);
});
