import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { focusedAfter, gridOf, placeOf, scrollTopToShow, visibleSpan } from "./gridMaths";

const counts = fc.integer({ min: 1, max: 1_000_000 });
const widths = fc.integer({ min: 200, max: 4_000 });

describe("virtual grid", () => {
  test("places every picture inside the grid, none over another", () => {
    fc.assert(
      fc.property(counts, widths, fc.nat(), (count, width, seed) => {
        const grid = gridOf(count, width, 180);
        const [one, other] = [seed % count, (seed + 1) % count];
        const [a, b] = [placeOf(grid, one), placeOf(grid, other)];
        expect(a.left + grid.cell).toBeLessThanOrEqual(width);
        expect(a.top + grid.tall).toBeLessThanOrEqual(grid.height);
        if (one !== other)
          expect(Math.abs(a.left - b.left) >= grid.cell || Math.abs(a.top - b.top) >= grid.tall).toBe(true);
      }),
    );
  });

  test("renders whatever the viewport shows, and few of many", () => {
    fc.assert(
      fc.property(counts, widths, fc.double({ min: 0, max: 1, noNaN: true }), (count, width, share) => {
        const grid = gridOf(count, width, 180);
        const [scrollTop, height] = [share * grid.height, 900];
        const span = visibleSpan(grid, count, scrollTop, height);
        for (let index = 0; index < Math.min(count, 3_000); index++) {
          const { top } = placeOf(grid, index);
          const shown = top < scrollTop + height && top + grid.tall > scrollTop;
          if (shown) expect(index >= span.start && index < span.end).toBe(true);
        }
        expect(span.end - span.start).toBeLessThanOrEqual(grid.columns * (Math.ceil((3 * height) / grid.tall) + 2));
      }),
    );
  });

  test("keys move by one, by a row, to the ends, and stay inside", () => {
    const grid = gridOf(100, 1_000, 180);
    expect(focusedAfter("ArrowRight", 3, grid, 100)).toBe(4);
    expect(focusedAfter("ArrowDown", 3, grid, 100)).toBe(3 + grid.columns);
    expect(focusedAfter("ArrowUp", 3, grid, 100)).toBe(0);
    expect(focusedAfter("End", 3, grid, 100)).toBe(99);
    expect(focusedAfter("ArrowRight", 99, grid, 100)).toBe(99);
    expect(focusedAfter("a", 3, grid, 100)).toBeNull();
  });

  test("scrolls no further than needed to show a picture", () => {
    fc.assert(
      fc.property(counts, fc.nat(), fc.nat(), (count, seed, scroll) => {
        const grid = gridOf(count, 1_200, 180);
        const index = seed % count;
        const from = scroll % Math.max(1, grid.height);
        const to = scrollTopToShow(grid, index, from, 900);
        const { top } = placeOf(grid, index);
        expect(top).toBeGreaterThanOrEqual(to);
        expect(top + grid.tall).toBeLessThanOrEqual(to + 900);
        expect(scrollTopToShow(grid, index, to, 900)).toBe(to);
      }),
    );
  });
});
