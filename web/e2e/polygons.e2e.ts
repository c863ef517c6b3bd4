import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { geometryArea } from "../src/geometry/geometry";
import { AnnotatePage } from "./pages/annotate";
import { pictures } from "./pictures";
import { Scene } from "./scene";
import { eventually } from "./until";

let scene: Scene;
let annotate: AnnotatePage;
let imageId: string;

before(async () => {
  scene = await Scene.open();
  const project = await scene.backend.project("Cells", ["RBC", "WBC"]);
  const [image] = await scene.backend.upload(project.id, await pictures(1));
  imageId = image?.id as string;
  annotate = await AnnotatePage.open(scene.page, scene.server.url, project.id, imageId);
});

after(() => scene?.close());

/** In hundreds of square pixels, as the server has them. */
const areas = async () =>
  (await scene.backend.boxes(imageId)).map((geometry) => Math.round(geometryArea(geometry) / 100));

async function stroke(from: [number, number], to: [number, number]): Promise<void> {
  const [a, b] = [
    { x: from[0], y: from[1] },
    { x: to[0], y: to[1] },
  ] as const;
  await annotate.pointer.drag(await annotate.place(a), await annotate.place(b));
}

test("a polygon is cut along a line and put together again; undo takes back either", async () => {
  await annotate.keys.press("p");
  for (const [x, y] of [
    [100, 100],
    [300, 100],
    [300, 200],
    [100, 200],
  ] as const)
    await annotate.pointer.click(await annotate.place({ x, y }));
  await annotate.keys.press("Enter", "Alt+m");
  await stroke([150, 60], [150, 240]);
  await eventually(areas, [150, 50]);
  await annotate.keys.press("Control+z");
  await eventually(areas, [200]);
  await annotate.keys.press("Control+Shift+z");
  await eventually(areas, [150, 50]);

  await annotate.keys.press("Control+a", "m");
  await eventually(areas, [200]);
  await eventually(() => annotate.count(), 1);
  await annotate.reload();
  await annotate.keys.press("Control+z");
  await eventually(areas, [150, 50]);
  assert.deepEqual(scene.errors, []);
});
