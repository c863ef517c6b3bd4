import fc from "fast-check";
import { expect, test } from "vitest";
import { type Box, boxFromCorners, clipBox, HANDLES, handlePoint, resizeBox } from "./box";
import { clampMove, geometryArea, geometryBounds, settle, translate } from "./geometry";
import { decodeMask, decodeRuns, encodeRuns, type Mask, maskArea, maskBounds, maskContains } from "./mask";
import { imagePoint } from "./point";
import { deleteVertex, insertVertex, type Polygon, polygonArea, polygonContains, simplify } from "./polygon";
import { snap } from "./snap";

const image = { width: 640, height: 480 };
const x = fc.double({ min: -50, max: 700, noNaN: true });
const y = fc.double({ min: -50, max: 530, noNaN: true });
const box = fc
  .record({
    x: fc.double({ min: 0, max: 500, noNaN: true }),
    y: fc.double({ min: 0, max: 400, noNaN: true }),
    width: fc.double({ min: 1, max: 100, noNaN: true }),
    height: fc.double({ min: 1, max: 60, noNaN: true }),
  })
  .map((sides): Box => ({ type: "box", ...sides }));

test("a box from corners has no negative side, and Shift makes it square", () => {
  fc.assert(
    fc.property(x, y, x, y, (ax, ay, bx, by) => {
      const plain = boxFromCorners(imagePoint(ax, ay), imagePoint(bx, by));
      expect(Math.min(plain.width, plain.height)).toBeGreaterThanOrEqual(0);
      const square = boxFromCorners(imagePoint(ax, ay), imagePoint(bx, by), true);
      expect(square.width).toBeCloseTo(square.height, 6);
    }),
  );
});

test("a resized box touches the pointer and keeps the opposite handle", () => {
  fc.assert(
    fc.property(box, fc.constantFrom(...HANDLES), x, y, (of, handle, px, py) => {
      const resized = resizeBox(of, handle, imagePoint(px, py));
      const sidesX = [resized.x, resized.x + resized.width];
      const near = (sides: number[], value: number) => Math.min(...sides.map((side) => Math.abs(side - value)));
      if (handle.dx !== 0) expect(near(sidesX, px)).toBeLessThan(1e-6);
      const opposite = handlePoint(of, { dx: -handle.dx as 0, dy: -handle.dy as 0 });
      if (handle.dx !== 0) expect(near(sidesX, opposite.x)).toBeLessThan(1e-6);
      else expect([resized.x, resized.width]).toEqual([expect.closeTo(of.x, 6), expect.closeTo(of.width, 6)]);
    }),
  );
});

test("a settled box lies within the image", () => {
  fc.assert(
    fc.property(box, x, y, (of, dx, dy) => {
      const settled = settle(translate(of, dx, dy), image);
      if (settled?.type !== "box") return;
      expect(settled.x).toBeGreaterThanOrEqual(0);
      expect(settled.x + settled.width).toBeLessThanOrEqual(image.width);
      expect(settled.y + settled.height).toBeLessThanOrEqual(image.height);
    }),
  );
});

test("a move stops at the rim", () => {
  fc.assert(
    fc.property(box, x, y, (of, dx, dy) => {
      const by = clampMove(of, dx - 300, dy - 200, image);
      const moved = translate(of, by.dx, by.dy);
      expect(clipBox(moved, image).width).toBeCloseTo(of.width, 6);
      expect(clipBox(moved, image).height).toBeCloseTo(of.height, 6);
    }),
  );
});

const ringed: Polygon = {
  type: "polygon",
  rings: [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
    ],
    [
      [4, 4],
      [6, 4],
      [6, 6],
      [4, 6],
    ],
  ],
};

test("a hole is outside and has no area", () => {
  expect(polygonArea(ringed)).toBe(96);
  expect(polygonContains(ringed, imagePoint(2, 5))).toBe(true);
  expect(polygonContains(ringed, imagePoint(5, 5))).toBe(false);
  expect(geometryBounds(ringed)).toEqual({ x: 0, y: 0, width: 10, height: 10 });
});

test("a vertex put in and taken out leaves the polygon as it was; a triangle loses none", () => {
  const more = insertVertex(ringed, { ring: 0, index: 1 }, imagePoint(5, 0));
  expect(more.rings[0]).toHaveLength(5);
  expect(deleteVertex(more, { ring: 0, index: 1 })).toEqual(ringed);
  const triangle: Polygon = {
    type: "polygon",
    rings: [
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    ],
  };
  expect(deleteVertex(triangle, { ring: 0, index: 0 })).toBeNull();
});

test("a simplified trail keeps its ends and strays no farther than the tolerance", () => {
  const point = fc.tuple(x, y).map(([px, py]) => imagePoint(px, py));
  fc.assert(
    fc.property(fc.array(point, { minLength: 2, maxLength: 80 }), (trail) => {
      const kept = simplify(trail, 5);
      expect([kept[0], kept.at(-1)]).toEqual([trail[0], trail.at(-1)]);
      expect(simplify(kept, 0)).toEqual(expect.arrayContaining([kept[0], kept.at(-1)]));
      expect(kept.every((each) => trail.includes(each))).toBe(true);
    }),
  );
  const straight = [0, 1, 2, 3].map((each) => imagePoint(each, each));
  expect(simplify(straight, 0.1)).toEqual([straight[0], straight[3]]);
});

test("run lengths survive COCO's compression", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5_000_000), { minLength: 1, maxLength: 60 }), (runs) => {
      expect(decodeRuns(encodeRuns(runs))).toEqual(runs);
    }),
  );
});

test("a mask knows its pixels, its area and its bounds", () => {
  // pycocotools encodes this 3x4 picture, rows 1-2 of columns 1-2 set, as runs 4 2 1 2 3.
  const mask: Mask = { type: "mask", size: [3, 4], counts: encodeRuns([4, 2, 1, 2, 3]) };
  expect([...decodeMask(mask)]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
  expect([maskArea(mask), geometryArea(mask)]).toEqual([4, 4]);
  expect(maskBounds(mask)).toEqual({ x: 1, y: 1, width: 2, height: 2 });
  expect([maskContains(mask, imagePoint(1.5, 1.5)), maskContains(mask, imagePoint(0.5, 1.5))]).toEqual([true, false]);
});

test("snapping takes a corner before an edge, an edge before the rim, and else nothing", () => {
  const shape = {
    id: "a",
    geometry: { type: "box" as const, x: 100, y: 100, width: 50, height: 50 },
    bounds: { x: 100, y: 100, width: 50, height: 50 },
  };
  const at = (px: number, py: number) => snap(imagePoint(px, py), [shape], image, 6);
  expect([at(103, 98), at(125, 103), at(3, 300), at(300, 300)]).toEqual([
    { x: 100, y: 100 },
    { x: 125, y: 100 },
    { x: 0, y: 300 },
    { x: 300, y: 300 },
  ]);
});
