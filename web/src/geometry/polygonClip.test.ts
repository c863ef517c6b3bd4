import fc from "fast-check";
import { expect, test } from "vitest";
import { imagePoint } from "./point";
import { type Polygon, polygonArea, polygonContains } from "./polygon";
import { cutAlong, united } from "./polygonClip";

const IMAGE = { width: 400, height: 300 };
const square = (x: number, y: number, side: number): [number, number][] => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
];
const polygon = (...rings: [number, number][][]): Polygon => ({ type: "polygon", rings });
const areas = (polygons: readonly Polygon[]) => polygons.map((one) => Math.round(polygonArea(one)));

test("what overlaps or touches becomes one; what lies apart stays apart", () => {
  expect(areas(united([polygon(square(0, 0, 100)), polygon(square(50, 50, 100))]))).toEqual([17_500]);
  expect(areas(united([polygon(square(0, 0, 100)), polygon(square(100, 0, 100))]))).toEqual([20_000]);
  expect(areas(united([polygon(square(0, 0, 10)), polygon(square(200, 0, 100))]))).toEqual([10_000, 100]);
});

test("a hole stays one, whichever way its ring runs, and is filled by what covers it", () => {
  const ring = polygon(square(0, 0, 100), square(40, 40, 20));
  const turned = polygon(square(0, 0, 100), square(40, 40, 20).reverse());
  for (const holed of [ring, turned]) {
    expect(areas(united([holed, polygon(square(100, 0, 10))]))).toEqual([9_700]);
    expect(areas(united([holed, polygon(square(30, 30, 40))]))).toEqual([10_000]);
  }
});

test("a cut goes through all that lies on the line, holes too, and beside a polygon it does nothing", () => {
  const ring = polygon(square(0, 0, 100), square(40, 40, 20));
  expect(areas(cutAlong(ring, imagePoint(50, 20), imagePoint(50, 30), IMAGE))).toEqual([4_800, 4_800]);
  expect(cutAlong(ring, imagePoint(200, 0), imagePoint(200, 300), IMAGE)).toEqual([ring]);
  expect(cutAlong(ring, imagePoint(50, 50), imagePoint(50, 50), IMAGE)).toEqual([ring]);
});

const corner = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 300 }));
const triangle = fc.tuple(corner, corner, corner).map((ring) => polygon(ring));
const point = corner.map(([x, y]) => imagePoint(x, y));

test("cutting loses no area and invents none, and the parts put together are the whole", () => {
  fc.assert(
    fc.property(triangle, point, point, (whole, a, b) => {
      fc.pre(polygonArea(whole) > 50);
      const parts = cutAlong(whole, a, b, IMAGE);
      const total = parts.reduce((sum, part) => sum + polygonArea(part), 0);
      // Each new corner is rounded to 1/100 px.
      expect(Math.abs(total - polygonArea(whole))).toBeLessThan(10);
      const again = united(parts).reduce((sum, part) => sum + polygonArea(part), 0);
      expect(Math.abs(again - polygonArea(whole))).toBeLessThan(20);
    }),
  );
});

test("what is in one of them, and nothing else, is in what they become", () => {
  fc.assert(
    fc.property(fc.array(triangle, { minLength: 1, maxLength: 4 }), corner, (polygons, [x, y]) => {
      // Off the integer grid of the corners, so that hardly any lies on a side.
      const spot = imagePoint(x + 0.37, y + 0.53);
      const near = [-1, 1].some((d) =>
        [imagePoint(spot.x + d, spot.y), imagePoint(spot.x, spot.y + d)].some(
          (other) => polygons.some((p) => polygonContains(p, other)) !== polygons.some((p) => polygonContains(p, spot)),
        ),
      );
      fc.pre(!near);
      const inOne = polygons.some((one) => polygonContains(one, spot));
      expect(united(polygons).some((one) => polygonContains(one, spot))).toBe(inOne);
    }),
  );
});
