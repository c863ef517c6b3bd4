import fc from "fast-check";
import { expect, test } from "vitest";
import { KINDS, SIZE, sceneOf } from "./scene";

test("every part lies whole in its picture, touches no other and has a box as tight as its corners", () => {
  fc.assert(
    fc.property(fc.nat(100_000), (number) => {
      const { parts } = sceneOf(number);
      for (const { x, y, width, height, corners } of parts) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(SIZE.width);
        expect(y + height).toBeLessThanOrEqual(SIZE.height);
        expect(Math.min(width, height)).toBeGreaterThan(5);
        if (corners.length === 0) continue;
        const [left, right] = [Math.min(...corners.map(([cx]) => cx)), Math.max(...corners.map(([cx]) => cx))];
        const [top, bottom] = [Math.min(...corners.map(([, cy]) => cy)), Math.max(...corners.map(([, cy]) => cy))];
        expect([x, y]).toEqual([left, top]);
        expect(x + width).toBeCloseTo(right, 9);
        expect(y + height).toBeCloseTo(bottom, 9);
      }
      const overlaps = parts.some((a, i) =>
        parts.some(
          (b, j) => i < j && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
        ),
      );
      expect(overlaps).toBe(false);
    }),
  );
});

test("the same number is the same picture; sixty of them show every kind, and some show nothing", () => {
  expect(sceneOf(7)).toEqual(sceneOf(7));
  expect(sceneOf(7)).not.toEqual(sceneOf(8));
  const scenes = Array.from({ length: 60 }, (_, number) => sceneOf(number));
  expect(new Set(scenes.flatMap(({ parts }) => parts.map(({ kind }) => kind)))).toEqual(new Set(KINDS));
  expect(scenes.filter(({ parts }) => parts.length === 0)).toHaveLength(5);
});
