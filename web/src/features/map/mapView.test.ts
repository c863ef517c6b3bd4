import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted, nearest, toMap, toScreen, zoomed } from "./mapView";

const places = fc.record({
  x: fc.double({ min: -1, max: 1, noNaN: true }),
  y: fc.double({ min: -1, max: 1, noNaN: true }),
});
const pointers = fc.record({ x: fc.integer({ min: 0, max: 900 }), y: fc.integer({ min: 0, max: 700 }) });

test("there and back is the identity", () => {
  fc.assert(
    fc.property(places, (place) => {
      const view = fitted(900, 700);
      const back = toMap(view, toScreen(view, place));
      expect(back.x).toBeCloseTo(place.x);
      expect(back.y).toBeCloseTo(place.y);
    }),
  );
});

test("zoom leaves the place under the pointer where it is", () => {
  fc.assert(
    fc.property(pointers, fc.double({ min: 0.2, max: 5, noNaN: true }), (pointer, factor) => {
      const view = fitted(900, 700);
      const next = zoomed(view, pointer, factor);
      const [before, after] = [toMap(view, pointer), toMap(next, pointer)];
      expect(after.x).toBeCloseTo(before.x);
      expect(after.y).toBeCloseTo(before.y);
    }),
  );
});

test("the nearest within reach, or none", () => {
  const view = fitted(900, 700);
  const items = [
    { id: "a", x: 0, y: 0 },
    { id: "b", x: 0.5, y: 0 },
  ];
  expect(nearest(items, view, { x: 452, y: 351 }, 10)?.id).toBe("a");
  expect(nearest(items, view, { x: 520, y: 350 }, 10)).toBeUndefined();
});
