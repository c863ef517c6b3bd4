import fc from "fast-check";
import { expect, test } from "vitest";
import { type Geometry, geometryArea, settle } from "../geometry/geometry";
import type { Intent } from "./machine";
import { at, Sheet } from "./testSheet";
import { Toolbox, type ToolName } from "./toolbox";

const DRAWING: readonly ToolName[] = ["box", "extremes", "polygon"];

// Well outside the picture of 400 x 300 too, and often the same place twice.
const place = fc.tuple(fc.integer({ min: -80, max: 480 }), fc.integer({ min: -80, max: 380 }));
const spot = fc.oneof(place, fc.constantFrom<[number, number]>([100, 100], [101, 100], [200, 150], [0, 0], [400, 300]));
const held = fc.record({ shift: fc.boolean(), alt: fc.boolean(), button: fc.constantFrom(0, 0, 0, 2) });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom("down", "move", "up", "double", "click", "drag"), spot, spot, held),
  },
  { weight: 1, arbitrary: fc.constantFrom("finish", "remove_last", "delete") },
  { weight: 1, arbitrary: fc.constant("cancel") },
);
const steps = fc.array(step, { maxLength: 40 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(toolbox: Toolbox, step: Step): void {
  if (typeof step === "string") {
    toolbox.intend(step as Intent);
    return;
  }
  const [gesture, from, to, modifiers] = step;
  const point = ([x, y]: readonly [number, number]) => at(x, y, modifiers);
  if (gesture === "click" || gesture === "drag") {
    toolbox.dispatch("down", point(from));
    if (gesture === "drag") toolbox.dispatch("move", point(to));
    toolbox.dispatch("up", point(gesture === "drag" ? to : from));
  } else toolbox.dispatch(gesture, point(from));
}

/** What is wrong with a shape, in words; null when it is one that belongs on a picture of 400 x 300. */
function fault(geometry: Geometry): string | null {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x <= 400 && y <= 300;
  if (!(geometryArea(geometry) > 0)) return "it has no area";
  switch (geometry.type) {
    case "box": {
      const { x, y, width, height } = geometry;
      return inside(x, y) && inside(x + width, y + height) ? null : "it sticks out";
    }
    case "polygon": {
      const [ring = []] = geometry.rings;
      if (new Set(ring.map(String)).size < 3) return "it has fewer than three corners";
      return ring.every(([x, y]) => inside(x, y)) ? null : "it sticks out";
    }
    default:
      return "it is no shape that a hand draws";
  }
}

test.each(DRAWING)("%s: whatever the pointer does, there is nothing or a shape inside the picture", (tool) => {
  fc.assert(
    fc.property(steps, (script) => {
      const sheet = new Sheet();
      const toolbox = new Toolbox(sheet, tool);
      for (const each of script) play(toolbox, each);
      // As the editor takes them: clipped to the picture, and nothing without an area.
      const kept = sheet.drawn.map((geometry) => settle(geometry, sheet.image())).filter((shape) => shape !== null);
      expect(kept.map((shape) => [fault(shape), shape]).filter(([wrong]) => wrong !== null)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test.each(DRAWING)("%s: Escape leaves no trace, and what is drawn next is as on a fresh sheet", (tool) => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const [sheet, fresh] = [new Sheet(), new Sheet()];
      const [toolbox, other] = [new Toolbox(sheet, tool), new Toolbox(fresh, tool)];
      for (const each of before) play(toolbox, each);
      const drawn = sheet.drawn.length;
      while (toolbox.intend("cancel"));
      expect([sheet.shown, toolbox.busy, sheet.drawn.length]).toEqual([null, false, drawn]);
      for (const each of after) {
        play(toolbox, each);
        play(other, each);
      }
      expect([sheet.drawn.slice(drawn), sheet.shown]).toEqual([fresh.drawn, fresh.shown]);
    }),
    { numRuns: 500 },
  );
});
