import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caught, isInside, type Point } from "./lasso";

const square: Point[] = [
  { x: 0, y: 0 },
  { x: 10, y: 0 },
  { x: 10, y: 10 },
  { x: 0, y: 10 },
];
/** Off every edge between whole places: on an edge, inside is a matter of the last bit. */
const points = fc
  .record({ x: fc.integer({ min: -20, max: 20 }), y: fc.integer({ min: -20, max: 20 }) })
  .map(({ x, y }) => ({ x: x + Math.SQRT1_2 / 10, y: y + Math.PI / 10 }));

describe("lasso", () => {
  test("catches what lies in a square and nothing beside it", () => {
    fc.assert(
      fc.property(points, ({ x, y }) => {
        expect(isInside({ x, y }, square)).toBe(x > 0 && x < 10 && y > 0 && y < 10);
      }),
    );
  });

  test("does not care where the loop begins or which way it runs", () => {
    const corners = fc.record({ x: fc.integer({ min: -20, max: 20 }), y: fc.integer({ min: -20, max: 20 }) });
    fc.assert(
      fc.property(points, fc.array(corners, { minLength: 3, maxLength: 12 }), fc.nat(), (point, loop, turn) => {
        const from = turn % loop.length;
        const turned = [...loop.slice(from), ...loop.slice(0, from)];
        expect(isInside(point, turned)).toBe(isInside(point, loop));
        expect(isInside(point, [...loop].reverse())).toBe(isInside(point, loop));
      }),
    );
  });

  test("the crossing of a figure of eight is a hole only where it overlaps itself twice", () => {
    const twice = [...square, ...square];
    expect(isInside({ x: 5, y: 5 }, twice)).toBe(false);
  });

  test("keeps the items, not only their places; a line catches nothing", () => {
    const items = [
      { id: "in", x: 5, y: 5 },
      { id: "out", x: 15, y: 5 },
    ];
    expect(caught(items, square).map(({ id }) => id)).toEqual(["in"]);
    expect(caught(items, square.slice(0, 2))).toEqual([]);
  });
});
