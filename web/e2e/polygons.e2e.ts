import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { geometryArea } from "../src/geometry/geometry";
import { AnnotatePage } from "./pages/annotate";
import { pictures } from "./pictures";
import { Scene } from "./scene";
import { eventually } from "./until";

let scene: Scene;
let projectId: string;
let ids: string[];

before(async () => {
  scene = await Scene.open();
  projectId = (await scene.backend.project("Cells", ["RBC", "WBC"])).id;
  ids = (await scene.backend.upload(projectId, await pictures(2))).map(({ id }) => id);
});

after(() => scene?.close());

const open = (imageId: string) => AnnotatePage.open(scene.page, scene.server.url, projectId, imageId);

test("a box by four extreme points, a polygon by clicks, freehand, and an edited vertex", async () => {
  const imageId = ids[0] as string;
  const page = await open(imageId);
  await page.keys.press("Shift+R");
  for (const [x, y] of [
    [300, 60],
    [220, 120],
    [300, 180],
    [390, 110],
  ] as const)
    await page.pointer.click(await page.place({ x, y }));
  await page.keys.press("p");
  for (const [x, y] of [
    [60, 300],
    [160, 300],
    [160, 400],
    [60, 400],
  ] as const)
    await page.pointer.click(await page.place({ x, y }));
  await page.keys.press("Enter");
  await page.pointer.press(await page.place({ x: 400, y: 300 }), "Shift");
  for (const [x, y] of [
    [500, 300],
    [500, 400],
    [400, 400],
    [402, 310],
  ] as const)
    await page.pointer.move(await page.place({ x, y }));
  await page.pointer.release("Shift");
  await eventually(
    () => page.list().then((list) => list.map((line) => line.split(", ")[1]?.split(" ")[0])),
    ["box", "polygon", "polygon"],
  );
  await eventually(() => page.kind(), "saved");
  const [box] = await scene.backend.boxes(imageId);
  assert.ok(box?.type === "box" && Math.abs(box.x - 220) < 1 && Math.abs(box.width - 170) < 2, JSON.stringify(box));

  await page.keys.press("v");
  await page.pointer.click(await page.place({ x: 110, y: 350 }));
  await page.pointer.drag(await page.place({ x: 160, y: 400 }), await page.place({ x: 200, y: 440 }));
  const corner = async () => {
    const polygon = (await scene.backend.boxes(imageId))[1];
    return polygon?.type === "polygon" ? polygon.rings[0]?.[2]?.map(Math.round) : null;
  };
  await eventually(corner, [200, 440]);
});

test("a polygon is cut along a line, offline too, and put together again; undo takes back either", async () => {
  const imageId = ids[1] as string;
  const page = await open(imageId);
  /** In hundreds of square pixels, as the server has them. */
  const areas = async () =>
    (await scene.backend.boxes(imageId)).map((geometry) => Math.round(geometryArea(geometry) / 100));
  await page.keys.press("p");
  for (const [x, y] of [
    [100, 100],
    [300, 100],
    [300, 200],
    [100, 200],
  ] as const)
    await page.pointer.click(await page.place({ x, y }));
  await page.keys.press("Enter", "Alt+m");
  await eventually(areas, [200]);
  await scene.page.waitForLoadState("networkidle");
  await scene.page.context().setOffline(true);
  await page.pointer.drag(await page.place({ x: 150, y: 60 }), await page.place({ x: 150, y: 240 }));
  await eventually(() => page.count(), 2);
  await scene.page.context().setOffline(false);
  await eventually(areas, [150, 50]);
  await page.keys.press("Control+z");
  await eventually(areas, [200]);
  await page.keys.press("Control+Shift+z");
  await eventually(areas, [150, 50]);

  await page.keys.press("Control+a", "m");
  await eventually(areas, [200]);
  await eventually(() => page.count(), 1);
  await page.reload();
  await page.keys.press("Control+z");
  await eventually(areas, [150, 50]);
  assert.deepEqual(scene.errors, []);
});
