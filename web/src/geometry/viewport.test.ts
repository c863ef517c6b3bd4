import fc from "fast-check";
import { expect, test } from "vitest";
import { imagePoint, screenPoint } from "./point";
import { clampPan, clampScale, fitted, MAX_SCALE, toImage, toScreen, visibleBounds, zoomAt } from "./viewport";

const coordinate = fc.double({ min: -1e5, max: 1e5, noNaN: true });
const scale = fc.double({ min: 0.001, max: MAX_SCALE, noNaN: true });
const viewport = fc.record({ scale, tx: coordinate, ty: coordinate });
const size = fc.record({ width: fc.integer({ min: 1, max: 20_000 }), height: fc.integer({ min: 1, max: 20_000 }) });

test("screen to image to screen is the identity", () => {
  fc.assert(
    fc.property(viewport, coordinate, coordinate, (view, x, y) => {
      const back = toScreen(view, toImage(view, screenPoint(x, y)));
      expect(back.x).toBeCloseTo(x, 6);
      expect(back.y).toBeCloseTo(y, 6);
    }),
  );
});

test("zooming leaves the image point under the pointer where it is", () => {
  fc.assert(
    fc.property(viewport, coordinate, coordinate, scale, (view, x, y, to) => {
      const pointer = screenPoint(x, y);
      const under = toImage(view, pointer);
      const after = toScreen(zoomAt(view, pointer, to), under);
      const tolerance =
        1e-6 *
        Math.max(1, to / view.scale) *
        Math.max(1, Math.abs(x), Math.abs(y), Math.abs(view.tx), Math.abs(view.ty));
      expect(Math.abs(after.x - x)).toBeLessThan(tolerance);
      expect(Math.abs(after.y - y)).toBeLessThan(tolerance);
    }),
  );
});

test("fitting shows every corner of the image", () => {
  fc.assert(
    fc.property(size, size, (image, canvas) => {
      const view = fitted(image, canvas, 0);
      const shown = visibleBounds(view, canvas);
      expect(shown.x).toBeLessThanOrEqual(1e-6);
      expect(shown.y).toBeLessThanOrEqual(1e-6);
      expect(shown.width).toBeGreaterThanOrEqual(image.width - 1e-6);
      expect(shown.height).toBeGreaterThanOrEqual(image.height - 1e-6);
    }),
  );
});

test("however it is panned, some of the image stays on the canvas", () => {
  fc.assert(
    fc.property(viewport, size, size, (view, image, canvas) => {
      const { scale: s, tx, ty } = clampPan(view, image, canvas);
      expect(tx).toBeLessThan(canvas.width);
      expect(ty).toBeLessThan(canvas.height);
      expect(tx + image.width * s).toBeGreaterThan(0);
      expect(ty + image.height * s).toBeGreaterThan(0);
    }),
  );
});

test("the scale stays between half the fitting one and 64", () => {
  const image = { width: 1000, height: 500 };
  const canvas = { width: 500, height: 500 };
  expect([0, 0.3, 1000].map((each) => clampScale(each, image, canvas))).toEqual([0.25, 0.3, 64]);
});

test("an image point lands where scale and offset say", () => {
  expect(toScreen({ scale: 2, tx: 10, ty: -5 }, imagePoint(3, 4))).toEqual({ x: 16, y: 3 });
});
