import { expect, test } from "vitest";
import { type Geometry, geometryArea } from "../geometry/geometry";
import { imagePoint } from "../geometry/point";
import { type Bench, state } from "./bench";
import { aDocument, anAnnotation } from "./builders";
import { cut, merge } from "./clipActions";
import { benchWith, CELL, PLATELET } from "./testBench";

const square = (x: number, y: number, side: number): Geometry => ({
  type: "polygon",
  rings: [
    [
      [x, y],
      [x + side, y],
      [x + side, y + side],
      [x, y + side],
    ],
  ],
});
const polygon = (id: string, x: number, y: number, side: number, category_id = CELL.id) =>
  anAnnotation(id, { category_id, geometry: square(x, y, side) });
const select = (bench: Bench, ...ids: string[]) => bench.store.setState({ selection: new Set(ids) });
const shown = (bench: Bench) => [...(state(bench).shown?.annotations.values() ?? [])];
const areas = (bench: Bench) => shown(bench).map(({ geometry }) => Math.round(geometryArea(geometry)));

test("polygons that overlap become the largest of them, in one gesture that undo takes back", async () => {
  const before = [polygon("small", 0, 0, 50, PLATELET.id), polygon("large", 40, 0, 100), polygon("far", 300, 200, 20)];
  const bench = await benchWith(aDocument(before));
  select(bench, "small", "large");
  await merge(bench);
  expect(shown(bench).map(({ id, category_id }) => [id, category_id])).toEqual([
    ["large", CELL.id],
    ["far", CELL.id],
  ]);
  expect(areas(bench)).toEqual([12_000, 400]);
  expect([...state(bench).selection]).toEqual(["large"]);
  bench.editor.undo();
  expect(areas(bench).sort()).toEqual([10_000, 2_500, 400].sort());
});

test("boxes become the box around them", async () => {
  const box = (id: string, x: number, side: number) =>
    anAnnotation(id, { geometry: { type: "box", x, y: x, width: side, height: side } });
  const bench = await benchWith(aDocument([box("a", 10, 30), box("b", 50, 10)]));
  select(bench, "a", "b");
  await merge(bench);
  expect(shown(bench).map(({ geometry }) => geometry)).toEqual([{ type: "box", x: 10, y: 10, width: 50, height: 50 }]);
});

test.each([
  ["apart", ["one", "apart"]],
  ["of another kind", ["one", "box"]],
  ["alone", ["one"]],
  ["locked", ["one", "locked"]],
])("what is %s is not merged, and the page says why", async (_, ids) => {
  const box = anAnnotation("box", { geometry: { type: "box", x: 0, y: 0, width: 60, height: 60 } });
  const before = [polygon("one", 0, 0, 50), polygon("locked", 10, 0, 50), polygon("apart", 200, 0, 50), box];
  const bench = await benchWith(aDocument(before));
  bench.store.setState({ locked: new Set(["locked"]) });
  select(bench, ...ids);
  await merge(bench);
  expect(shown(bench)).toEqual(before);
  expect(state(bench).notice?.text).toMatch(/^(Only|Boxes|Select)/);
});

test("a stroke parts the polygon under its middle; each part keeps the class, the larger one the history", async () => {
  const bench = await benchWith(aDocument([polygon("whole", 0, 0, 100, PLATELET.id), polygon("other", 200, 0, 50)]));
  await cut(bench, imagePoint(30, -10), imagePoint(30, 110));
  expect(areas(bench)).toEqual([7_000, 2_500, 3_000]);
  expect(shown(bench).map(({ category_id }) => category_id)).toEqual([PLATELET.id, CELL.id, PLATELET.id]);
  expect(shown(bench)[0]?.id).toBe("whole");
  bench.editor.undo();
  expect(areas(bench)).toEqual([10_000, 2_500]);
  bench.editor.redo();
  expect(areas(bench)).toEqual([7_000, 2_500, 3_000]);
});

test("with a selection the stroke parts that and nothing else; where it crosses nothing, nothing happens", async () => {
  const before = [polygon("under", 0, 0, 100), polygon("over", 20, 20, 40)];
  const bench = await benchWith(aDocument(before));
  select(bench, "over");
  await cut(bench, imagePoint(0, 40), imagePoint(100, 40));
  expect(areas(bench)).toEqual([10_000, 800, 800]);
  select(bench, "under");
  await cut(bench, imagePoint(0, 200), imagePoint(100, 200));
  expect(areas(bench)).toEqual([10_000, 800, 800]);
  expect(state(bench).notice?.text).toBe("The line crosses no polygon.");
});
