import { expect, test } from "vitest";
import { screenPoint } from "../geometry/point";
import { state } from "./bench";
import { aDocument, anAnnotation } from "./builders";
import { pickForMenu, turn } from "./shapeActions";
import { benchWith } from "./testBench";

const box = (id: string, x: number, side: number) =>
  anAnnotation(id, { geometry: { type: "box", x, y: x, width: side, height: side } });
const selected = (bench: Awaited<ReturnType<typeof benchWith>>) => [...state(bench).selection];

test("a menu is about the smallest shape under the pointer, a locked one too", async () => {
  const bench = await benchWith(aDocument([box("cell", 10, 100), box("nucleus", 30, 20)]));
  bench.store.setState({ locked: new Set(["nucleus"]) });
  pickForMenu(bench, screenPoint(40, 40));
  expect(selected(bench)).toEqual(["nucleus"]);
  pickForMenu(bench, screenPoint(350, 250));
  expect(selected(bench)).toEqual([]);
});

test("a menu over one of many selected shapes leaves them selected", async () => {
  const bench = await benchWith(aDocument([box("a", 10, 20), box("b", 100, 20)]));
  bench.store.setState({ selection: new Set(["a", "b"]) });
  pickForMenu(bench, screenPoint(105, 105));
  expect(selected(bench)).toEqual(["a", "b"]);
});

test("a polygon turns about its middle, stays in the image and turns back by undo", async () => {
  const bar = anAnnotation("bar", {
    geometry: {
      type: "polygon",
      rings: [
        [
          [0, 0],
          [40, 0],
          [40, 10],
          [0, 10],
        ],
      ],
    },
  });
  const bench = await benchWith(aDocument([bar]));
  bench.store.setState({ selection: new Set(["bar"]) });
  turn(bench, 90);
  const turned = state(bench).shown?.annotations.get("bar")?.geometry;
  const corners = turned?.type === "polygon" ? turned.rings[0]?.map(([x, y]) => [Math.round(x), Math.round(y)]) : [];
  expect(corners).toEqual([
    [25, 0],
    [25, 40],
    [15, 40],
    [15, 0],
  ]);
  bench.editor.undo();
  expect(state(bench).shown?.annotations.get("bar")?.geometry).toEqual(bar.geometry);
});
