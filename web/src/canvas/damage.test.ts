import fc from "fast-check";
import { expect, test } from "vitest";
import { intersects } from "../geometry/bounds";
import { damage } from "./damage";
import type { SceneShape } from "./scene";

const FIT = { scale: 0.5, tx: 10, ty: 0 };

function shapeAt(x: number, y: number): SceneShape {
  const bounds = { x, y, width: 20, height: 10 };
  const looks = { colour: "#1971c2", fill: "#1971c233", label: "cell", pattern: 0, proposal: false, locked: false };
  return { id: `${x} ${y}`, geometry: { type: "box", ...bounds }, bounds, ...looks };
}

test("only where something has come, gone or moved is painted anew", () => {
  const [a, b, c] = [shapeAt(0, 0), shapeAt(100, 100), shapeAt(300, 40)];
  const around = { x: 158, y: 18, width: 14, height: 9 };
  expect(damage([a, b], [a, b, c], FIT, 1)).toEqual(around);
  expect(damage([a, c, b], [a, b], FIT, 1)).toEqual(around);
  expect(damage([a, b], [a, c], FIT, 1)).toEqual({ x: 58, y: 18, width: 114, height: 39 });
  expect(damage([a, b], [a, b], FIT, 1)).toBeNull();
});

test("what has come to lie over another is painted whole", () => {
  const [a, b, c] = [shapeAt(0, 0), shapeAt(100, 100), shapeAt(300, 40)];
  expect(damage([a, b, c], [b, a, c], FIT, 1)).toBeNull();
});

test("whatever changes, nothing that changed is outside, and the edges are whole device pixels", () => {
  const places = fc.uniqueArray(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 12, selector: String });
  const ratios = fc.constantFrom(1, 1.25, 1.5, 2);
  fc.assert(
    fc.property(places, fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }), ratios, (spots, isIn, ratio) => {
      const all = spots.map(([x, y]) => shapeAt(7 * x, 7 * y));
      const before = all.filter((_, i) => isIn[i]);
      const after = all.filter((_, i) => isIn[i + 12]);
      const area = damage(before, after, FIT, ratio);
      const changed = all.filter((shape) => before.includes(shape) !== after.includes(shape));
      expect(area === null).toBe(changed.length === 0);
      if (!area) return;
      for (const { bounds } of changed)
        expect(
          intersects(area, { x: bounds.x * 0.5 + 10, y: bounds.y * 0.5, width: 10, height: 5 }) &&
            area.x <= bounds.x * 0.5 + 8 &&
            area.x + area.width >= bounds.x * 0.5 + 22 &&
            area.y <= bounds.y * 0.5 - 2 &&
            area.y + area.height >= bounds.y * 0.5 + 7,
        ).toBe(true);
      for (const edge of [area.x, area.y, area.x + area.width, area.y + area.height])
        expect(Math.abs(edge * ratio - Math.round(edge * ratio))).toBeLessThan(1e-9);
    }),
  );
});
