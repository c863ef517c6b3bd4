import { beforeEach, expect, test } from "vitest";
import { at, type Modifiers, Sheet, sceneShape } from "./testSheet";
import { Toolbox, type ToolName } from "./toolbox";

let sheet: Sheet;
let toolbox: Toolbox;
beforeEach(() => {
  sheet = new Sheet();
});
const arm = (tool: ToolName) => {
  toolbox = new Toolbox(sheet, tool);
};
const move = (x: number, y: number, modifiers?: Modifiers) => toolbox.dispatch("move", at(x, y, modifiers));
const down = (x: number, y: number, modifiers?: Modifiers) => toolbox.dispatch("down", at(x, y, modifiers));
const up = (x: number, y: number, modifiers?: Modifiers) => toolbox.dispatch("up", at(x, y, modifiers));
const click = (x: number, y: number, modifiers?: Modifiers) => {
  down(x, y, modifiers);
  up(x, y, modifiers);
};
const drag = (from: [number, number], to: [number, number], modifiers?: Modifiers) => {
  down(...from, modifiers);
  move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, modifiers);
  move(...to, modifiers);
  up(...to, modifiers);
};
const box = (x: number, y: number, width: number, height: number) => ({ type: "box" as const, x, y, width, height });

test("a box by dragging", () => {
  arm("box");
  drag([10, 20], [60, 80]);
  expect([sheet.drawn, sheet.shown]).toEqual([[box(10, 20, 50, 60)], null]);
});

test("a box by two clicks, previewed in between", () => {
  arm("box");
  click(60, 80);
  move(10, 20);
  expect(sheet.shown).toEqual({ kind: "shape", geometry: box(10, 20, 50, 60) });
  click(10, 20);
  expect(sheet.drawn).toEqual([box(10, 20, 50, 60)]);
  expect(toolbox.busy).toBe(false);
});

test("Shift makes a square, the rim stops the box, Escape abandons it", () => {
  arm("box");
  drag([10, 10], [40, 20], { shift: true });
  drag([390, 290], [500, 500]);
  down(5, 5);
  move(50, 50);
  expect(toolbox.intend("cancel")).toBe(true);
  up(50, 50);
  expect([sheet.drawn, sheet.shown]).toEqual([[box(10, 10, 30, 30), box(390, 290, 10, 10)], null]);
});

test("a box by four extreme points, in any order; the last one can be taken back", () => {
  arm("extremes");
  click(50, 10);
  click(300, 299);
  expect(toolbox.intend("remove_last")).toBe(true);
  click(90, 40);
  click(20, 35);
  click(55, 70);
  expect(sheet.drawn).toEqual([box(20, 10, 70, 60)]);
});

test("a cut by dragging or by two clicks, within the picture; Escape abandons it", () => {
  arm("cut");
  drag([10, 10], [40, 20]);
  click(50, 60);
  expect(sheet.shown).toMatchObject({ kind: "path", points: [{ x: 50, y: 60 }] });
  click(500, 80);
  down(5, 5);
  move(50, 50);
  expect(toolbox.intend("cancel")).toBe(true);
  up(50, 50);
  expect(sheet.cuts.map((ends) => ends.map(({ x, y }) => [x, y]))).toEqual([
    [
      [10, 10],
      [40, 20],
    ],
    [
      [50, 60],
      [400, 80],
    ],
  ]);
  expect([sheet.shown, toolbox.busy]).toEqual([null, false]);
});

const triangle = [
  [10, 10],
  [90, 10],
  [50, 80],
] as const;
test.each([
  ["Enter", () => toolbox.intend("finish")],
  ["the first point", () => click(12, 11)],
  [
    "a double click",
    () => {
      click(50, 80);
      toolbox.dispatch("double", at(50, 80));
    },
  ],
])("a polygon by clicks, closed by %s", (_how, close) => {
  arm("polygon");
  for (const [x, y] of triangle) click(x, y);
  close();
  expect(sheet.drawn).toEqual([{ type: "polygon", rings: [triangle.map((point) => [...point])] }]);
});

test("the last point of a polygon can be taken back, by key and by right click", () => {
  arm("polygon");
  for (const [x, y] of [...triangle, [200, 200], [210, 10]] as const) click(x, y);
  toolbox.intend("remove_last");
  click(0, 0, { button: 2 });
  toolbox.intend("finish");
  expect(sheet.drawn).toEqual([{ type: "polygon", rings: [triangle.map((point) => [...point])] }]);
});

test("a freehand polygon follows the pointer and closes on release", () => {
  arm("polygon");
  down(100, 50, { shift: true });
  for (let i = 1; i <= 36; i++) move(50 + 50 * Math.cos(i / 6), 50 + 50 * Math.sin(i / 6), { shift: true });
  up(100, 50, { shift: true });
  const [drawn] = sheet.drawn;
  expect(drawn?.type).toBe("polygon");
  expect(drawn?.type === "polygon" && drawn.rings[0]?.length).toBeGreaterThan(8);
});

test("Ctrl snaps a vertex to a neighbour's corner while drawing", () => {
  sheet.all = [sceneShape("a", box(100, 100, 50, 50))];
  arm("polygon");
  click(10, 10);
  click(103, 98, { ctrl: true });
  click(10, 98);
  toolbox.intend("finish");
  expect(sheet.drawn).toEqual([
    {
      type: "polygon",
      rings: [
        [
          [10, 10],
          [100, 100],
          [10, 98],
        ],
      ],
    },
  ]);
});

test("a drawing tool never grabs what is there, unless Ctrl lends it the select tool", () => {
  sheet.all = [sceneShape("a", box(100, 100, 50, 50))];
  arm("box");
  drag([110, 110], [140, 140]);
  expect([sheet.drawn.length, sheet.selection]).toEqual([1, []]);
  click(120, 120, { ctrl: true });
  expect([sheet.drawn.length, sheet.selection]).toEqual([1, ["a"]]);
  move(0, 0);
  drag([200, 200], [220, 220]);
  expect(sheet.drawn.length).toBe(2);
});

test("dragging moves the selection, up to the rim; a press without movement does not", () => {
  sheet.all = [sceneShape("a", box(100, 100, 50, 50))];
  arm("select");
  click(120, 120);
  expect([sheet.selection, sheet.reshaped]).toEqual([["a"], []]);
  drag([120, 120], [130, 125]);
  expect(sheet.reshaped).toEqual([{ id: "a", geometry: box(110, 105, 50, 50) }]);
  drag([120, 120], [999, 120]);
  expect(sheet.reshaped).toEqual([{ id: "a", geometry: box(350, 100, 50, 50) }]);
});

test("while it is dragged the shape is lifted, and Escape puts it back", () => {
  sheet.all = [sceneShape("a", box(100, 100, 50, 50))];
  arm("select");
  down(120, 120);
  move(150, 120);
  expect(sheet.shown).toEqual({ kind: "lifted", geometries: new Map([["a", box(130, 100, 50, 50)]]) });
  toolbox.intend("cancel");
  up(150, 120);
  expect([sheet.shown, sheet.reshaped]).toEqual([null, []]);
});

test("a handle resizes, past the other side too", () => {
  sheet.all = [sceneShape("a", box(100, 100, 50, 50))];
  sheet.selection = ["a"];
  arm("select");
  drag([150, 150], [170, 180]);
  expect(sheet.reshaped).toEqual([{ id: "a", geometry: box(100, 100, 70, 80) }]);
  drag([150, 125], [80, 125]);
  expect(sheet.reshaped).toEqual([{ id: "a", geometry: box(80, 100, 20, 50) }]);
});

test("clicking one place again goes down the stack, smallest first; Shift adds; a marquee takes what it encloses", () => {
  sheet.all = [sceneShape("big", box(0, 0, 200, 200)), sceneShape("small", box(90, 90, 20, 20))];
  arm("select");
  const seen: string[][] = [];
  for (let i = 0; i < 3; i++) {
    // In the middle of the small box, away from every handle.
    click(100, 100, { alt: true });
    seen.push(sheet.selection);
  }
  expect(seen).toEqual([["small"], ["big"], ["small"]]);
  click(30, 150, { shift: true });
  expect(sheet.selection).toEqual(["small", "big"]);
  drag([300, 290], [210, 210]);
  expect(sheet.selection).toEqual([]);
  sheet.all = [sceneShape("small", box(250, 250, 20, 20)), sceneShape("half", box(280, 250, 90, 20))];
  drag([240, 240], [290, 290]);
  expect(sheet.selection).toEqual(["small"]);
});

test("vertices: drag moves, an edge click inserts, Alt+click and Delete remove", () => {
  const polygon = {
    type: "polygon" as const,
    rings: [
      [
        [10, 10],
        [110, 10],
        [110, 110],
        [10, 110],
      ] as [number, number][],
    ],
  };
  sheet.all = [sceneShape("a", polygon)];
  sheet.selection = ["a"];
  arm("select");
  const ring = () => (sheet.reshaped[0] as { geometry: typeof polygon }).geometry.rings[0];
  drag([110, 10], [150, 20]);
  expect(ring()).toEqual([
    [10, 10],
    [150, 20],
    [110, 110],
    [10, 110],
  ]);
  click(60, 10);
  expect(ring()).toEqual([
    [10, 10],
    [60, 10],
    [110, 10],
    [110, 110],
    [10, 110],
  ]);
  click(110, 110, { alt: true });
  expect(ring()).toEqual([
    [10, 10],
    [110, 10],
    [10, 110],
  ]);
  move(10, 11);
  expect(toolbox.intend("delete")).toBe(true);
  expect(ring()).toEqual([
    [110, 10],
    [110, 110],
    [10, 110],
  ]);
});

test("the pan tool pans and draws nothing", () => {
  arm("pan");
  drag([10, 10], [60, 30]);
  expect([sheet.panned, sheet.drawn]).toEqual([{ x: 50, y: 20 }, []]);
});
