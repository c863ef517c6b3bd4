import fc from "fast-check";
import { expect, test } from "vitest";
import type { Box } from "./box";
import { geometryBounds } from "./geometry";
import { cycle, type Hittable, hitHandle, hitTest, hitVertex, nearestEdge } from "./hitTest";
import { imagePoint } from "./point";
import type { Polygon } from "./polygon";

const boxed = (id: string, x: number, y: number, width: number, height: number): Hittable => {
  const geometry: Box = { type: "box", x, y, width, height };
  return { id, geometry, bounds: geometryBounds(geometry) };
};

test("what is hit contains the point, and the smallest comes first", () => {
  const shape = fc
    .tuple(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }))
    .map(([x, y, w, h]) => boxed(`${x},${y},${w},${h}`, x, y, w, h));
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 40 }), fc.nat(160), fc.nat(160), (shapes, px, py) => {
      const hits = hitTest(shapes, imagePoint(px, py), 0);
      const inside = ({ bounds: b }: Hittable) => px >= b.x && px <= b.x + b.width && py >= b.y && py <= b.y + b.height;
      expect(hits.length).toBe(shapes.filter(inside).length);
      const areas = hits.map(({ bounds }) => bounds.width * bounds.height);
      expect(areas).toEqual([...areas].sort((a, b) => a - b));
    }),
  );
});

test("clicking again and again goes down the stack and round", () => {
  const stack = [boxed("big", 0, 0, 100, 100), boxed("small", 40, 40, 10, 10), boxed("middle", 20, 20, 50, 50)];
  const hits = hitTest(stack, imagePoint(45, 45), 0);
  const seen = [undefined, "small", "middle", "big"].map((current) => cycle(hits, current)?.id);
  expect(seen).toEqual(["small", "middle", "big", "small"]);
});

test("a corner handle wins over a side on a tiny box", () => {
  expect(hitHandle({ type: "box", x: 0, y: 0, width: 2, height: 2 }, imagePoint(0, 0), 5)).toEqual({ dx: -1, dy: -1 });
  expect(hitHandle({ type: "box", x: 0, y: 0, width: 100, height: 100 }, imagePoint(50, 50), 5)).toBeNull();
});

test("vertices are found near, edges between them", () => {
  const polygon: Polygon = {
    type: "polygon",
    rings: [
      [
        [0, 0],
        [10, 0],
        [10, 10],
      ],
    ],
  };
  expect(hitVertex(polygon, imagePoint(9, 1), 2)).toEqual({ ring: 0, index: 1 });
  expect(nearestEdge(polygon, imagePoint(5, 1), 2)).toEqual({ at: { ring: 0, index: 1 }, point: { x: 5, y: 0 } });
  expect(nearestEdge(polygon, imagePoint(30, 30), 2)).toBeNull();
});
